import { randomBytes } from 'node:crypto';
import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import {
  fetchBytes,
  type HttpBody,
  type HttpOptions,
  type Resolve,
  systemResolve,
} from '../../core/http/index.js';
import { checkOptions, is, type OptionTable } from '../../core/options.js';
import { decodePemOrDer } from '../../core/pem.js';
import { CertificateList } from '../../core/x509/crl.js';
import type { Certificate } from '../../core/x509/index.js';
import { certIdFor, encodeOcspRequest, MAX_OCSP_BYTES } from '../../core/x509/ocsp.js';
import type { ValidatedPath } from '../path/index.js';
import { crlAddresses, deltaAddresses, ocspAddresses } from './addresses.js';
import { EvidenceBuilder, type RevocationEvidence } from './evidence.js';
import { CrlCache } from './fetch-cache.js';
import { anchorSigner, certificateSigner, EvidenceSignatures, type Signer } from './signers.js';

/** Long enough for a large CRL over a slow line; several addresses are asked at the same time. */
export const DEFAULT_TIMEOUT_MS = 15_000;

/** Addresses asked for one path. A path of ten certificates with OCSP, CRL and delta names thirty. */
export const MAX_ADDRESSES = 64;

/** A list for a million certificates has 40 MB; larger ones can be given as files. */
export const DEFAULT_MAX_CRL_BYTES = 64 * 1024 * 1024;

/** What one path may make us take in altogether; after that nothing more is asked. */
const MAX_TOTAL_BYTES = 256 * 1024 * 1024;

/** Addresses asked at the same time: bounds memory as well as connections. */
const PARALLEL = 4;

/** RFC 9654 §2.1: at least 32 octets, which older responders (RFC 8954) still take. */
const NONCE_OCTETS = 32;

/** What may be fetched, and how. */
export interface FetchOptions {
  /** Time of verification: decides what of the cache is current. */
  readonly at: Date;
  /** For each address. */
  readonly timeoutMs?: number | undefined;
  readonly maxCrlBytes?: number | undefined;
  readonly maxOcspBytes?: number | undefined;
  /** Private, loopback and link-local addresses are refused unless this is set. */
  readonly allowPrivate?: boolean | undefined;
  /** Folder for fetched CRLs; nothing is kept without one. */
  readonly cache?: string | undefined;
  /** What to fetch; both unless told. */
  readonly kinds?: readonly ('crl' | 'ocsp')[] | undefined;
  readonly resolve?: Resolve | undefined;
}

const FETCH: OptionTable<FetchOptions> = {
  at: is.time,
  timeoutMs: is.number,
  maxCrlBytes: is.number,
  maxOcspBytes: is.number,
  allowPrivate: is.flag,
  cache: is.text,
  kinds: is.list(is.one('crl', 'ocsp')),
  resolve: is.call,
};

/**
 * Fetches the CRLs and OCSP responses that the certificates of a path name, over http and https only. An address of
 * another scheme (ldap) is never asked. Only for a path that is validated already: nobody can make the verifier talk
 * to hosts of their choice with a certificate that no anchor stands behind.
 *
 * What could not be fetched is kept as rejected evidence with its cause; whether that matters is decided by the mode.
 *
 * @throws {ModelsealError} `ERR_FETCH_TOO_MANY`, `ERR_FILE_UNWRITABLE` (cache)
 * @example
 * const evidence = await fetchEvidence(path, { at: new Date() });
 */
export async function fetchEvidence(path: ValidatedPath, options: FetchOptions): Promise<RevocationEvidence> {
  checkOptions('fetchEvidence', options, FETCH);
  return new Fetcher(options, path).run(path);
}

class Fetcher {
  readonly #options: FetchOptions;
  readonly #builder = new EvidenceBuilder('fetched');
  readonly #signers: readonly Signer[];
  readonly #signatures: EvidenceSignatures;
  readonly #cache: CrlCache | undefined;
  readonly #asked = new Set<string>();
  #received = 0;

  constructor(options: FetchOptions, path: ValidatedPath) {
    this.#options = options;
    this.#signers = [...path.chain.slice(1).map(certificateSigner), anchorSigner(path.anchor)];
    this.#signatures = new EvidenceSignatures(path.algorithms);
    this.#cache = options.cache === undefined ? undefined : new CrlCache(options.cache);
  }

