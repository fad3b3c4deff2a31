import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { furtherNames } from '../../core/bundle/index.js';
import { ModelsealError } from '../../core/errors/index.js';
import type { ReportBuilder } from '../../core/report/index.js';
import { reportComparison, reportListing } from '../pipeline/account.js';
import { ComparedModel } from '../pipeline/compared-model.js';
import { isSigned } from '../pipeline/hold.js';
import { ListedModel } from '../pipeline/listed-model.js';
import { MatchedModel } from '../pipeline/matched-model.js';
import { SIGNATURE_NAME } from '../pipeline/signature-file.js';
import type { VerifiedManifest } from '../pipeline/verified-manifest.js';
import { verifyManifest } from '../pipeline/verify.js';
import { Copier, unwritable } from './copy.js';
import type { StageOptions } from './options.js';
import type { PrivateFolder } from './private-folder.js';
import { scanCopy } from './scan-copy.js';

/** A copy of a model in a private folder whose every byte was hashed on its way there, and found to be signed. */
export interface StagedCopy {
  /** Names of the files, its signature aside. */
  readonly files: readonly string[];
  /** Set where the model is one file. */
  readonly single: string | undefined;
}

/**
 * Verifies a model while it is copied. What the caller goes on to use is the copy: who changes the original afterwards,
 * or during this, changes nothing or is refused.
 *
 * @param durable The copy survives a loss of power.
 * @throws {ModelsealError} The cause of the refusal. What was copied so far is for the owner of the folder to remove.
 */
export async function copyVerified(
  path: string,
  folder: PrivateFolder,
  options: StageOptions,
  report: ReportBuilder,
  durable: boolean,
): Promise<StagedCopy> {
  const {
    manifest: verified,
    file: signatureFile,
    further,
    read,
  } = await verifyManifest(path, options, report);
  const { manifest } = verified;
  const { ignorePaths, ignoreUnsignedFiles, onProgress, signal } = options;
  const copied: string[] = [];
  const { listed, compared } = await report.step('files', async () => {
    const files = ListedModel.of(verified, path, { signatureFile, further, ignorePaths, only: options.only });
    reportListing(report, files);
    const copier = new Copier(durable);
    const made = new Set<string>();
    const result = await ComparedModel.taking(
      files,
      { ignoreUnsignedFiles, onProgress },
      async (file, name, ends, engine, onBlock) => {
        const target = join(folder.content, ...file.name.split('/'));
        makeFolder(dirname(target), made);
        const digests = await copier.copy(file, target, ends, engine, (n) => {
          if (signal?.aborted) throw new ModelsealError('ERR_INTERRUPTED', { work: 'copying the model' });
          return onBlock(n);
        });
        // Shards do not speak of empty files; the tree digest does, where there is one.
        const signed = manifest.has(name)
          ? isSigned(manifest, name, digests)
          : verified.treeDigest !== undefined;
        if (signed) copied.push(file.name);
        else unlinkSync(target);
        return digests;
      },
    );
    return { listed: files, compared: result };
  });
  reportComparison(report, compared);
  MatchedModel.from(compared);
  await finishCopy(path, folder, verified, copied, [...read.values()], options, report, durable);
  return { files: copied, single: listed.tree.single ? listed.tree.name : undefined };
}

/**
 * What is left to do for a copy whose bytes were verified: its signatures, the scan, and that nobody changes it.
 *
 * @throws {ModelsealError} `ERR_THREAT_FOUND`, `ERR_SCAN_INCOMPLETE`, `ERR_FILE_UNWRITABLE`
 */
export async function finishCopy(
  subject: string,
  folder: PrivateFolder,
  { signer }: VerifiedManifest,
  files: readonly string[],
  signatures: readonly Uint8Array[],
  options: StageOptions,
  report: ReportBuilder,
  durable: boolean,
): Promise<void> {
  writeSignatures(folder.content, files, signatures);
  if (options.skipScan) report.skipped('scan', 'not scanned, on request');
  else await scanCopy(folder.content, files, subject, options.scan, signer.policy, report);
  seal(folder.content, durable);
}

export function makeFolder(path: string, made: Set<string>): void {
  if (made.has(path)) return;
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unwritable(error, path);
  }
  made.add(path);
}

/** Under their usual names, so that the copy can be verified again. A signed file of such a name stays what it is. */
function writeSignatures(folder: string, copied: readonly string[], signatures: readonly Uint8Array[]): void {
  const first = join(folder, SIGNATURE_NAME);
  const names = [first, ...furtherNames(first)].filter((file) => !copied.includes(basename(file)));
  signatures.forEach((bytes, i) => {
    const file = names[i];
    if (file === undefined) return;
    try {
      writeFileSync(file, bytes, { flag: 'wx', mode: 0o600 });
    } catch (error) {
      throw unwritable(error, file);
    }
  });
}

/** Makes everything below a folder read-only, and durable on request; the folder itself is left to be moved. */
function seal(folder: string, durable: boolean): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      seal(path, durable);
      chmodSync(path, 0o555);
    } else chmodSync(path, 0o444);
  }
  if (durable) syncFolder(folder);
}

/** Some systems cannot open a folder; they write its entries at once. */
export function syncFolder(path: string): void {
  try {
    const fd = openSync(path, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch {
    // There is nothing that could be done better.
  }
}
