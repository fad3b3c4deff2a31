import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { isModelsealError } from '../../core/errors/index.js';
import { makeFolders, readBounded, writeAtomic } from '../../core/files.js';
import { CertificateList, MAX_CRL_BYTES } from '../../core/x509/crl.js';
import { MAX_CLOCK_SKEW_MS } from './limits.js';

/**
 * A cached list is asked for again after a day even where its nextUpdate lies further away: a CA publishes early when
 * something was revoked, and some lists live for a year.
 */
export const MAX_CACHE_AGE_MS = 24 * 60 * 60 * 1000;

/** An index entry is one line: digest and time. */
const MAX_INDEX_BYTES = 256;
const INDEX = /^([0-9a-f]{64}) (\d{1,15})\n$/;

/** A list from the cache. */
export interface CachedCrl {
  readonly der: Uint8Array;
  /** Whether it can be used without asking; else only where asking fails. */
  readonly fresh: boolean;
}

/**
 * CRLs by the SHA-256 of their bytes, and for each address the digest of the list last fetched from it. Everything
 * read is checked against its digest; nothing in the folder is trusted, since every list is verified by its signature.
 */
export class CrlCache {
  readonly #folder: string;

  /** @param folder Created when something is first stored. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The list of an address that is current at `at`; undefined where there is none, or it is damaged. */
  get(url: string, at: Date): CachedCrl | undefined {
    try {
      const entry = INDEX.exec(
        Buffer.from(readBounded(this.#index(url), 'cache entry', MAX_INDEX_BYTES)).toString(),
      );
      const digest = entry?.[1];
      if (digest === undefined) return undefined;
      const der = readBounded(this.#object(digest), 'cached CRL', MAX_CRL_BYTES);
      if (sha256(der) !== digest) return undefined;
      const list = CertificateList.decode(der);
      const now = at.getTime();
      if (list.nextUpdate.getTime() < now || list.thisUpdate.getTime() > now + MAX_CLOCK_SKEW_MS)
        return undefined;
      const age = now - Number(entry?.[2]);
      return { der, fresh: age >= 0 && age <= MAX_CACHE_AGE_MS };
    } catch (error) {
      // A cache that cannot be read is a cache that has nothing.
      if (isModelsealError(error)) return undefined;
      throw error;
    }
  }

  /** @throws {ModelsealError} `ERR_FILE_UNWRITABLE` */
  put(url: string, der: Uint8Array, at: Date): void {
    const digest = sha256(der);
    makeFolders(this.#folder, 0o755);
    writeAtomic(this.#object(digest), der, { overwrite: true });
    writeAtomic(this.#index(url), `${digest} ${at.getTime()}\n`, { overwrite: true });
  }

  #index(url: string): string {
    return join(this.#folder, `${sha256(Buffer.from(url))}.url`);
  }

  #object(digest: string): string {
    return join(this.#folder, `${digest}.crl`);
  }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
