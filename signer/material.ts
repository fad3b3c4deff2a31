import { keyHint, type Material, type StapledEvidence } from '../core/bundle/index.js';
import { ModelsealError } from '../core/errors/index.js';
import { requireStrongKey, type SigningKey } from '../core/keys/index.js';
import type { Certificate } from '../core/x509/index.js';
import { checkSigningCertificate, orderChain } from './certificates.js';

/** Who signs. */
export interface SignerMaterial {
  readonly key: SigningKey;
  readonly certificate?: Certificate | undefined;
  readonly chain?: readonly Certificate[] | undefined;
  readonly staple?: StapledEvidence | undefined;
  readonly at: Date;
}

/**
 * What verifiers get to know the signer by, after checking that it will do.
 *
 * @param warnings Gets what is no reason to refuse.
 * @throws {ModelsealError} `ERR_SIGN_*`, `ERR_KEY_*`
 */
export function materialOf(
  { key, certificate, chain = [], staple, at }: SignerMaterial,
  warnings: string[],
): Material {
  if (!certificate) {
    if (chain.length > 0) throw new ModelsealError('ERR_SIGN_CHAIN_WITHOUT_CERTIFICATE', {});
    requireStrongKey(key.publicKey, 'the signing key');
    return { keyHint: keyHint(key.publicKey) };
  }
  warnings.push(...checkSigningCertificate(certificate, key.publicKey, at));
  const ordered = [certificate, ...orderChain(certificate, chain, at)].map((c) => c.raw);
  return { chain: ordered, stapled: staple };
}
