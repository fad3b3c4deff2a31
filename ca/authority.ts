import type { KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { ModelsealError } from '../core/errors/index.js';
import {
  type AskPassphrase,
  publicKeyFingerprint,
  readPrivateKey,
  type SigningKey,
  signingKey,
} from '../core/keys/index.js';
import { checkOptions, is, type OptionTable } from '../core/options.js';
import {
  Certificate,
  readCertificates,
  sameBytes,
  signatureAlgorithm,
  verifySignedData,
} from '../core/x509/index.js';
import { certIdFor, decodeOcspRequest, encodeOcspRequest } from '../core/x509/ocsp.js';
import { RecordedCertificate } from './certify.js';
import { type IssuedCrl, issueCrl } from './crl.js';
import { DeveloperTemplate } from './developer.js';
import { certificatePem } from './encode/certificate.js';
import { encodeRevokedEntry } from './encode/crl.js';
import { subjectText } from './encode/name.js';
import { spkiOf } from './encode/spki.js';
import { type HomePaths, homePaths } from './home.js';
import { checkIdentities } from './identity.js';
import { Issuer } from './issuer.js';
import { answerOcsp, type SignedOcsp } from './ocsp.js';
import { Profile, type ProfileOptions, ROOT_CRL_DAYS, wholeSeconds } from './profile.js';
import { REASONS, type RevocationReason } from './reasons.js';
import { SqliteStore } from './store/sqlite-store.js';
import type { CaStore, CertificateRecord, CertificateState, IssuerRole, ListFilter } from './store/store.js';
import { developerValidity, type ValidityRequest } from './validity.js';
import { requireUnbroken } from './weak-keys.js';

export interface IssueRequest extends ValidityRequest {
  /** The developer's key: from a request whose proof of possession was checked, or freshly made. */
  readonly publicKey: KeyObject;
  /** Display name, the common name of the subject. */
  readonly name: string;
  readonly emails?: readonly string[] | undefined;
  readonly uris?: readonly string[] | undefined;
}

export interface IssuedCertificate {
  readonly serialNumber: string;
  readonly certificate: Certificate;
  readonly pem: string;
  /** Leaf and issuing CA, without the root: the root comes from the verifier, never from the sender. */
  readonly chainPem: string;
  /** The validity was cut to that of the issuer. */
  readonly shortened: boolean;
}

export interface RevokeRequest {
  readonly serial: string;
  readonly at: Date;
  readonly reason: RevocationReason;
  /** Since when the key is thought to be compromised. */
  readonly invalidityDate?: Date | undefined;
}

export interface OpenOptions {
  /** Key files, where they are not in the home folder. */
  readonly rootKey?: string | undefined;
  readonly issuingKey?: string | undefined;
}

/**
 * Opens an authority. Private keys are read when something is to be signed, not before.
 *
 * @param ask Asked for the passphrase of a key file, at most once per key.
 * @throws {ModelsealError} `ERR_CA_NOT_FOUND`, `ERR_CA_INCOMPLETE`, `ERR_CA_FILES_DIFFER`, `ERR_CA_DATABASE…`
 */
export async function openAuthority(
  home: string,
  ask: AskPassphrase,
  options: OpenOptions = {},
): Promise<Authority> {
  return Authority.open(home, ask, options);
}

export interface OcspValidity {
  readonly at: Date;
  /** Days that an answer may be relied upon. */
  readonly days: number;
}

const OPEN: OptionTable<OpenOptions> = { rootKey: is.text, issuingKey: is.text };
const ISSUE: OptionTable<IssueRequest> = {
  publicKey: is.object,
  name: is.text,
  emails: is.list(is.text),
  uris: is.list(is.text),
  at: is.time,
  days: is.number,
  notBefore: is.time,
  notAfter: is.time,
};
const REVOKE: OptionTable<RevokeRequest> = {
  serial: is.text,
  at: is.time,
  reason: is.one(...Object.keys(REASONS)),
  invalidityDate: is.time,
};
const CRL: OptionTable<CrlOrder> = { at: is.time, issuer: is.one('root', 'issuing'), days: is.number };
const OCSP: OptionTable<OcspValidity> = { at: is.time, days: is.number };
const LIST: OptionTable<ListFilter> = {
  state: is.one('pending', 'issued', 'revoked'),
  text: is.text,
  limit: is.number,
};

interface CrlOrder {
  readonly at: Date;
  readonly issuer?: IssuerRole | undefined;
  readonly days?: number | undefined;
}

/** A certificate authority that is open for work. Close it when done. */
export class Authority {
  readonly profile: Profile;
  readonly paths: HomePaths;
  readonly root: Issuer;
  readonly issuing: Issuer;
  readonly #store: CaStore;
  readonly #template: DeveloperTemplate;
  readonly #ask: AskPassphrase;
  readonly #keyFiles: { readonly [R in IssuerRole]: string };
  readonly #keys = new Map<IssuerRole, Promise<SigningKey>>();

  private constructor(
    paths: HomePaths,
    store: CaStore,
    issuers: { root: Issuer; issuing: Issuer },
    ask: AskPassphrase,
    keyFiles: { readonly [R in IssuerRole]: string },
  ) {
    this.paths = paths;
    this.#store = store;
    this.profile = Profile.parse(store.profile as ProfileOptions);
    this.root = issuers.root;
    this.issuing = issuers.issuing;
    this.#template = new DeveloperTemplate(this.profile, this.issuing);
    this.#ask = ask;
    this.#keyFiles = keyFiles;
  }

  static async open(home: string, ask: AskPassphrase, options: OpenOptions): Promise<Authority> {
    checkOptions('openAuthority', options, OPEN);
    const paths = homePaths(home);
    const { rootCertificate, issuingCertificate, database } = paths;
    const missing = [database, rootCertificate, issuingCertificate].filter((file) => !existsSync(file));
    if (missing.length === 3) throw new ModelsealError('ERR_CA_NOT_FOUND', { home });
    if (missing[0] !== undefined)
      throw new ModelsealError('ERR_CA_INCOMPLETE', { home, missing: missing[0] });
    const issuers = readIssuers(paths);
    const store = SqliteStore.open(database);
    return new Authority(paths, store, issuers, ask, {
      root: options.rootKey ?? paths.rootKey,
      issuing: options.issuingKey ?? paths.issuingKey,
    });
  }

  /**
   * Issues a developer certificate. Concurrent calls share their commits, so many are best started together.
   *
   * @throws {ModelsealError} `ERR_CA_IDENTITY…`, `ERR_CA_NAME`, `ERR_CA_VALIDITY`, `ERR_KEY_WEAK`, `ERR_LINT`, `ERR_CA_…`
   */
  async issue(request: IssueRequest): Promise<IssuedCertificate> {
    checkOptions('issue', request, ISSUE);
    this.issuing.requireValid(request.at);
    const name = subjectText(request.name, 'name');
    const { emails, uris } = checkIdentities(
      { emails: request.emails ?? [], uris: request.uris ?? [] },
      name,
    );
    const { notBefore, notAfter, shortened } = developerValidity(request, this.issuing);
    requireUnbroken(request.publicKey, 'the key to be certified');
    const spki = spkiOf(request.publicKey);
    this.#refuseOwnKey(spki);
    const linted = this.#template.lint({ name, emails, uris, notBefore, notAfter, spki });
    // The key is opened before anything is recorded: a wrong passphrase leaves no trace.
    const key = await this.#key('issuing');
    const recorded = await RecordedCertificate.record(linted, this.#store, request.at);
    const certificate = Certificate.decode(await recorded.sign(key, this.#store));
    const pem = certificatePem(certificate.raw);
    return {
      serialNumber: certificate.serialNumber,
      certificate,
      pem,
      chainPem: pem + certificatePem(this.issuing.certificate.raw),
      shortened,
    };
  }

  /**
   * Records a revocation; `crl` publishes it.
   *
   * @throws {ModelsealError} `ERR_SERIAL_UNKNOWN`, `ERR_ALREADY_REVOKED`, `ERR_REVOCATION_DATE`
   */
  async revoke(request: RevokeRequest): Promise<CertificateRecord> {
    checkOptions('revoke', request, REVOKE);
    const { serial, reason } = request;
    const revokedAt = wholeSeconds(request.at);
    const invalidityDate = request.invalidityDate && wholeSeconds(request.invalidityDate);
    if (invalidityDate !== undefined && invalidityDate > revokedAt) {
      throw new ModelsealError('ERR_REVOCATION_DATE', {
        value: invalidityDate.toISOString(),
        problem: 'it lies in the future',
      });
    }
    const entry = encodeRevokedEntry({
      serial: Buffer.from(serial.length % 2 === 0 ? serial : `0${serial}`, 'hex'),
      revokedAt,
      reason,
      invalidityDate,
    });
    await this.#store.revoke(serial, { revokedAt, reason, invalidityDate }, entry);
    return this.find(serial);
  }

  /** A full CRL of one issuer; by default of the issuing CA, for as many days as the profile says. */
  async crl(request: CrlOrder): Promise<IssuedCrl> {
    checkOptions('crl', request, CRL);
    const role = request.issuer ?? 'issuing';
    const days = request.days ?? (role === 'root' ? ROOT_CRL_DAYS : this.profile.crlDays);
    this[role].requireValid(request.at);
    return issueCrl(this[role], await this.#key(role), this.#store, { at: request.at, days });
  }

  /**
   * Answers an OCSP request (DER).
   *
   * @throws {ModelsealError} `ERR_DER`, `ERR_OCSP_FORMAT`, `ERR_OCSP_EXTENSION_UNKNOWN`, and what signing throws
   */
  async answerOcsp(request: Uint8Array, role: IssuerRole, validity: OcspValidity): Promise<SignedOcsp> {
    checkOptions('answerOcsp', validity, OCSP);
    const { items, nonce } = decodeOcspRequest(request);
    const question = { certIds: items.map(({ certId }) => certId), nonce };
    return answerOcsp(this[role], await this.#key(role), this.#store, question, validity);
  }

  /** An OCSP response about one recorded certificate, as evidence to ship along. */
  async ocspFor(record: CertificateRecord, validity: OcspValidity): Promise<SignedOcsp> {
    checkOptions('ocspFor', validity, OCSP);
    const { subject: name, spki } = this[record.issuer].certificate;
    const id = certIdFor({ name, spki }, Buffer.from(record.serial, 'hex'));
    return this.answerOcsp(encodeOcspRequest([id]), record.issuer, validity);
  }

  async list(filter: ListFilter = {}): Promise<CertificateRecord[]> {
    checkOptions('list', filter, LIST);
    return this.#store.list(filter);
  }

  /** How many certificates are in which state. */
  count(): Promise<Record<CertificateState, number>> {
    return this.#store.count();
  }

  /** @throws {ModelsealError} `ERR_SERIAL_UNKNOWN` */
  async find(serial: string): Promise<CertificateRecord> {
    const record = await this.#store.find(serial);
    if (record === undefined) throw new ModelsealError('ERR_SERIAL_UNKNOWN', { serial });
    return record;
  }

  /** Chain file of a recorded certificate: leaf and issuing CA for a developer, itself for a CA. */
  chainPemOf(record: CertificateRecord): string | undefined {
    if (record.der === undefined) return undefined;
    const pem = certificatePem(record.der);
    return record.issuer === 'issuing' ? pem + certificatePem(this.issuing.certificate.raw) : pem;
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  #refuseOwnKey(spki: Uint8Array): void {
    for (const role of ['root', 'issuing'] as const) {
      if (sameBytes(spki, this[role].certificate.spki)) throw new ModelsealError('ERR_CA_OWN_KEY', { role });
    }
  }

  #key(role: IssuerRole): Promise<SigningKey> {
    let key = this.#keys.get(role);
    if (key === undefined) {
      key = this.#openKey(role);
      this.#keys.set(role, key);
      // A failed attempt, such as a mistyped passphrase, may be repeated.
      key.catch(() => this.#keys.delete(role));
    }
    return key;
  }

  async #openKey(role: IssuerRole): Promise<SigningKey> {
    const file = this.#keyFiles[role];
    const { certificate } = this[role];
    if (!existsSync(file)) throw new ModelsealError('ERR_CA_KEY_ABSENT', { role, file });
    if (await this.#store.isRevoked(certificate.serialNumber)) {
      throw new ModelsealError('ERR_CA_REVOKED', { issuer: certificate.label });
    }
    const key = signingKey(await readPrivateKey(file, this.#ask));
    if (publicKeyFingerprint(key.publicKey) !== publicKeyFingerprint(certificate.publicKey())) {
      throw new ModelsealError('ERR_CA_KEY_MISMATCH', { file, certificate: certificate.label });
    }
    return key;
  }
}

/** Reads the two CA certificates and checks that the one is issued by the other. */
function readIssuers(paths: HomePaths): { root: Issuer; issuing: Issuer } {
  const one = (file: string): Certificate => {
    const [certificate, ...more] = readCertificates(file, 'CA certificate');
    if (certificate === undefined || more.length > 0) {
      throw new ModelsealError('ERR_CA_FILES_DIFFER', { file, problem: 'it must hold one certificate' });
    }
    return certificate;
  };
  const root = one(paths.rootCertificate);
  const issuing = one(paths.issuingCertificate);
  const signed = verifySignedData(
    signatureAlgorithm(issuing.signatureAlgorithm),
    root.publicKey(),
    issuing.tbs,
    issuing.signature,
  );
  if (!signed) {
    throw new ModelsealError('ERR_CA_FILES_DIFFER', {
      file: paths.issuingCertificate,
      problem: `it is not signed by the key of ${paths.rootCertificate}`,
    });
  }
  return { root: new Issuer('root', root), issuing: new Issuer('issuing', issuing) };
}
