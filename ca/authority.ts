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
import { crossCertify } from './cross.js';
import { DeveloperTemplate } from './developer.js';
import { certificatePem } from './encode/certificate.js';
import { encodeRevokedEntry } from './encode/crl.js';
import { subjectText } from './encode/name.js';
import { spkiFingerprint, spkiOf } from './encode/spki.js';
import { type HomePaths, homePaths, issuerPaths } from './home.js';
import { checkIdentities } from './identity.js';
import { Issuer } from './issuer.js';
import { answerOcsp, type SignedOcsp } from './ocsp.js';
import { Profile, type ProfileOptions, ROOT_CRL_DAYS, wholeSeconds } from './profile.js';
import { publish, requireRecorded } from './publish.js';
import { OFFERED_REASONS, type OfferedReason } from './reasons.js';
import { importCertificate, type Recovered, recover } from './recover.js';
import { type AuthorityStatus, authorityStatus, isListDue, type StatusRequest } from './status.js';
import { issuingIds, makeSuccessor, type Rollover, type RolloverRequest } from './rollover.js';
import { SqliteStore } from './store/sqlite-store.js';
import {
  type CaStore,
  type CertificatePage,
  type CertificateRecord,
  type CertificateState,
  type IssuerId,
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

/** Which issuing CA ends, and why. */
export interface IssuingCaRevocation extends RevocationOrder {
  readonly issuer?: IssuerId | undefined;
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
  readonly issuer?: IssuerId | undefined;
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
 * @example
 * const authority = await openAuthority('authority', async (file) => passphraseOf(file));
 * await authority.close();
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
const CRL: OptionTable<CrlOrder> = { at: is.time, issuer: is.text, days: is.number };
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

const ROLLOVER: OptionTable<RolloverRequest> = { at: is.time, protection: is.anything };

/** A certificate authority that is open for work. Close it when done. */
export class Authority {
  readonly profile: Profile;
  readonly paths: HomePaths;
  readonly root: Issuer;
  #issuing: readonly Issuer[];
  readonly #store: CaStore;
  #template: DeveloperTemplate;
  readonly #ask: AskPassphrase;
  readonly #keyFiles: { readonly [R in IssuerRole]: string | undefined };
  readonly #blocklists: readonly string[];
  #listed: readonly Blocklist[] | undefined;
  readonly #keys = new Map<IssuerId, Promise<SigningKey>>();
  #consistent: Promise<void> | undefined;

  private constructor(
    paths: HomePaths,
    store: CaStore,
    issuers: { root: Issuer; issuing: readonly Issuer[] },
    ask: AskPassphrase,
    keyFiles: { readonly [R in IssuerRole]: string | undefined },
    blocklists: readonly string[],
  ) {
    this.paths = paths;
    this.#store = store;
    this.profile = Profile.parse(store.profile as ProfileOptions);
    this.root = issuers.root;
    this.#issuing = issuers.issuing;
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
    const { access, acceptClock } = options;
    const store = SqliteStore.open(database, { access, acceptClock });
    try {
      const issuers = readIssuers(home, store.activeIssuing);
      const keyFiles = { root: options.rootKey, issuing: options.issuingKey };
      return new Authority(paths, store, issuers, ask, keyFiles, options.blocklists ?? []);
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  /** The CA that issues now. */
  get issuing(): Issuer {
    return this.#issuing.at(-1) as Issuer;
  }

  /** The root, and the issuing CAs in the order in which they followed each other. */
  get issuers(): readonly Issuer[] {
    return [this.root, ...this.#issuing];
  }

  /** @throws {ModelsealError} `ERR_CA_ISSUER_UNKNOWN` */
  issuer(id: string): Issuer {
    const found = this.issuers.find((issuer) => issuer.id === id);
    if (found !== undefined) return found;
    throw new ModelsealError('ERR_CA_ISSUER_UNKNOWN', {
      issuer: id,
      known: this.issuers.map((issuer) => issuer.id),
    });
  }

  /**
   * Makes the next issuing CA under the same root, with a key of its own, and issues with it from now on. What the ones
   * before it issued stays good, and they go on signing their lists until they expire. Takes the root key.
   *
   * @throws {ModelsealError} `ERR_PASSPHRASE_WEAK`, `ERR_FILE_EXISTS`, `ERR_FILE_UNWRITABLE`, `ERR_CA_…`
   * @example await authority.rollover({ at: new Date(), protection: async () => passphrase })
   */
  async rollover(request: RolloverRequest): Promise<Rollover> {
    checkOptions('rollover', request, ROLLOVER);
    this.root.requireValid(request.at);
    const previous = this.issuing;
    const root = { issuer: this.root, signer: await this.#key('root') };
    const next = await makeSuccessor(previous, root, this.profile, this.paths.home, this.#store, request);
    this.#issuing = [...this.#issuing, next.issuer];
    this.#template = new DeveloperTemplate(this.profile, next.issuer);
    return { ...next, previous };
  }

  /**
   * Certifies the issuing CA of another authority of the same organisation by this root: see {@link crossCertify}.
   *
   * @throws {ModelsealError} `ERR_CROSS_NOT_CA`, `ERR_CROSS_DOMAINS`, `ERR_CA_OWN_KEY`, `ERR_LINT`, `ERR_CA_…`
   */
  async crossCertify(other: Certificate, at: Date): Promise<Certificate> {
    this.root.requireValid(at);
    this.#requireFit(other.publicKey());
    const root = { issuer: this.root, signer: await this.#key('root') };
    return crossCertify(other, root, this.profile, this.#store, at);
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
    const key = await this.#unrevokedKey(this.issuing);
    const issuer = this.issuing.id;
    const recorded = await RecordedCertificate.record(linted, this.#store, at, { reuseKey, issuer });
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
    if (this.#issuing.some(({ certificate }) => certificate.serialNumber === serial)) {
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
   * Revokes an issuing CA, the present one unless told: the end of everything that it issued. The root key must be at hand, and the root's list
   * is published at once. The issuing key may sign its last list afterwards, and nothing else.
   *
   * @throws {ModelsealError} as {@link revoke} and {@link publishCrl}
   */
  async revokeIssuingCa({ issuer, ...request }: IssuingCaRevocation): Promise<PublishedCrl> {
    checkOptions('revokeIssuingCa', { issuer, ...request }, { ...ORDER, issuer: is.text });
    await this.#key('root');
    const { serialNumber } = this.issuer(issuer ?? this.issuing.id).certificate;
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
    const issuer = this.issuer(request.issuer ?? this.issuing.id);
    await requireRecorded(this.#crlFile(issuer), issuer, this.#store);
    return this.#sign(issuer, request);
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
    const { encoding = 'der', published = [] } = request;
    const issuer = this.issuer(request.issuer ?? this.issuing.id);
    const file = request.file ?? this.#crlFile(issuer);
    // Asked for before the lock is taken: a person may take minutes for a passphrase.
    await this.#key(issuer.id);
    const made = await publish(
      { file, encoding },
      [this.#crlFile(issuer), ...published],
      issuer,
      this.#store,
      issuerPaths(this.paths.home, issuer.id).lock,
      () => this.#sign(issuer, request),
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
    return recover({ crls, certificates }, this.issuers, this.#store, at);
  }

  /**
   * Takes in a certificate that a key of this authority signed, where the records do not hold it.
   *
   * @param file Name for errors.
   * @throws {ModelsealError} `ERR_CERTIFICATE_FOREIGN`
   */
  async importCertificate(certificate: Certificate, file: string, at: Date): Promise<CertificateRecord> {
    await importCertificate(certificate, file, this.issuers, this.#store, at);
    return this.find(certificate.serialNumber);
  }

  /**
   * Answers an OCSP request (DER).
   *
   * @throws {ModelsealError} `ERR_DER`, `ERR_OCSP_FORMAT`, `ERR_OCSP_EXTENSION_UNKNOWN`, and what signing throws
   */
  async answerOcsp(request: Uint8Array, issuer: IssuerId, validity: OcspValidity): Promise<SignedOcsp> {
    checkOptions('answerOcsp', validity, OCSP);
    const { items, nonce } = decodeOcspRequest(request);
    const question = { certIds: items.map(({ certId }) => certId), nonce };
    const signer = this.issuer(issuer);
    return answerOcsp(signer, await this.#unrevokedKey(signer), this.#store, question, validity);
  }

  /** An OCSP response about one recorded certificate, as evidence to ship along. */
  async ocspFor(record: CertificateRecord, validity: OcspValidity): Promise<SignedOcsp> {
    checkOptions('ocspFor', validity, OCSP);
    const { subject: name, spki } = this.issuer(record.issuer).certificate;
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
    const inUse = this.#inUse(at).map(({ id }) => id);
    const lists = await this.#store.lastCrls();
    return lists.filter((list) => inUse.includes(list.issuer) && isListDue(list, at));
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
    return authorityStatus(
      { home, issuers: this.#inUse(request.at), active: this.issuing.id, store: this.#store },
      request,
    );
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
    if (record.issuer === 'root') return pem;
    return pem + certificatePem(this.issuer(record.issuer).certificate.raw);
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
    const own = this.issuers.find(({ certificate }) => sameBytes(spki, certificate.spki));
    if (own !== undefined) throw new ModelsealError('ERR_CA_OWN_KEY', { role: own.id });
  }

  #key(issuer: IssuerId): Promise<SigningKey> {
    let key = this.#keys.get(issuer);
    if (key === undefined) {
      key = this.#openKey(this.issuer(issuer));
      this.#keys.set(issuer, key);
      // A failed attempt, such as a mistyped passphrase, may be repeated.
      key.catch(() => this.#keys.delete(issuer));
    }
    return key;
  }

  /** The key of a CA for certificates and OCSP answers, which a revoked CA makes no more. */
  async #unrevokedKey({ id, certificate }: Issuer): Promise<SigningKey> {
    const { serialNumber, label: issuer } = certificate;
    if (await this.#store.isRevoked(serialNumber)) throw new ModelsealError('ERR_CA_REVOKED', { issuer });
    return this.#key(id);
  }

  async #openKey({ id, role, certificate }: Issuer): Promise<SigningKey> {
    // The one door to everything that is signed.
    this.#consistent ??= this.#store.requireConsistent();
    await this.#consistent;
    if (await this.#store.awaitsList(id)) throw new ModelsealError('ERR_CA_RESTORED', { issuer: id });
    const file = this.#keyFiles[role] ?? issuerPaths(this.paths.home, id).key;
    if (!existsSync(file)) throw new ModelsealError('ERR_CA_KEY_ABSENT', { role, file });
    const key = signingKey(await readPrivateKey(file, this.#ask));
    if (publicKeyFingerprint(key.publicKey) !== publicKeyFingerprint(certificate.publicKey())) {
      throw new ModelsealError('ERR_CA_KEY_MISMATCH', { file, certificate: certificate.label });
    }
    return key;
  }

  async #sign(issuer: Issuer, { at, days }: CrlOrder): Promise<IssuedCrl> {
    issuer.requireValid(at);
    const fallback = issuer.role === 'root' ? ROOT_CRL_DAYS : this.profile.crlDays;
    return issueCrl(issuer, await this.#key(issuer.id), this.#store, { at, days: days ?? fallback });
  }

  #crlFile({ id }: Issuer): string {
    return issuerPaths(this.paths.home, id).crl;
  }

  /** CAs that something is expected of: one that was followed by another signs lists until it expires. */
  #inUse(at: Date): readonly Issuer[] {
    return [...this.issuers].filter(
      (issuer) => issuer.role === 'root' || issuer === this.issuing || at <= issuer.certificate.notAfter,
    );
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

/** Reads the CA certificates and checks that the root issued the others. */
function readIssuers(home: string, active: IssuerId): { root: Issuer; issuing: readonly Issuer[] } {
  const one = (id: IssuerId): Issuer => {
    const file = issuerPaths(home, id).certificate;
    if (!existsSync(file)) throw new ModelsealError('ERR_CA_INCOMPLETE', { home, missing: file });
    const [certificate, ...more] = readCertificates(file, 'CA certificate');
    if (certificate === undefined || more.length > 0) {
      throw new ModelsealError('ERR_CA_FILES_DIFFER', { file, problem: 'it must hold one certificate' });
    }
    return new Issuer(id, certificate);
  };
  const root = one('root');
  const issuing = issuingIds(active).map(one);
  for (const { id, certificate } of issuing) {
    const { tbs, signature } = certificate;
    const algorithm = signatureAlgorithm(certificate.signatureAlgorithm);
    if (verifySignedData(algorithm, root.certificate.publicKey(), tbs, signature)) continue;
    throw new ModelsealError('ERR_CA_FILES_DIFFER', {
      file: issuerPaths(home, id).certificate,
      problem: `it is not signed by the key of ${issuerPaths(home, 'root').certificate}`,
    });
  }
  return { root, issuing };
}
