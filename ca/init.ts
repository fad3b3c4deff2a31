import type { KeyObject } from 'node:crypto';
import { chmodSync, existsSync, linkSync, mkdirSync, renameSync, rmSync, unlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ModelsealError } from '../core/errors/index.js';
import { syncToDisk } from '../core/files.js';
import { encodePrivateKey, encryptPrivateKey, requireStrongPassphrase } from '../core/keys/index.js';
import { checkOptions, is, type OptionTable } from '../core/options.js';
import type { CertificateSummary } from '../core/report/index.js';
import { summarizeCertificate } from '../core/x509/index.js';
import { issueCrl } from './crl.js';
import { certificatePem } from './encode/certificate.js';
import {
  homePaths,
  makeFolder,
  type NewFile,
  PUBLIC,
  refuseExisting,
  SECRET,
  writeNewFiles,
} from './home.js';
import { stagingName } from './leftovers.js';
import { Profile, type ProfileOptions, ROOT_CRL_DAYS } from './profile.js';
import { SqliteStore } from './store/sqlite-store.js';
import { makeTier } from './tier.js';

/**
 * Passphrases of root and issuing key, one each: the root key rests in a safe, the issuing key's passphrase is typed
 * every day, and who learns the one must not have the other.
 */
export type AuthorityProtection = 'plain' | { readonly root: string; readonly issuing: string };

const PASSPHRASES: OptionTable<Exclude<AuthorityProtection, 'plain'>> = { root: is.text, issuing: is.text };

export interface CreateAuthorityOptions extends ProfileOptions {
  /** Folder of the authority; made when it is not there. */
  readonly home: string;
  /** The time of creation: both certificates are valid from an hour before it. */
  readonly at: Date;
  /** How the two private keys are kept. Plain keys take the word `plain`, never an empty passphrase. */
  readonly protection: AuthorityProtection;
  /** Folder for the root key, on a medium that can be taken away; `home` otherwise. */
  readonly rootOut?: string | undefined;
}

const CREATE: OptionTable<CreateAuthorityOptions> = {
  home: is.text,
  at: is.time,
  protection: is.anything,
  rootOut: is.text,
  organization: is.text,
  keyType: is.text,
  crlUrl: is.text,
  ocspUrl: is.text,
  crlDays: is.number,
  emailDomains: is.list(is.text),
};

export interface AuthoritySummary {
  readonly home: string;
  readonly root: CertificateSummary;
  readonly issuing: CertificateSummary;
  /** The file that verifiers trust. */
  readonly trustAnchor: string;
  readonly rootKey: string;
  readonly issuingKey: string;
  readonly rootCrl: string;
  readonly issuingCrl: string;
}

/**
 * Makes a two-tier authority: a root (ten years, path length 1) and an issuing CA (five years, path length 0),
 * their first CRLs, and the database. Everything is made in memory first and then put in place at once; an existing
 * authority is never touched.
 *
 * @throws {ModelsealError} `ERR_CA_EXISTS`, `ERR_FILE_EXISTS`, `ERR_FILE_UNWRITABLE`, `ERR_PASSPHRASE_WEAK`,
 *   `ERR_CA_PASSPHRASE_SHARED`, what {@link Profile.parse} throws
 */
export async function createAuthority(options: CreateAuthorityOptions): Promise<AuthoritySummary> {
  checkOptions('createAuthority', options, CREATE);
  const profile = Profile.parse(options);
  const keyPem = keyEncoder(options.protection);
  const paths = homePaths(options.home);
  const rootKeyFile = options.rootOut === undefined ? paths.rootKey : join(options.rootOut, 'root.key');
  refuseAuthority(options.home);
  refuseExisting([rootKeyFile]);

  const store = SqliteStore.create(':memory:', profile);
  try {
    const root = await makeTier('root', profile, options.at, store, undefined);
    const issuing = await makeTier('issuing', profile, options.at, store, root);
    const rootCrl = await issueCrl(root.issuer, root.signer, store, { at: options.at, days: ROOT_CRL_DAYS });
    const crl = await issueCrl(issuing.issuer, issuing.signer, store, {
      at: options.at,
      days: profile.crlDays,
    });
    const rootKey: NewFile = { path: rootKeyFile, data: await keyPem(root.key, 'root'), mode: SECRET };
    const rootPem = certificatePem(root.issuer.certificate.raw);
    install(
      options.home,
      [
        { path: 'root.pem', data: rootPem, mode: PUBLIC },
        { path: 'issuing.pem', data: certificatePem(issuing.issuer.certificate.raw), mode: PUBLIC },
        { path: 'issuing.key', data: await keyPem(issuing.key, 'issuing'), mode: SECRET },
        { path: 'root.crl', data: rootCrl.der, mode: PUBLIC },
        { path: 'issuing.crl', data: crl.der, mode: PUBLIC },
        ...(options.rootOut === undefined ? [{ ...rootKey, path: 'root.key' }] : []),
      ],
      options.rootOut === undefined ? undefined : { folder: options.rootOut, file: rootKey },
      (file) => store.copyTo(file),
    );
    return {
      home: options.home,
      root: summarizeCertificate(root.issuer.certificate),
      issuing: summarizeCertificate(issuing.issuer.certificate),
      trustAnchor: paths.rootCertificate,
      rootKey: rootKeyFile,
      issuingKey: paths.issuingKey,
      rootCrl: paths.rootCrl,
      issuingCrl: paths.issuingCrl,
    };
  } finally {
    await store.close();
  }
}

