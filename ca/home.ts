import { closeSync, existsSync, openSync, readSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ModelsealError } from '../core/errors/index.js';
import { ioError, makeFolders, writeAtomic } from '../core/files.js';
import type { IssuerId } from './store/store.js';

/** Where the files of one CA lie. */
export interface IssuerPaths {
  readonly certificate: string;
  readonly key: string;
  readonly crl: string;
  /** Held while a list is signed and put in place. */
  readonly lock: string;
}

export const issuerPaths = (home: string, issuer: IssuerId): IssuerPaths => ({
  certificate: join(home, `${issuer}.pem`),
  key: join(home, `${issuer}.key`),
  crl: join(home, `${issuer}.crl`),
  lock: join(home, `.${issuer}.lock`),
});

/** Where everything of one authority lies. */
export interface HomePaths {
  readonly home: string;
  readonly rootCertificate: string;
  readonly issuingCertificate: string;
  readonly rootKey: string;
  readonly issuingKey: string;
  readonly rootCrl: string;
  readonly issuingCrl: string;
  readonly database: string;
  /** Keys that are never certified, where the operator keeps such a list here. */
  readonly blocklist: string;
}

export const homePaths = (home: string): HomePaths => ({
  home,
  rootCertificate: join(home, 'root.pem'),
  issuingCertificate: join(home, 'issuing.pem'),
  rootKey: join(home, 'root.key'),
  issuingKey: join(home, 'issuing.key'),
  rootCrl: join(home, 'root.crl'),
  issuingCrl: join(home, 'issuing.crl'),
  database: join(home, 'ca.db'),
  blocklist: join(home, 'blocklist.txt'),
});

/** Readable by the owner alone. */
export const SECRET = 0o600;
export const PUBLIC = 0o644;

export interface NewFile {
  readonly path: string;
  readonly data: Uint8Array | string;
  readonly mode: number;
}

/**
 * Writes several new files, all or none: none may exist already, and when one cannot be written, those before it
 * are taken away again.
 *
 * @returns Takes the files away again, for a caller whose next step fails.
 * @throws {ModelsealError} `ERR_FILE_EXISTS`, `ERR_FILE_UNWRITABLE`
 */
export function writeNewFiles(files: readonly NewFile[]): () => void {
  refuseExisting(files.map(({ path }) => path));
  const written: string[] = [];
  const undo = (): void => {
    for (const path of written) rmSync(path, { force: true });
  };
  try {
    for (const { path, data, mode } of files) {
      writeAtomic(path, data, { mode });
      written.push(path);
    }
  } catch (error) {
    undo();
    throw error;
  }
  return undo;
}

/**
 * Refuses an output that would replace something else than an older one of its kind: `--out` with the name of a key
 * must not destroy the key. DER is taken for the same kind, a PEM text only when its label says so.
 *
 * @throws {ModelsealError} `ERR_FILE_EXISTS`
 */
export function refuseOtherKind(path: string, label: string): void {
  if (!existsSync(path) || !statSync(path).isFile()) return;
  const head = Buffer.alloc(64);
  const fd = openForReading(path);
  try {
    const length = readSync(fd, head, 0, head.length, 0);
    const der = head[0] === 0x30 && head.subarray(0, length).some((octet) => octet < 9 || octet > 126);
    if (length === 0 || der || head.toString('latin1').startsWith(`-----BEGIN ${label}-----`)) return;
  } finally {
    closeSync(fd);
  }
  throw new ModelsealError('ERR_FILE_EXISTS', { file: path });
}

function openForReading(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw ioError(error, path, 'output');
  }
}

/** @throws {ModelsealError} `ERR_FILE_EXISTS` */
export function refuseExisting(paths: readonly string[]): void {
  const file = paths.find((path) => existsSync(path));
  if (file !== undefined) throw new ModelsealError('ERR_FILE_EXISTS', { file });
}

/**
 * Makes a folder with those above it, for its owner alone.
 *
 * @returns Takes away what was made; folders that were there stay.
 * @throws {ModelsealError} `ERR_FILE_UNWRITABLE`
 */
export function makeFolder(path: string): () => void {
  const first = makeFolders(path, 0o700);
  return () => removeEmpty(path, first);
}

/** Removes folders from `path` up to `first`, as long as they are empty: what others put there is not ours. */
function removeEmpty(path: string, first: string | undefined): void {
  if (first === undefined) return;
  try {
    for (let folder = resolve(path); ; folder = dirname(folder)) {
      rmdirSync(folder);
      if (folder === resolve(first)) return;
    }
  } catch {
    // Not empty, or gone already.
  }
}