  async run(path: ValidatedPath): Promise<RevocationEvidence> {
    const kinds = this.#options.kinds ?? ['crl', 'ocsp'];
    const crls = kinds.includes('crl') ? unique(path.chain.flatMap(crlAddresses)) : [];
    const ocsp = kinds.includes('ocsp')
      ? path.chain.flatMap((certificate, i) => {
          const spki = path.chain[i + 1]?.spki ?? path.anchor.spki;
          return unique(ocspAddresses(certificate)).map((url) => ({ url, certificate, spki }));
        })
      : [];
    const count = crls.length + ocsp.length;
    if (count > MAX_ADDRESSES) {
      throw new ModelsealError('ERR_FETCH_TOO_MANY', { count, limit: MAX_ADDRESSES });
    }
    const jobs = [
      ...ocsp.map((ask) => () => this.#ocsp(ask.url, ask.certificate, ask.spki)),
      ...crls.map((url) => () => this.#crl(url, true)),
    ];
    const worker = async (): Promise<void> => {
      for (let job = jobs.shift(); job; job = jobs.shift()) await job();
    };
    await Promise.all(Array.from({ length: PARALLEL }, worker));
    return this.#builder.build();
  }

  /** Fetches within what is left of the bytes that one path may cost. */
  async #fetch(url: string, limit: number, body?: HttpBody): Promise<Uint8Array> {
    const left = MAX_TOTAL_BYTES - this.#received;
    if (left <= 0) throw new ModelsealError('ERR_FETCH_TOO_LARGE', { url, limit: MAX_TOTAL_BYTES });
    const bytes = await fetchBytes(url, this.#http(Math.min(limit, left)), body);
    this.#received += bytes.length;
    return bytes;
  }

  async #ocsp(url: string, certificate: Certificate, spki: Uint8Array): Promise<void> {
    const nonce = randomBytes(NONCE_OCTETS);
    const certId = certIdFor({ name: certificate.issuer, spki }, certificate.serialBytes);
    const body = { type: 'application/ocsp-request', bytes: encodeOcspRequest([certId], nonce) };
    const limit = this.#options.maxOcspBytes ?? MAX_OCSP_BYTES;
    await this.#attempt(url, async () => {
      this.#builder.ocsp(await this.#fetch(url, limit, body), url, nonce);
    });
  }

  /** @param deltas Whether to fetch the delta CRLs that the list points to as well. */
  async #crl(url: string, deltas: boolean): Promise<void> {
    if (this.#asked.has(url) || this.#asked.size >= MAX_ADDRESSES) return;
    this.#asked.add(url);
    await this.#attempt(url, async () => {
      for (const der of await this.#lists(url)) {
        this.#builder.crl(der, url);
        if (!deltas) continue;
        for (const address of deltasOf(der)) await this.#crl(address, false);
      }
    });
  }

  async #lists(url: string): Promise<readonly Uint8Array[]> {
    const { at, maxCrlBytes } = this.#options;
    const found = this.#cache?.get(url, at);
    const cached = found && this.#accepted(found.der) ? found : undefined;
    if (cached?.fresh) return [cached.der];
    let lists: readonly Uint8Array[];
    try {
      const bytes = await this.#fetch(url, maxCrlBytes ?? DEFAULT_MAX_CRL_BYTES);
      lists = decodePemOrDer(bytes, 'X509 CRL', url);
    } catch (error) {
      if (!cached || !isModelsealError(error)) throw error;
      return [cached.der];
    }
    const [only] = lists;
    // An address holds one list (RFC 5280 §4.2.1.13). Only one that a CA of the path signed is kept: a forged answer must
    // not count as asked for a day. An older one than is known does not take its place, nor hide it.
    if (!only || lists.length > 1 || !this.#accepted(only)) return cached ? [...lists, cached.der] : lists;
    if (cached && isOlder(only, cached.der)) return [cached.der];
    this.#cache?.put(url, only, at);
    return lists;
  }

  /** Whether the list is signed by a CA of the path, under its own name. */
  #accepted(der: Uint8Array): boolean {
    try {
      const list = CertificateList.decode(der);
      return this.#signers.some(
        (signer) => signer.name.equals(list.issuer) && this.#signatures.fits(list, signer, 'a fetched CRL'),
      );
    } catch (error) {
      if (isModelsealError(error)) return false;
      throw error;
    }
  }

  async #attempt(url: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isModelsealError(error) || error.code === 'ERR_FILE_UNWRITABLE') throw error;
      this.#builder.rejected(url, error);
    }
  }

  #http(maxBytes: number): HttpOptions {
    return {
      timeoutMs: this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      maxBytes,
      allowPrivate: this.#options.allowPrivate ?? false,
      resolve: this.#options.resolve ?? systemResolve,
    };
  }
}

const isOlder = (a: Uint8Array, b: Uint8Array): boolean =>
  CertificateList.decode(a).thisUpdate < CertificateList.decode(b).thisUpdate;

const unique = (list: readonly string[]): string[] => [...new Set(list)];

function deltasOf(der: Uint8Array): string[] {
  return decodes(der) ? deltaAddresses(CertificateList.decode(der).freshestCrl) : [];
}

function decodes(der: Uint8Array): boolean {
  try {
    CertificateList.decode(der);
    return true;
  } catch (error) {
    if (isModelsealError(error)) return false;
    throw error;
  }
}
