import { createHash } from 'node:crypto';
import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import { fetchBytes, systemResolve } from '../../core/http/index.js';
import { checkOptions, is, type OptionTable } from '../../core/options.js';
import { decodePemOrDer } from '../../core/pem.js';
import { CertificateList } from '../../core/x509/crl.js';
import { type Certificate, isoTime } from '../../core/x509/index.js';
import { DEFAULT_ALGORITHM_POLICY } from '../path/algorithm-policy.js';
import { findPath, TrustAnchors } from '../path/index.js';
import { DEFAULT_MAX_CRL_BYTES, DEFAULT_TIMEOUT_MS, fetchEvidence } from '../revocation/fetch.js';
import { certificateSigner, EvidenceSignatures } from '../revocation/signers.js';
import type { AnchorEntry } from './entry.js';
import type { TrustStore } from './store.js';

export interface RefreshOptions {
  readonly at: Date;
  /** Anchors to refresh; all without it. */
  readonly names?: readonly string[] | undefined;
  /** Says what runs out within so many days. */
  readonly warnDays?: number | undefined;
  /** Whether private and loopback addresses may be asked. */
  readonly allowPrivate?: boolean | undefined;
  readonly timeoutMs?: number | undefined;
}

const REFRESH: OptionTable<RefreshOptions> = {
  at: is.time,
  names: is.list(is.text),
  warnDays: is.number,
  allowPrivate: is.flag,
  timeoutMs: is.number,
};

/** A month is time enough to act. */
const DEFAULT_WARN_DAYS = 30;
const DAY_MS = 86_400_000;

/** What became of one anchor. */
export interface RefreshedAnchor {
  readonly name: string;
  readonly crls: number;
  readonly ocsp: number;
  /** What somebody has to look at; none where all is well. */
  readonly problems: readonly string[];
}

/**
 * Fetches the lists and answers of a store's anchors: CRLs of the addresses in its settings, and CRLs and OCSP responses
 * of those that its intermediate certificates name. What cannot be had, or is not signed by a certificate of the anchor,
 * leaves what was there before.
 * @example
 * const refreshed = await refreshStore(TrustStore.at('trust'), { at: new Date() });
 */
export async function refreshStore(store: TrustStore, options: RefreshOptions): Promise<RefreshedAnchor[]> {
  checkOptions('refreshStore', options, REFRESH);
  const done: RefreshedAnchor[] = [];
  for (const entry of store.entries(options.names)) done.push(await new Refresh(entry, options).run(store));
  return done;
}

class Refresh {
  readonly #entry: AnchorEntry;
  readonly #options: RefreshOptions;
  readonly #problems: string[] = [];
  readonly #signatures = new EvidenceSignatures(DEFAULT_ALGORITHM_POLICY);
  /** Newest list of each issuer, key and distribution point. */
  readonly #lists = new Map<string, CertificateList>();
  readonly #answers = new Map<string, Uint8Array>();

  constructor(entry: AnchorEntry, options: RefreshOptions) {
    this.#entry = entry;
    this.#options = options;
  }

  async run(store: TrustStore): Promise<RefreshedAnchor> {
    const { name, crls, crl } = this.#entry;
    for (const der of crls) this.#attempt('a stored CRL', () => this.#list(der));
    for (const url of crl) await this.#fetch(url);
    for (const certificate of this.#entry.intermediates) await this.#ask(certificate);
    const lists = [...this.#lists].map(([key, list]) => [key, list.raw] as const);
    store.keep(name, 'crl', new Map(lists));
    // Answers are of the moment; where none came, the old ones are kept until they are stale of themselves.
    if (this.#answers.size > 0) store.keep(name, 'ocsp', this.#answers);
    this.#warn();
    return {
      name,
      crls: this.#lists.size,
      ocsp: this.#answers.size || this.#entry.ocsp.length,
      problems: this.#problems,
    };
  }

  async #fetch(url: string): Promise<void> {
    const { allowPrivate = false, timeoutMs = DEFAULT_TIMEOUT_MS } = this.#options;
    try {
      const http = { timeoutMs, maxBytes: DEFAULT_MAX_CRL_BYTES, allowPrivate, resolve: systemResolve };
      const bytes = await fetchBytes(url, http);
      for (const der of decodePemOrDer(bytes, ['X509 CRL', 'CRL'], url))
        this.#attempt(url, () => this.#list(der));
    } catch (error) {
      if (!isModelsealError(error)) throw error;
      this.#problems.push(error.message);
    }
  }

  /** Lists and answers about an intermediate certificate, at the addresses that it names. */
  async #ask(certificate: Certificate): Promise<void> {
    const { at, allowPrivate, timeoutMs } = this.#options;
    const { certificates, intermediates } = this.#entry;
    try {
      const anchors = TrustAnchors.from(certificates);
      const path = findPath(certificate, { anchors, intermediates, at, purpose: 'any' });
      const evidence = await fetchEvidence(path, { at, allowPrivate, timeoutMs });
      for (const { list, source } of evidence.crls) this.#attempt(source, () => this.#list(list.raw));
      for (const { response } of evidence.ocsp) this.#answers.set(response.fingerprint, response.raw);
      for (const { error } of evidence.rejected) this.#problems.push(error.message);
    } catch (error) {
      if (!isModelsealError(error)) throw error;
      this.#problems.push(error.message);
    }
  }

  #attempt(source: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!isModelsealError(error)) throw error;
      this.#problems.push(`${source}: ${error.message}`);
    }
  }

  /** Keeps a list that a certificate of the anchor signed, unless a newer one is known. */
  #list(der: Uint8Array): void {
    const list = CertificateList.decode(der);
    const issuer = list.issuer.toString();
    const signers = [...this.#entry.certificates, ...this.#entry.intermediates]
      .filter((certificate) => certificate.subject.equals(list.issuer))
      .map(certificateSigner);
    if (signers.length === 0) throw new ModelsealError('ERR_CRL_SIGNER_UNKNOWN', { issuer });
    const signer = signers.find((one) => this.#signatures.fits(list, one, `the CRL of ${issuer}`));
    if (!signer?.certificate) throw new ModelsealError('ERR_CRL_SIGNATURE', { issuer });
    const kind = list.isDelta ? 'delta' : 'full';
    const point = Buffer.from(list.issuingDistributionPoint?.raw ?? []).toString('base64url');
    const scope = point === '' ? '' : `-${shortHash(point)}`;
    const key = `${signer.certificate.fingerprint.slice(0, 16)}-${kind}${scope}`;
    const known = this.#lists.get(key);
    if (!known || known.thisUpdate <= list.thisUpdate) this.#lists.set(key, list);
  }

  #warn(): void {
    const { at, warnDays = DEFAULT_WARN_DAYS } = this.#options;
    const soon = new Date(at.getTime() + warnDays * DAY_MS);
    const say = (what: string, end: Date): void => {
      if (end <= soon) this.#problems.push(`${what} ${end < at ? 'ran out' : 'runs out'} on ${isoTime(end)}`);
    };
    const { certificates, intermediates } = this.#entry;
    for (const { label, notAfter } of [...certificates, ...intermediates]) say(label, notAfter);
    // A list lives weeks: it is due when the next one is.
    for (const list of this.#lists.values())
      if (list.nextUpdate < at) say(`the CRL of ${list.issuer.toString()}`, list.nextUpdate);
  }
}

const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);
