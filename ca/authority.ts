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
  parseIdentity,
  readCertificates,
  sameBytes,
  signatureAlgorithm,
  verifySignedData,
} from '../core/x509/index.js';
import { certIdFor, decodeOcspRequest, encodeOcspRequest } from '../core/x509/ocsp.js';
import { type Blocklist, readBlocklists, requireUnlisted } from './blocklist.js';
import { type LintedCertificate, RecordedCertificate } from './certify.js';
import { type IssuedCrl, issueCrl } from './crl.js';
import { DeveloperTemplate } from './developer.js';
import { certificatePem } from './encode/certificate.js';
import { encodeRevokedEntry } from './encode/crl.js';
import { subjectText } from './encode/name.js';
import { spkiFingerprint, spkiOf } from './encode/spki.js';
import { type HomePaths, homePaths } from './home.js';
import { checkIdentities } from './identity.js';
import { Issuer } from './issuer.js';
import { answerOcsp, type SignedOcsp } from './ocsp.js';
import { Profile, type ProfileOptions, ROOT_CRL_DAYS, wholeSeconds } from './profile.js';
import { publish, requireRecorded } from './publish.js';
import { OFFERED_REASONS, type OfferedReason } from './reasons.js';
import { importCertificate, type Recovered, recover } from './recover.js';
import { type AuthorityStatus, authorityStatus, isListDue, type StatusRequest } from './status.js';
import { SqliteStore } from './store/sqlite-store.js';
import {
  type CaStore,
  type CertificatePage,
  type CertificateRecord,
  type CertificateState,
  type IssuerRole,
  type LastCrl,
  type ListFilter,
  PROFILES,
  type Revocation,
  type Selection,
} from './store/store.js';
import { TsaTemplate } from './timestamp/template.js';
import { DEVELOPER_LIFETIME, TSA_LIFETIME, type ValidityRequest, validityUnder } from './validity.js';
import { requireUnbroken } from './weak-keys.js';

export interface IssueRequest extends ValidityRequest {
  /** The developer's key: from a request whose proof of possession was checked, or freshly made. */
  readonly publicKey: KeyObject;
  /** Display name, the common name of the subject. */
  readonly name: string;
  readonly emails?: readonly string[] | undefined;
  readonly uris?: readonly string[] | undefined;
  /** Certify a key again that has a certificate already; the identities must be the same. */
  readonly reuseKey?: boolean | undefined;
}

