import { chmodSync, lstatSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { ModelsealError } from '../../core/errors/index.js';
import { ioError, writeAtomic } from '../../core/files.js';
import { type Report, ReportBuilder } from '../../core/report/index.js';
import { unwritable } from './copy.js';
import { checkStageOptions, type StageOptions } from './options.js';
import { PrivateFolder } from './private-folder.js';
import { copyVerified, syncFolder } from './staged-copy.js';

/** A model that lies where it was wanted: a read-only copy of signed bytes, with its signature. */
export interface StagedModel {
  /** The folder, also of a model of one file. */
  readonly path: string;
  /** Names of the files, its signature aside. */
  readonly files: readonly string[];
  readonly report: Report;
  /** File beside the folder that holds the report. */
  readonly reportFile: string;
}

/**
 * Makes a verified, read-only copy of a model. It appears in one step after everything was verified and scanned, and
 * not at all otherwise.
 *
 * @param target Folder to appear; it does not exist or is empty, and the one above it exists.
 * @throws {ModelsealError} The cause of the refusal; `ERR_FILE_EXISTS`, `ERR_FILE_NOT_FOUND`, `ERR_FILE_UNWRITABLE` for
 *   the target. `options.report` then holds everything that was checked.
 * @example
 * const { path, files } = await stageModel('model', '/srv/models/tiny', { trustRoots, at: new Date() });
 */
export async function stageModel(path: string, target: string, options: StageOptions): Promise<StagedModel> {
  checkStageOptions('stageModel', options);
  const full = resolve(target);
  const report = options.report ?? new ReportBuilder(path, options.at);
  requireFree(full, target);
  const folder = PrivateFolder.make(dirname(full), 'stage', basename(full));
  try {
    const { files } = await copyVerified(path, folder, options, report, true);
    return publish(folder, full, target, files, report);
  } finally {
    folder.remove();
  }
}

/** Lets a finished copy appear, with its report beside it. */
export function publish(
  folder: PrivateFolder,
  full: string,
  target: string,
  files: readonly string[],
  report: ReportBuilder,
): StagedModel {
  report.passed('stage', `${files.length} files, read-only, in ${target}`);
  const built = report.build();
  const reportFile = `${full}.report.json`;
  writeAtomic(reportFile, `${JSON.stringify(built, null, 2)}\n`, { overwrite: true });
  try {
    appear(folder.content, full, target);
  } catch (error) {
    rmSync(reportFile, { force: true });
    throw error;
  }
  return { path: full, files, report: built, reportFile };
}

/**
 * Before anything is copied; the last word is the system's when the folder appears.
 *
 * @throws {ModelsealError} `ERR_FILE_EXISTS`, `ERR_FILE_NOT_FOUND`
 */
export function requireFree(full: string, named: string): void {
  try {
    statSync(dirname(full));
    const stat = lstatSync(full, { throwIfNoEntry: false });
    if (!stat || (stat.isDirectory() && readdirSync(full).length === 0)) return;
  } catch (error) {
    throw ioError(error, dirname(full), 'folder to stage in');
  }
  throw new ModelsealError('ERR_FILE_EXISTS', { file: named });
}

/** Replaces nothing but an empty folder: the system refuses to put a folder over anything else. */
function appear(content: string, full: string, named: string): void {
  try {
    renameSync(content, full);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(code))
      throw new ModelsealError('ERR_FILE_EXISTS', { file: named }, { cause: error });
    throw unwritable(error, named);
  }
  // Moving a folder changes it, so that it is made read-only last.
  chmodSync(full, 0o555);
  syncFolder(dirname(full));
}
