import { createHash } from 'node:crypto';
import { der, Tag } from '../der/index.js';
import { ModelsealError } from '../errors/index.js';
import type { AlgorithmIdentifier } from '../x509/algorithm.js';

/** Hash functions by what node:crypto calls them. SHA-1 is known for the identifiers of RFC 2634 and for nothing else. */
export type DigestName = 'sha1' | 'sha256' | 'sha384' | 'sha512';

const OIDS: { readonly [H in DigestName]: string } = {
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
};

/** Every one that may hold up a signature or an imprint. */
export const STRONG_DIGESTS: readonly DigestName[] = ['sha256', 'sha384', 'sha512'];

/**
 * The hash that an AlgorithmIdentifier names; its parameters are absent or NULL (RFC 5754 §2).
 *
 * @throws {ModelsealError} `ERR_CMS_DIGEST`
 */
export function digestName(identifier: AlgorithmIdentifier): DigestName {
  const { oid, parameters } = identifier;
  const plain = parameters === undefined || (parameters.length === 2 && parameters[0] === Tag.NULL);
  const name = (Object.keys(OIDS) as DigestName[]).find((hash) => OIDS[hash] === oid);
  if (!name || !plain) throw new ModelsealError('ERR_CMS_DIGEST', { algorithm: oid });
  return name;
}

/** DER of the AlgorithmIdentifier, without parameters (RFC 5754 §2). */
export const digestIdentifier = (name: DigestName): Uint8Array => der.sequence(der.oid(OIDS[name]));

export const digestOf = (name: DigestName, bytes: Uint8Array): Uint8Array =>
  new Uint8Array(createHash(name).update(bytes).digest());
