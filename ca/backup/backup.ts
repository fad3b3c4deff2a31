import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import { readBounded, syncToDisk } from '../../core/files.js';
import { checkOptions, is, type OptionTable } from '../../core/options.js';
import { MAX_CRL_BYTES } from '../../core/x509/crl.js';
import { sameBytes } from '../../core/x509/index.js';
import { openAuthority } from '../authority.js';
import { homePaths, makeFolder, PUBLIC, refuseExisting, SECRET } from '../home.js';
import { stagingName } from '../leftovers.js';
import { SqliteStore } from '../store/sqlite-store.js';
import { SealedFile, type SealedEntry, type Source, sealFile } from './sealed-file.js';

export interface BackupRequest {
  readonly home: string;
  /** The backup; never replaced. */
  readonly file: string;
  /** Of the backup alone: keys in it stay encrypted under their own as well. */
  readonly passphrase: string;
  readonly at: Date;
}

export type RestoreRequest = BackupRequest;

export interface Backup {
  readonly file: string;
  readonly created: string;
  /** Names of the files in it; the root key is among them only where it lay in the home folder. */
  readonly files: readonly string[];
}

const OPTIONS: OptionTable<BackupRequest> = {
  home: is.text,
  file: is.text,
  passphrase: is.text,
  at: is.time,
};

const DATABASE = 'ca.db';
/** What every authority has, and what it may have. */
const NEEDED = ['root.pem', 'issuing.pem', DATABASE];
const PART =
  /^(?:root|issuing(?:-[1-9]\d{0,2})?)\.(?:pem|key|crl)$|^blocklist\.txt$|^transcript\.(?:json|sig|html)$/;
const modeOf = (name: string): number => (name === DATABASE || name.endsWith('.key') ? SECRET : PUBLIC);

/**
 * Writes everything of an authority into one encrypted file. Commands may run meanwhile: lists are read before the
 * records, so that these never know less than the lists beside them.
 *
 * @throws {ModelsealError} `ERR_CA_NOT_FOUND`, `ERR_CA_INCOMPLETE`, `ERR_CA_RECORDS`, `ERR_CA_DATABASE…`,
 *   `ERR_PASSPHRASE_WEAK`, `ERR_FILE_EXISTS`, `ERR_FILE_UNWRITABLE`
 * @example await backupAuthority({ home: 'ca', file: 'ca-2026-11-28.backup', passphrase: secret, at: new Date() })
 */
export async function backupAuthority(request: BackupRequest): Promise<Backup> {
  checkOptions('backupAuthority', request, OPTIONS);
  const { home, file, passphrase, at } = request;
  refuseExisting([file]);
  const { database } = homePaths(home);
  if (!existsSync(database)) throw new ModelsealError('ERR_CA_NOT_FOUND', { home });
  const missing = NEEDED.find((name) => !existsSync(join(home, name)));
  if (missing !== undefined)
    throw new ModelsealError('ERR_CA_INCOMPLETE', { home, missing: join(home, missing) });
  const small = readdirSync(home)
    .filter((name) => PART.test(name))
    .sort()
    .map((name) => ({ name, data: readBounded(join(home, name), 'file of the authority', MAX_CRL_BYTES) }));
  const store = SqliteStore.open(database);
  const staging = join(home, stagingName(home));
  try {
    // What contradicts itself is no backup.
    await store.requireConsistent();
    mkdirSync(staging, { mode: 0o700 });
    const snapshot = join(staging, DATABASE);
    store.copyTo(snapshot);
    const sources: Source[] = [...small, { name: DATABASE, data: { file: snapshot } }];
    const entries = await sealFile(file, sources, passphrase, at);
    await store.recordBackup(at);
    return { file, created: at.toISOString(), files: entries.map(({ name }) => name) };
  } finally {
    rmSync(staging, { recursive: true, force: true });
    await store.close();
  }
}

/**
 * Puts an authority from a backup into an empty folder, all of it or nothing, after everything in it was verified.
 * Nothing is signed by it until `recover` has seen the newest published list of each CA: what was revoked since the
 * backup would otherwise be good again.
 *
 * @throws {ModelsealError} `ERR_RESTORE_HOME`, `ERR_BACKUP_…`, `ERR_FILE_UNWRITABLE`, `ERR_CA_…`
 * @example
 * await restoreAuthority({ home: 'restored', file: 'ca-2026-11-28.backup', passphrase: secret, at: new Date() });
 */
export async function restoreAuthority(request: RestoreRequest): Promise<Backup> {
  checkOptions('restoreAuthority', request, OPTIONS);
  const { home, file, passphrase, at } = request;
  const target = resolve(home);
  if (existsSync(target) && readdirSync(target).length > 0)
    throw new ModelsealError('ERR_RESTORE_HOME', { home });
  const removeFolder = makeFolder(dirname(target));
  const staging = join(dirname(target), stagingName(target));
  try {
    mkdirSync(staging, { mode: 0o700 });
    const { created, entries } = await SealedFile.open(file, passphrase, (sealed) => {
      requireWhole(sealed.entries, file);
      sealed.extractInto((name) => join(staging, name));
      return sealed;
    });
    for (const { name } of entries) chmodSync(join(staging, name), modeOf(name));
    await verify(staging, file, at);
    for (const { name } of entries) syncToDisk(join(staging, name));
    syncToDisk(staging);
    if (existsSync(target)) rmdirSync(target);
    renameSync(staging, target);
    syncToDisk(dirname(target));
    return { file, created: created.toISOString(), files: entries.map(({ name }) => name) };
  } catch (error) {
    rmSync(staging, { recursive: true, force: true });
    removeFolder();
    if (error instanceof ModelsealError) throw error;
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new ModelsealError('ERR_FILE_UNWRITABLE', { file: home, reason }, { cause: error });
  }
}

/** Each file once, none that an authority does not have: a name is a path. */
function requireWhole(entries: readonly SealedEntry[], file: string): void {
  const names = entries.map(({ name }) => name);
  const fail = (problem: string): never => {
    throw new ModelsealError('ERR_BACKUP_CONTENT', { file, problem });
  };
  const missing = NEEDED.find((name) => !names.includes(name));
  if (missing !== undefined) fail(`${missing} is missing`);
  const foreign = names.find((name) => name !== DATABASE && !PART.test(name));
  if (foreign !== undefined) fail(`${basename(foreign)} does not belong into it`);
  if (new Set(names).size < names.length) fail('a file is in it twice');
}

/** Opens what was restored as its owner will, and holds certificates and records against each other. */
async function verify(staging: string, file: string, at: Date): Promise<void> {
  const authority = await openAuthority(staging, neverAsk, { access: 'read' });
  try {
    for (const { id, certificate } of authority.issuers) {
      const known = await authority.find(certificate.serialNumber).catch((error: unknown) => {
        if (isModelsealError(error, 'ERR_SERIAL_UNKNOWN')) return undefined;
        throw error;
      });
      if (known?.der === undefined || !sameBytes(known.der, certificate.raw)) {
        const problem = `its records do not know ${id}.pem`;
        throw new ModelsealError('ERR_BACKUP_CONTENT', { file, problem });
      }
    }
  } finally {
    await authority.close();
  }
  const store = SqliteStore.open(join(staging, DATABASE));
  try {
    await store.requireConsistent();
    await store.markRestored(at);
  } finally {
    await store.close();
  }
}

const neverAsk = async (): Promise<string> => {
  throw new ModelsealError('ERR_INTERNAL', { problem: 'a passphrase was asked for without need' });
};
