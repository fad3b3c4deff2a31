import { lstatSync, readdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { isModelsealError, ModelsealError } from '../core/errors/index.js';
import { ioError } from '../core/files.js';
import { DEFAULT_IGNORED, IgnoreRules, walkModel } from '../core/model/index.js';
import { isModelFile } from '../core/model-file.js';
import { checkOptions, is, type OptionTable } from '../core/options.js';
import {
  findRecord,
  type IntegrityRecord,
  type RecordPolicy,
  readRecord,
  verifyRecord,
} from '../core/records/index.js';
import { completenessProblems } from './complete/index.js';
import type { ModelMetadata } from './metadata.js';
import { type SignedModel, type SignOptions, signModel } from './sign.js';
import { DEFAULT_SIGNATURE_NAME } from './target.js';

/** A folder to be signed as one model: the topmost one that holds recorded files. */
export interface MigrationUnit {
  readonly folder: string;
  /** Model files that match their records, relative to the folder. */
  readonly verified: readonly string[];
  /** Model files without a record. */
  readonly unrecorded: readonly string[];
  /** Why the folder is not signed. */
  readonly problem?: ModelsealError;
  /** Descriptive fields of the records, to be signed along. */
  readonly metadata: ModelMetadata;
}

export interface MigrationOptions {
  readonly policy: RecordPolicy;
  /** Sign folders although some of their model files have no record: the signature then vouches for them too. */
  readonly includeUnrecorded: boolean;
  /** As for `signModel`. */
  readonly allowIncomplete?: boolean | undefined;
}

const MIGRATION: OptionTable<MigrationOptions> = {
  policy: is.object,
  includeUnrecorded: is.flag,
  allowIncomplete: is.flag,
};

/** Deeper than any layout of models. */
const MAX_DEPTH = 100;

/**
 * Finds the folders that can be migrated and holds every recorded file against its record. Changes nothing.
 *
 * @throws {ModelsealError} `ERR_FILE_NOT_FOUND`, `ERR_FILE_UNREADABLE`
 * @example
 * const units = planMigration('models', { policy: { checksum: true }, includeUnrecorded: false });
 */
export function planMigration(root: string, options: MigrationOptions): MigrationUnit[] {
  checkOptions('planMigration', options, MIGRATION);
  const units: MigrationUnit[] = [];
  const visit = (folder: string, depth: number): void => {
    const names = list(folder);
    // A signed folder is where it should be.
    if (names.includes(DEFAULT_SIGNATURE_NAME) || depth > MAX_DEPTH) return;
    if (names.some(isRecord)) {
      units.push(inspect(folder, options));
      return;
    }
    for (const name of names) {
      const path = join(folder, name);
      if (lstatSync(path).isDirectory()) visit(path, depth + 1);
    }
  };
  visit(root, 0);
  return units;
}

/**
 * Signs one planned folder. The records stay where they are and become part of the signed model: nothing is lost.
 *
 * @throws {ModelsealError} the unit's problem, and what `signModel` throws
 * @example
 * const options = { policy: { checksum: true }, includeUnrecorded: false };
 * for (const unit of planMigration('models', options))
 *   await migrate(unit, { ...options, sign: { key, certificate, chain, at: new Date() } });
 */
export async function migrate(
  unit: MigrationUnit,
  options: MigrationOptions & { readonly sign: SignOptions },
): Promise<SignedModel> {
  checkOptions('migrate', options, { ...MIGRATION, sign: is.object });
  // Looked at again: between the dry run and now the files may have changed.
  const now = inspect(unit.folder, options);
  if (now.problem) throw now.problem;
  return signModel(unit.folder, {
    ...options.sign,
    allowIncomplete: options.allowIncomplete,
    metadata: now.metadata,
  });
}

function inspect(folder: string, options: MigrationOptions): MigrationUnit {
  const verified: string[] = [];
  const unrecorded: string[] = [];
  const records: IntegrityRecord[] = [];
  let problem: ModelsealError | undefined;
  for (const file of modelFiles(folder, 0)) {
    const name = relative(folder, file);
    try {
      const record = readRecord(findRecord(file));
      verifyRecord(file, record, options.policy);
      records.push(record);
      verified.push(name);
    } catch (error) {
      if (!isModelsealError(error)) throw error;
      if (isModelsealError(error, 'ERR_RECORD_NOT_FOUND')) {
        unrecorded.push(name);
        if (options.includeUnrecorded) continue;
      }
      problem ??= error;
    }
  }
  problem ??= incomplete(folder, options);
  if (verified.length === 0) problem ??= new ModelsealError('ERR_RECORD_NOT_FOUND', { file: folder });
  return { folder, verified, unrecorded, metadata: describe(records), ...(problem ? { problem } : {}) };
}

/** What `signModel` would say of the files, so that the dry run says it. */
function incomplete(folder: string, options: MigrationOptions): ModelsealError | undefined {
  if (options.allowIncomplete) return undefined;
  try {
    const rules = IgnoreRules.from(DEFAULT_IGNORED);
    return completenessProblems(walkModel(folder, { ignore: rules, allowSymlinks: false }))[0];
  } catch (error) {
    if (isModelsealError(error)) return error;
    throw error;
  }
}

function* modelFiles(folder: string, depth: number): Generator<string> {
  if (depth > MAX_DEPTH) return;
  for (const name of list(folder)) {
    const path = join(folder, name);
    const stat = lstatSync(path);
    if (stat.isDirectory()) yield* modelFiles(path, depth + 1);
    else if (stat.isFile() && !isRecord(name) && isModelFile(path)) yield path;
  }
}

/** The named fields of a single record; several records say different things, and then only their files are named. */
function describe(records: readonly IntegrityRecord[]): ModelMetadata {
  const first = records.length === 1 ? records[0] : undefined;
  const field = (name: string): string | undefined => {
    const value = first?.description[name];
    return typeof value === 'string' && value !== '' && value !== 'unknown' ? value : undefined;
  };
  const modelName = field('model_name');
  const modelVersion = field('model_version');
  return {
    ...(modelName ? { modelName } : {}),
    ...(modelVersion ? { modelVersion } : {}),
    migratedFrom: records.map((r) => `${basename(r.file)} sha256:${r.checksum ?? ''}`),
  };
}

const isRecord = (name: string): boolean => name === 'metadata.json' || name.endsWith('.sig.json');

function list(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    throw ioError(error, folder, 'folder');
  }
}