/** What the certificate of a time-stamp authority shall say. */
export interface TsaRequest extends ValidityRequest {
  readonly publicKey: KeyObject;
  /** Common name of the subject. */
  readonly name: string;
  /** Certify a key again that has a certificate of a time-stamp authority already. */
  readonly reuseKey?: boolean | undefined;
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

interface RevocationOrder {
  readonly at: Date;
  readonly reason: OfferedReason;
  /** Since when the key is thought to be compromised. */
  readonly invalidityDate?: Date | undefined;
}

export interface RevokeRequest extends RevocationOrder {
  readonly serial: string;
}

/** Everything that is meant by all that is given: identity, time of issuance, profile. */
export type RevokeAllRequest = RevocationOrder & Selection;

export interface BlockKeyRequest extends Omit<RevocationOrder, 'reason'> {
  readonly publicKey: KeyObject;
}

export interface CrlOrder {
  readonly at: Date;
  /** Whose list; the issuing CA's unless told. */
  readonly issuer?: IssuerRole | undefined;
  readonly days?: number | undefined;
}

export interface PublishOrder extends CrlOrder {
  /** File that verifiers are given, replaced; `issuing.crl` or `root.crl` of the home folder unless told. */
  readonly file?: string | undefined;
  readonly encoding?: 'der' | 'pem' | undefined;
  /** Further copies of the list that are out there: the new one must go beyond each. */
  readonly published?: readonly string[] | undefined;
}

export interface PublishedCrl extends IssuedCrl {
  readonly file: string;
}

export interface RecoverRequest {
  readonly at: Date;
  /** Published lists, the newest of each issuer at least. */
  readonly crls?: readonly string[] | undefined;
  /** Files of certificates that this authority issued. */
  readonly certificates?: readonly string[] | undefined;
}

export interface OpenOptions {
  /** Key files, where they are not in the home folder. */
  readonly rootKey?: string | undefined;
  readonly issuingKey?: string | undefined;
  /** `read` never writes, not even a file beside the database; `write` unless told. */
  readonly access?: 'read' | 'write' | undefined;
  /** Work although the clock is behind what the authority has seen already. */
  readonly acceptClock?: boolean | undefined;
  /**
   * Files that name keys which are never certified: one SHA-256 over the SubjectPublicKeyInfo a line. `blocklist.txt` in
   * the home folder always counts.
   */
  readonly blocklists?: readonly string[] | undefined;
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

const OPEN: OptionTable<OpenOptions> = {
  rootKey: is.text,
  issuingKey: is.text,
  access: is.one('read', 'write'),
  acceptClock: is.flag,
  blocklists: is.list(is.text),
};
const ISSUE: OptionTable<IssueRequest> = {
  publicKey: is.object,
  name: is.text,
  emails: is.list(is.text),
  uris: is.list(is.text),
  at: is.time,
  days: is.number,
  notBefore: is.time,
  notAfter: is.time,
  reuseKey: is.flag,
};
const { emails: _, uris: __, ...ISSUE_TSA } = ISSUE;
const ORDER = { at: is.time, reason: is.one(...OFFERED_REASONS), invalidityDate: is.time };
const REVOKE: OptionTable<RevokeRequest> = { ...ORDER, serial: is.text };
const BLOCK: OptionTable<BlockKeyRequest> = { at: is.time, invalidityDate: is.time, publicKey: is.object };
const CRL: OptionTable<CrlOrder> = { at: is.time, issuer: is.one('root', 'issuing'), days: is.number };
const PUBLISH: OptionTable<PublishOrder> = {
  ...CRL,
  file: is.text,
  encoding: is.one('der', 'pem'),
  published: is.list(is.text),
};
const RECOVER: OptionTable<RecoverRequest> = {
  at: is.time,
  crls: is.list(is.text),
  certificates: is.list(is.text),
};
const STATUS: OptionTable<StatusRequest> = {
  at: is.time,
  days: is.number,
  backupDays: is.number,
  auditLog: is.text,
};
const OCSP: OptionTable<OcspValidity> = { at: is.time, days: is.number };
const SELECTION: OptionTable<Selection> = {
  identity: is.text,
  since: is.time,
  until: is.time,
  profile: is.one(...PROFILES),
};
const REVOKE_ALL: OptionTable<RevokeAllRequest> = { ...ORDER, ...SELECTION };
const ALL = { ...SELECTION, state: is.one('pending', 'issued', 'revoked'), text: is.text };
const LIST: OptionTable<ListFilter> = { ...ALL, limit: is.number, after: is.text };

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
  readonly #blocklists: readonly string[];
  #listed: readonly Blocklist[] | undefined;
  readonly #keys = new Map<IssuerRole, Promise<SigningKey>>();
  #consistent: Promise<void> | undefined;

  private constructor(
    paths: HomePaths,
    store: CaStore,
    issuers: { root: Issuer; issuing: Issuer },
    ask: AskPassphrase,
    keyFiles: { readonly [R in IssuerRole]: string },
    blocklists: readonly string[],
  ) {
    this.paths = paths;
    this.#store = store;
    this.profile = Profile.parse(store.profile as ProfileOptions);
    this.root = issuers.root;
    this.issuing = issuers.issuing;
    this.#template = new DeveloperTemplate(this.profile, this.issuing);
    this.#ask = ask;
    this.#keyFiles = keyFiles;
    this.#blocklists = blocklists;
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
    const { access, acceptClock } = options;
    const store = SqliteStore.open(database, { access, acceptClock });
    const keyFiles = {
      root: options.rootKey ?? paths.rootKey,
      issuing: options.issuingKey ?? paths.issuingKey,
    };
    return new Authority(paths, store, issuers, ask, keyFiles, options.blocklists ?? []);
  }

