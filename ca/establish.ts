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
import { makeTier, type Tier } from './tier.js';

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

/** An authority that is about to be put in place. */
export interface Made {
  readonly root: Tier;
  readonly issuing: Tier;
  /** Every file but the database, where it will lie. */
  readonly files: readonly NewFile[];
}

/**
 * Makes an authority as {@link createAuthority} says.
 *
 * @param issuingOut Folder for the issuing key; `home` otherwise.
 * @param document Makes further files of the home folder, named without it, from what was made and before it is in place.
 */
export async function establish(
  options: CreateAuthorityOptions,
  issuingOut?: string,
  document?: (made: Made) => Promise<readonly NewFile[]>,
): Promise<AuthoritySummary> {
  const profile = Profile.parse(options);
  const keyPem = keyEncoder(options.protection);
  const paths = homePaths(options.home);
  const { home, rootOut } = options;
  const keys = { root: join(rootOut ?? home, 'root.key'), issuing: join(issuingOut ?? home, 'issuing.key') };
  refuseAuthority(home);
  refuseExisting([keys.root, keys.issuing]);

  const store = SqliteStore.create(':memory:', profile);
  try {
    const root = await makeTier('root', profile, options.at, store, undefined);
    const issuing = await makeTier('issuing', profile, options.at, store, root);
    const rootCrl = await issueCrl(root.issuer, root.signer, store, { at: options.at, days: ROOT_CRL_DAYS });
    const crl = await issueCrl(issuing.issuer, issuing.signer, store, {
      at: options.at,
      days: profile.crlDays,
    });
    const publicFiles: NewFile[] = [
      { path: 'root.pem', data: certificatePem(root.issuer.certificate.raw), mode: PUBLIC },
      { path: 'issuing.pem', data: certificatePem(issuing.issuer.certificate.raw), mode: PUBLIC },
      { path: 'root.crl', data: rootCrl.der, mode: PUBLIC },
      { path: 'issuing.crl', data: crl.der, mode: PUBLIC },
    ];
    const rootKey: NewFile = { path: keys.root, data: await keyPem(root.key, 'root'), mode: SECRET };
    const issuingKey: NewFile = {
      path: keys.issuing,
      data: await keyPem(issuing.key, 'issuing'),
      mode: SECRET,
    };
    const files = [
      ...publicFiles.map((file) => ({ ...file, path: join(home, file.path) })),
      rootKey,
      issuingKey,
    ];
    const further = (await document?.({ root, issuing, files })) ?? [];
    install(
      home,
      [
        ...publicFiles,
        ...further,
        ...(rootOut === undefined ? [{ ...rootKey, path: 'root.key' }] : []),
        ...(issuingOut === undefined ? [{ ...issuingKey, path: 'issuing.key' }] : []),
      ],
      [
        ...(rootOut === undefined ? [] : [{ folder: rootOut, file: rootKey }]),
        ...(issuingOut === undefined ? [] : [{ folder: issuingOut, file: issuingKey }]),
      ],
      (file) => store.copyTo(file),
    );
    return {
      home,
      root: summarizeCertificate(root.issuer.certificate),
      issuing: summarizeCertificate(issuing.issuer.certificate),
      trustAnchor: paths.rootCertificate,
      rootKey: keys.root,
      issuingKey: keys.issuing,
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
  removable: readonly { readonly folder: string; readonly file: NewFile }[],
  writeDatabase: (file: string) => void,
): void {
  const target = resolve(home);
  const undoing: (() => void)[] = [];
  try {
    for (const { folder } of removable) undoing.push(makeFolder(folder));
    // Asked now, since the folder for a key may lie in the home folder.
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
    for (const { file } of removable) undoing.push(writeNewFiles([file]));
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
