import { DerReader, Tag } from '../../core/der/index.js';
import { ModelsealError } from '../../core/errors/index.js';
import { type Certificate, certificateIdentities } from '../../core/x509/index.js';

/** Fulcio's extensions for the OIDC issuer: the first is raw text, the second a UTF8String. */
const ISSUER_V1 = '1.3.6.1.4.1.57264.1.1';
const ISSUER_V2 = '1.3.6.1.4.1.57264.1.8';
const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';

/** Who a Fulcio certificate says signed, and which provider vouched for it. */
export interface SigstoreIdentity {
  readonly identity: string;
  readonly provider: string;
}

/**
 * Reads identity and provider of a Fulcio certificate. One certificate names one identity; the extended key usage must
 * say code signing.
 *
 * @throws {ModelsealError} `ERR_SIGSTORE_CERTIFICATE`, `ERR_DER`
 */
export function sigstoreIdentity(leaf: Certificate): SigstoreIdentity {
  const fail = (problem: string): never => {
    throw new ModelsealError('ERR_SIGSTORE_CERTIFICATE', { problem });
  };
  if (!leaf.extKeyUsage?.includes(CODE_SIGNING)) fail('it is not for code signing');
  const names = certificateIdentities(leaf);
  const [identity] = names;
  if (identity === undefined || names.length !== 1 || leaf.subjectAltName?.length !== 1) {
    return fail('it does not name exactly one identity');
  }
  const current = leaf.extensions.get(ISSUER_V2)?.value;
  const older = leaf.extensions.get(ISSUER_V1)?.value;
  const first = older && utf8(older);
  const second = current && utf8String(current);
  const provider = second ?? first;
  if (provider === undefined) return fail('it does not name the identity provider');
  if (first !== undefined && second !== undefined && first !== second)
    fail('it names two identity providers');
  return { identity, provider };
}

/** The extension's value is one UTF8String and nothing after it. */
function utf8String(value: Uint8Array): string {
  const reader = new DerReader(value);
  const text = reader.octets('issuer', Tag.UTF8_STRING);
  reader.finish('issuer');
  return utf8(text);
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ModelsealError('ERR_SIGSTORE_CERTIFICATE', { problem: 'the provider is not UTF-8' });
  }
}