  /**
   * Issues a developer certificate. Concurrent calls share their commits, so many are best started together.
   *
   * @throws {ModelsealError} `ERR_CA_IDENTITY…`, `ERR_CA_NAME`, `ERR_CA_VALIDITY`, `ERR_KEY_WEAK`, `ERR_CA_KEY_KNOWN`, `ERR_LINT`,
   *   `ERR_CA_KEY_BLOCKED`, `ERR_CA_KEY_TAKEN`, `ERR_CA_KEY_REUSED`, `ERR_CA_CLOCK`, `ERR_CA_…`
   */
  async issue(request: IssueRequest): Promise<IssuedCertificate> {
    checkOptions('issue', request, ISSUE);
    this.issuing.requireValid(request.at);
    const name = subjectText(request.name, 'name');
    const { emails, uris } = checkIdentities(
      { emails: request.emails ?? [], uris: request.uris ?? [] },
      name,
    );
    const { notBefore, notAfter, shortened } = validityUnder(this.issuing, request, DEVELOPER_LIFETIME);
    const spki = this.#requireFit(request.publicKey);
    const linted = this.#template.lint({
      name,
      emails,
      uris,
      at: request.at,
      notBefore,
      notAfter,
      spki,
    });
    return { ...(await this.#certify(linted, request.at, request.reuseKey)), shortened };
  }

  /**
   * Issues the certificate of a time-stamp authority: for that purpose alone, critically (RFC 3161 §2.3).
   *
   * @throws {ModelsealError} `ERR_CA_NAME`, `ERR_CA_VALIDITY`, `ERR_KEY_WEAK`, `ERR_CA_KEY_KNOWN`, `ERR_LINT`, `ERR_CA_…`
   */
  async issueTsa(request: TsaRequest): Promise<IssuedCertificate> {
    checkOptions('issueTsa', request, ISSUE_TSA);
    this.issuing.requireValid(request.at);
    const name = subjectText(request.name, 'name');
    const { notBefore, notAfter, shortened } = validityUnder(this.issuing, request, TSA_LIFETIME);
    const spki = this.#requireFit(request.publicKey);
    const linted = new TsaTemplate(this.profile, this.issuing).lint({
      name,
      at: request.at,
      notBefore,
      notAfter,
      spki,
    });
    return { ...(await this.#certify(linted, request.at, request.reuseKey)), shortened };
  }

  async #certify(
    linted: LintedCertificate,
    at: Date,
    reuseKey?: boolean,
  ): Promise<Omit<IssuedCertificate, 'shortened'>> {
    // The key is opened before anything is recorded: a wrong passphrase leaves no trace.
    const key = await this.#issuingKey();
    const recorded = await RecordedCertificate.record(linted, this.#store, at, reuseKey);
    const certificate = Certificate.decode(await recorded.sign(key, this.#store));
    const pem = certificatePem(certificate.raw);
    return {
      serialNumber: certificate.serialNumber,
      certificate,
      pem,
      chainPem: pem + certificatePem(this.issuing.certificate.raw),
    };
  }

  /**
   * Records a revocation; `publishCrl` publishes it. With the reason `keyCompromise` the key is blocked for good, and
   * all of its certificates are revoked together; {@link ofSameKey} says before which these are.
   *
   * @returns What was revoked, the named certificate first.
   * @throws {ModelsealError} `ERR_SERIAL_UNKNOWN`, `ERR_ALREADY_REVOKED`, `ERR_REVOCATION_DATE`, `ERR_CA_CLOCK`,
   *   `ERR_CA_ROOT_REVOCATION`, `ERR_CA_ISSUING_REVOCATION`
   * @example await authority.revoke({ serial, reason: 'superseded', at: new Date() })
   */
  async revoke(request: RevokeRequest): Promise<readonly CertificateRecord[]> {
    checkOptions('revoke', request, REVOKE);
    const { serial } = request;
    if (serial === this.root.certificate.serialNumber) throw new ModelsealError('ERR_CA_ROOT_REVOCATION', {});
    if (serial === this.issuing.certificate.serialNumber) {
      throw new ModelsealError('ERR_CA_ISSUING_REVOCATION', { serial });
    }
    return this.#find(await this.#store.revoke(serial, revocationOf(request), encodeRevokedEntry));
  }

  /**
   * What {@link revokeAll} would revoke: with compromised keys, their other certificates too.
   *
   * @throws {ModelsealError} `ERR_USAGE`, `ERR_REVOKE_NOTHING`
   */
  async wouldRevoke(request: RevokeAllRequest): Promise<readonly CertificateRecord[]> {
    checkOptions('wouldRevoke', request, REVOKE_ALL);
    const named = await this.#store.live(selectionOf(request));
    if (named.length === 0) throw new ModelsealError('ERR_REVOKE_NOTHING', {});
    if (request.reason !== 'keyCompromise') return named;
    const all = new Map(named.map((record) => [record.serial, record]));
    for (const { keyFingerprint } of named) {
      if (keyFingerprint === '') continue;
      for (const record of await this.ofSameKey(keyFingerprint)) {
        if (record.revocation?.reason !== 'keyCompromise') all.set(record.serial, record);
      }
    }
    return [...all.values()];
  }

  /**
   * Revokes all certificates of an identity, a time or a profile that are not revoked yet, in one step: all or none.
   * Those of the CAs themselves are not among them.
   *
   * @returns What was revoked.
   * @throws {ModelsealError} `ERR_USAGE` when nothing narrows it, `ERR_REVOKE_NOTHING`, `ERR_REVOCATION_DATE`, `ERR_CA_CLOCK`
   * @example await authority.revokeAll({ identity: 'ada@example.org', since, reason: 'keyCompromise', at })
   */
  async revokeAll(request: RevokeAllRequest): Promise<readonly CertificateRecord[]> {
    checkOptions('revokeAll', request, REVOKE_ALL);
    const revocation = revocationOf(request);
    const serials = await this.#store.revokeAll(selectionOf(request), revocation, encodeRevokedEntry);
    if (serials.length === 0) throw new ModelsealError('ERR_REVOKE_NOTHING', {});
    return this.#find(serials);
  }

  /**
   * Revokes the issuing CA: the end of everything that it issued. The root key must be at hand, and the root's list
   * is published at once. The issuing key may sign its last list afterwards, and nothing else.
   *
   * @throws {ModelsealError} as {@link revoke} and {@link publishCrl}
   */
  async revokeIssuingCa(request: RevocationOrder): Promise<PublishedCrl> {
    checkOptions('revokeIssuingCa', request, ORDER);
    await this.#key('root');
    const { serialNumber } = this.issuing.certificate;
    await this.#store.revoke(serialNumber, revocationOf(request), encodeRevokedEntry);
    return this.publishCrl({ issuer: 'root', at: request.at });
  }

  /**
   * Blocks a key that is known to be compromised, whether it has certificates here or not; those are revoked.
   *
   * @returns What was revoked.
   * @throws {ModelsealError} `ERR_CA_OWN_KEY`, `ERR_REVOCATION_DATE`, `ERR_CA_CLOCK`
   */
  async blockKey(request: BlockKeyRequest): Promise<readonly CertificateRecord[]> {
    checkOptions('blockKey', request, BLOCK);
    const spki = spkiOf(request.publicKey);
    this.#refuseOwnKey(spki);
    const revocation = revocationOf({ ...request, reason: 'keyCompromise' });
    return this.#find(await this.#store.blockKey(spkiFingerprint(spki), revocation, encodeRevokedEntry));
  }

  /** All certificates of one key, oldest first. */
  ofSameKey(keyFingerprint: string): Promise<CertificateRecord[]> {
    return this.#store.findByKey(keyFingerprint);
  }

  /**
   * Makes a full CRL of one issuer, which nothing but {@link publishCrl} puts in the place of the one before.
   *
   * @throws {ModelsealError} `ERR_CRL_BEHIND`, `ERR_CRL_UNRECORDED`, `ERR_CRL_FOREIGN` when the list in the home
   *   folder says more than the records; `ERR_CA_DAYS`, `ERR_CA_CLOCK`, `ERR_CA_…`
   */
  async crl(request: CrlOrder): Promise<IssuedCrl> {
    checkOptions('crl', request, CRL);
    const role = request.issuer ?? 'issuing';
    await requireRecorded(this.#crlFile(role), this[role], this.#store);
    return this.#sign(role, request);
  }

  /**
   * Makes a full CRL and puts it in the place of the one before. What is published is read first: a list never goes
   * back, whatever became of the records, and two processes never overtake each other.
   *
   * @throws {ModelsealError} `ERR_CRL_FOREIGN`, `ERR_CRL_BEHIND`, `ERR_CRL_UNRECORDED`, `ERR_CA_CRL_FAULTY`,
   *   `ERR_CA_PUBLISHING`, `ERR_CA_DAYS`, `ERR_CA_CLOCK`, `ERR_FILE_EXISTS`, `ERR_FILE_UNWRITABLE`, `ERR_CA_…`
   */
  async publishCrl(request: PublishOrder): Promise<PublishedCrl> {
    checkOptions('publishCrl', request, PUBLISH);
    const { issuer: role = 'issuing', encoding = 'der', published = [] } = request;
    const file = request.file ?? this.#crlFile(role);
    // Asked for before the lock is taken: a person may take minutes for a passphrase.
    await this.#key(role);
    const made = await publish(
      { file, encoding },
      [this.#crlFile(role), ...published],
      this[role],
      this.#store,
      role === 'root' ? this.paths.rootLock : this.paths.issuingLock,
      () => this.#sign(role, request),
    );
    return { ...made, file };
  }

  /**
   * Brings records that were restored from a backup up to what is out there. See {@link recover}.
   *
   * @throws {ModelsealError} `ERR_CRL_FOREIGN`, `ERR_CERTIFICATE_FOREIGN`, what reading the files throws
   */
  async recover(request: RecoverRequest): Promise<Recovered> {
    checkOptions('recover', request, RECOVER);
    const { crls = [], certificates = [], at } = request;
    return recover({ crls, certificates }, [this.issuing, this.root], this.#store, at);
  }

  /**
   * Takes in a certificate that a key of this authority signed, where the records do not hold it.
   *
   * @param file Name for errors.
   * @throws {ModelsealError} `ERR_CERTIFICATE_FOREIGN`
   */
  async importCertificate(certificate: Certificate, file: string, at: Date): Promise<CertificateRecord> {
    await importCertificate(certificate, file, [this.issuing, this.root], this.#store, at);
    return this.find(certificate.serialNumber);
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
    const key = role === 'issuing' ? await this.#issuingKey() : await this.#key('root');
    return answerOcsp(this[role], key, this.#store, question, validity);
  }

  /** An OCSP response about one recorded certificate, as evidence to ship along. */
  async ocspFor(record: CertificateRecord, validity: OcspValidity): Promise<SignedOcsp> {
    checkOptions('ocspFor', validity, OCSP);
    const { subject: name, spki } = this[record.issuer].certificate;
    const id = certIdFor({ name, spki }, Buffer.from(record.serial, 'hex'));
    return this.answerOcsp(encodeOcspRequest([id]), record.issuer, validity);
  }

  /** A page of certificates, newest first. */
  async list(filter: ListFilter = {}): Promise<CertificatePage> {
    checkOptions('list', filter, LIST);
    const { identity } = filter;
    return this.#store.list({ ...filter, identity: identity && parseIdentity(identity) });
  }

  /** All certificates, newest first, however many they are. */
  all(filter: Omit<ListFilter, 'limit' | 'after'> = {}): AsyncIterable<CertificateRecord> {
    checkOptions('all', filter, ALL);
    return this.#pages(filter);
  }

  async *#pages(filter: ListFilter): AsyncGenerator<CertificateRecord> {
    let after: string | undefined;
    do {
      const page: CertificatePage = await this.list({ ...filter, after });
      yield* page.records;
      after = page.next;
    } while (after !== undefined);
  }

  /** Which lists are out of date, or will be soon: when less than a fifth of their life is left. */
  async listsDue(at: Date): Promise<readonly LastCrl[]> {
    return (await this.#store.lastCrls()).filter((list) => isListDue(list, at));
  }

  /**
   * What runs out when, and what was left undone: for the operator, and for a watchman.
   *
   * @throws {ModelsealError} `ERR_CA_DAYS`, `ERR_AUDIT_BROKEN`, `ERR_CA_DATABASE…`
   * @example (await authority.status({ at: new Date() })).verdict // 'fine' or 'due'
   */
  async status(request: StatusRequest): Promise<AuthorityStatus> {
    checkOptions('status', request, STATUS);
    const { home } = this.paths;
    return authorityStatus({ home, issuers: [this.root, this.issuing], store: this.#store }, request);
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

  /** Every key before it is certified: sound, of nobody else, not ours. */
  #requireFit(publicKey: KeyObject): Uint8Array {
    requireUnbroken(publicKey, 'the key to be certified');
    const spki = spkiOf(publicKey);
    this.#refuseOwnKey(spki);
    this.#listed ??= readBlocklists(this.#blocklists, this.paths.blocklist);
    requireUnlisted(spki, this.#listed);
    return spki;
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

  /** The issuing key for certificates and OCSP answers, which a revoked CA makes no more. */
  async #issuingKey(): Promise<SigningKey> {
    const { serialNumber, label: issuer } = this.issuing.certificate;
    if (await this.#store.isRevoked(serialNumber)) throw new ModelsealError('ERR_CA_REVOKED', { issuer });
    return this.#key('issuing');
  }

  async #openKey(role: IssuerRole): Promise<SigningKey> {
    // The one door to everything that is signed.
    this.#consistent ??= this.#store.requireConsistent();
    await this.#consistent;
    if (await this.#store.awaitsList(role)) throw new ModelsealError('ERR_CA_RESTORED', { issuer: role });
    const file = this.#keyFiles[role];
    const { certificate } = this[role];
    if (!existsSync(file)) throw new ModelsealError('ERR_CA_KEY_ABSENT', { role, file });
    const key = signingKey(await readPrivateKey(file, this.#ask));
    if (publicKeyFingerprint(key.publicKey) !== publicKeyFingerprint(certificate.publicKey())) {
      throw new ModelsealError('ERR_CA_KEY_MISMATCH', { file, certificate: certificate.label });
    }
    return key;
  }

  async #sign(role: IssuerRole, { at, days }: CrlOrder): Promise<IssuedCrl> {
    this[role].requireValid(at);
    const fallback = role === 'root' ? ROOT_CRL_DAYS : this.profile.crlDays;
    return issueCrl(this[role], await this.#key(role), this.#store, { at, days: days ?? fallback });
  }

  #crlFile(role: IssuerRole): string {
    return role === 'root' ? this.paths.rootCrl : this.paths.issuingCrl;
  }

  #find(serials: readonly string[]): Promise<CertificateRecord[]> {
    return Promise.all(serials.map((serial) => this.find(serial)));
  }
}

/** @throws {ModelsealError} `ERR_REVOCATION_DATE` */
function revocationOf({ at, reason, invalidityDate }: RevocationOrder): Revocation {
  const revocation = {
    revokedAt: wholeSeconds(at),
    reason,
    invalidityDate: invalidityDate && wholeSeconds(invalidityDate),
  };
  if (revocation.invalidityDate !== undefined && revocation.invalidityDate > revocation.revokedAt) {
    throw new ModelsealError('ERR_REVOCATION_DATE', {
      value: revocation.invalidityDate.toISOString(),
      problem: 'it lies in the future',
    });
  }
  return revocation;
}

/** @throws {ModelsealError} `ERR_USAGE` for a request that would mean everything, or a time that is none */
function selectionOf({ identity, since, until, profile }: RevokeAllRequest): Selection {
  const given = [identity, since, until, profile].filter((value) => value !== undefined);
  const problem = given.some((value) => value instanceof Date && Number.isNaN(value.getTime()))
    ? 'the time of issuance is not a time'
    : given.length === 0
      ? 'say which certificates are meant: by identity, time of issuance or profile'
      : undefined;
  if (problem !== undefined) throw new ModelsealError('ERR_USAGE', { problem });
  return { identity: identity && parseIdentity(identity), since, until, profile };
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