/**
 * Decides how the keys are written, before anything is made.
 *
 * @throws {ModelsealError} `ERR_PASSPHRASE_WEAK`, `ERR_CA_PASSPHRASE_SHARED`
 */
function keyEncoder(
  protection: AuthorityProtection,
): (key: KeyObject, role: 'root' | 'issuing') => Promise<string> | string {
  if (protection === 'plain') return encodePrivateKey;
  checkOptions('createAuthority.protection', protection, PASSPHRASES);
  const { root, issuing } = protection;
  requireStrongPassphrase(root, 'the root key');
  requireStrongPassphrase(issuing, 'the issuing key');
  if (root === issuing) throw new ModelsealError('ERR_CA_PASSPHRASE_SHARED', {});
  return (key, role) => encryptPrivateKey(key, protection[role]);
}

/** @throws {ModelsealError} `ERR_CA_EXISTS` */
function refuseAuthority(home: string): void {
  const { database, rootCertificate, rootKey, issuingCertificate, issuingKey } = homePaths(home);
  const file = [database, rootCertificate, rootKey, issuingCertificate, issuingKey].find((f) =>
    existsSync(f),
  );
  if (file !== undefined) throw new ModelsealError('ERR_CA_EXISTS', { file });
}

/**
 * Puts the files in place. All are first written into a folder of their own. Where `home` is not there yet, that
 * folder becomes it in one step; where it is, the files are linked into it one by one, the database last, and taken
 * away again when one of them meets an obstacle. Nothing in here waits, so no other code of this process runs in between.
 */
function install(
  home: string,
  files: readonly NewFile[],
  removable: { readonly folder: string; readonly file: NewFile } | undefined,
  writeDatabase: (file: string) => void,
): void {
  const target = resolve(home);
  const undoing: (() => void)[] = [];
  try {
    if (removable !== undefined) undoing.push(makeFolder(removable.folder));
    // Asked now, since the folder for the root key may lie in the home folder.
    const fresh = !existsSync(target);
    const parent = fresh ? dirname(target) : target;
    undoing.push(makeFolder(parent));
    const staging = join(parent, stagingName(target));
    mkdirSync(staging, { mode: 0o700 });
    undoing.push(() => rmSync(staging, { recursive: true, force: true }));
    writeNewFiles(files.map((file) => ({ ...file, path: join(staging, file.path) })));
    const database = join(staging, 'ca.db');
    writeDatabase(database);
    chmodSync(database, SECRET);
    syncToDisk(database);
    syncToDisk(staging);
    if (removable !== undefined) undoing.push(writeNewFiles([removable.file]));
    if (fresh) renameSync(staging, target);
    else linkAll(staging, target, [...files.map(({ path }) => path), 'ca.db']);
    rmSync(staging, { recursive: true, force: true });
    syncToDisk(parent);
  } catch (error) {
    for (const undo of undoing.reverse()) undo();
    if (error instanceof ModelsealError) throw error;
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new ModelsealError('ERR_FILE_UNWRITABLE', { file: home, reason }, { cause: error });
  }
}

/** Links rather than renames: a link refuses to replace a file that appeared meanwhile. */
function linkAll(from: string, to: string, names: readonly string[]): void {
  const linked: string[] = [];
  try {
    for (const name of names) {
      linkSync(join(from, name), join(to, name));
      linked.push(join(to, name));
    }
  } catch (error) {
    for (const path of linked) unlinkSync(path);
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new ModelsealError('ERR_CA_EXISTS', { file: join(to, names[linked.length] ?? '') });
    }
    throw error;
  }
}
