import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'libsql';
import { isModelsealError, ModelsealError } from '../core/errors/index.js';
import { readBounded, writeAtomic } from '../core/files.js';
import { decodePemOrDer, encodePem } from '../core/pem.js';
import { CertificateList, MAX_CRL_BYTES } from '../core/x509/crl.js';
import { serialText } from '../core/x509/index.js';
import { type IssuedCrl, isSignedBy } from './crl.js';
import { refuseOtherKind, SECRET } from './home.js';
import type { Issuer } from './issuer.js';
import { guarded, isBusy } from './store/database.js';
import type { CaStore } from './store/store.js';

/** Signing takes milliseconds, with a slow token seconds. */
const LOCK_WAIT_MS = 30_000;
const LOCK_POLL_MS = 20;

/** Base64 with its line breaks. */
const MAX_PEM_BYTES = Math.ceil(MAX_CRL_BYTES * 1.4);

export interface Publication {
  /** File that verifiers are given; replaced. */
  readonly file: string;
  readonly encoding: 'der' | 'pem';
}

/**
 * Puts a new list in the place of the one before, and never goes back: what is published is read first, and a number
 * that the records do not know, or an entry that they do not hold, stops it. One process at a time signs and renames.
 *
 * @param published Lists that are out there: the file to be replaced is one of them.
 * @param sign Makes the new list, under the lock.
 * @throws {ModelsealError} `ERR_CRL_FOREIGN`, `ERR_CRL_BEHIND`, `ERR_CRL_UNRECORDED`, `ERR_CA_PUBLISHING`,
 *   `ERR_FILE_EXISTS`, `ERR_FILE_UNWRITABLE`
 */
export async function publish(
  { file, encoding }: Publication,
  published: readonly string[],
  issuer: Issuer,
  store: CaStore,
  lock: string,
  sign: () => Promise<IssuedCrl>,
): Promise<IssuedCrl> {
  refuseOtherKind(file, CRL_LABEL);
  return underLock(lock, async () => {
    for (const list of new Set([file, ...published])) await requireRecorded(list, issuer, store);
    const made = await sign();
    const bytes = encoding === 'pem' ? encodePem(CRL_LABEL, made.der) : made.der;
    writeAtomic(file, bytes, { overwrite: true });
    return made;
  });
}

const CRL_LABEL = 'X509 CRL';

/**
 * Checks that the records know everything that a published list says. Nothing published is fine.
 *
 * @throws {ModelsealError} `ERR_CRL_FOREIGN`, `ERR_CRL_BEHIND`, `ERR_CRL_UNRECORDED`
 */
export async function requireRecorded(file: string, issuer: Issuer, store: CaStore): Promise<void> {
  if (!existsSync(file)) return;
  const { list, number } = readOwnCrl(file, issuer);
  const recorded = await store.lastCrlNumber(issuer.id);
  if (number > recorded) {
    throw new ModelsealError('ERR_CRL_BEHIND', { file, published: String(number), recorded });
  }
  for (const [octets] of list.entries) {
    const serial = serialText(octets);
    if (!(await store.isRevoked(serial))) throw new ModelsealError('ERR_CRL_UNRECORDED', { file, serial });
  }
}

/**
 * Reads a CRL that this issuer signed.
 *
 * @throws {ModelsealError} `ERR_CRL_FOREIGN`, `ERR_FILE_…`
 */
export function readOwnCrl(
  file: string,
  issuer: Issuer,
): { readonly list: CertificateList; readonly number: bigint } {
  const foreign = (problem: string, cause?: unknown): ModelsealError =>
    new ModelsealError('ERR_CRL_FOREIGN', { file, problem }, { cause });
  const bytes = readBounded(file, 'published CRL', MAX_PEM_BYTES);
  let list: CertificateList;
  try {
    const [der, ...more] = decodePemOrDer(bytes, [CRL_LABEL, 'CRL'], file);
    if (der === undefined || more.length > 0) throw foreign('it must hold one list');
    list = CertificateList.decode(der);
  } catch (error) {
    throw isModelsealError(error, 'ERR_CRL_FOREIGN')
      ? error
      : foreign(error instanceof Error ? error.message : String(error), error);
  }
  if (!isSignedBy(list, issuer)) throw foreign(`${issuer.certificate.label} did not sign it`);
  if (list.number === undefined) throw foreign('it has no number');
  return { list, number: list.number };
}

/**
 * Runs `work` while holding a lock among all processes: a transaction of a database of its own, which the operating
 * system ends with the process, whatever becomes of it.
 *
 * @throws {ModelsealError} `ERR_CA_PUBLISHING`
 */
async function underLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  if (!existsSync(file)) {
    try {
      writeAtomic(file, '', { mode: SECRET });
    } catch (error) {
      // Another process was faster.
      if (!isModelsealError(error, 'ERR_FILE_EXISTS')) throw error;
    }
  }
  const db = guarded(file, () => new Database(file, { timeout: 0 }));
  try {
    const deadline = performance.now() + LOCK_WAIT_MS;
    for (;;) {
      try {
        db.exec('BEGIN EXCLUSIVE');
        break;
      } catch (error) {
        if (!isBusy(error)) throw error;
        if (performance.now() > deadline)
          throw new ModelsealError('ERR_CA_PUBLISHING', { file }, { cause: error });
      }
      await sleep(LOCK_POLL_MS);
    }
    return await work();
  } finally {
    db.close();
  }
}
