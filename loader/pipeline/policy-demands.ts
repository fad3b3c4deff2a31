import { signatureHash } from '../../core/bundle/index.js';
import { ModelsealError } from '../../core/errors/index.js';
import { describeKey } from '../../core/keys/index.js';
import type { Manifest, ModelTree } from '../../core/model/index.js';
import { type Certificate, Oid, signatureAlgorithm } from '../../core/x509/index.js';
import type { Demands } from '../policy/fields.js';
import { isAccepted, promisedFormat } from '../policy/formats.js';
import { compareVersions, isVersion } from '../policy/version.js';
import { requireTrustedStorage } from '../store/storage.js';
import type { PresentedSigner } from './presented-signer.js';

// What a policy demands beyond identities, at the step that knows it. Each of these throws the first demand that is not
// met; what is only reported is run through the same functions (audit.ts).

/**
 * @throws {ModelsealError} `ERR_POLICY_TIMESTAMP`, `ERR_POLICY_EXTENDED_KEY_USAGE`, `ERR_POLICY_CERTIFICATE_POLICY`,
 *   `ERR_POLICY_KEY`, `ERR_POLICY_HASH`
 */
export function requireSigner(signer: PresentedSigner, demands: Demands): void {
  const { timestamp, extendedKeyUsages, certificatePolicies } = demands;
  const [leaf] = signer.chain;
  if (timestamp === 'require' && !signer.provenTime)
    throw new ModelsealError('ERR_POLICY_TIMESTAMP', { signer: signer.label });
  const named = leaf?.extKeyUsage ?? [];
  const missing = (extendedKeyUsages ?? []).filter((oid) => !named.includes(oid));
  if (missing.length > 0)
    throw new ModelsealError('ERR_POLICY_EXTENDED_KEY_USAGE', { certificate: signer.label, missing });
  const { policies } = signer;
  // A path under any policy is under each (RFC 5280 §6.1.5 (g)).
  const under = (oid: string): boolean => policies.includes(oid) || policies.includes(Oid.anyPolicy);
  if (certificatePolicies && !certificatePolicies.some(under)) {
    const details = { certificate: signer.label, found: policies, accepted: certificatePolicies };
    throw new ModelsealError('ERR_POLICY_CERTIFICATE_POLICY', details);
  }
  requireKeys(signer, demands);
  requireHashes(signer, demands);
}

function requireKeys({ chain, publicKey, label }: PresentedSigner, { minRsaBits, minEcBits }: Demands): void {
  const keys = [
    { certificate: label, key: publicKey },
    ...chain.slice(1).map((ca) => ({ certificate: ca.label, key: ca.publicKey() })),
  ];
  for (const { certificate, key } of keys) {
    const rsa = key.asymmetricKeyType?.startsWith('rsa') ?? false;
    const floor = rsa ? minRsaBits : minEcBits;
    if (floor === undefined || keyBits(key) >= floor) continue;
    throw new ModelsealError('ERR_POLICY_KEY', { certificate, key: describeKey(key), floor });
  }
}

const CURVE_BITS: Readonly<Record<string, number>> = { prime256v1: 256, secp384r1: 384, secp521r1: 521 };

/** Bits of the modulus, or of the field of the curve; none for a key of another kind. */
function keyBits({ asymmetricKeyType, asymmetricKeyDetails }: PresentedSigner['publicKey']): number {
  if (asymmetricKeyType?.startsWith('rsa')) return asymmetricKeyDetails?.modulusLength ?? 0;
  if (asymmetricKeyType === 'ed25519') return 256;
  return CURVE_BITS[asymmetricKeyDetails?.namedCurve ?? ''] ?? 0;
}

function requireHashes({ chain, publicKey, label }: PresentedSigner, { minHashBits: floor }: Demands): void {
  if (floor === undefined) return;
  const accepted = [`${floor} bits and more`];
  const hash = signatureHash(publicKey);
  if (bitsOf(hash ?? '') < floor)
    throw new ModelsealError('ERR_POLICY_HASH', {
      what: `the signature of ${label}`,
      hash: hash ?? 'an unknown hash',
      accepted,
    });
  // The signature of the anchor proves nothing: it is trusted for itself.
  for (const certificate of chain.slice(0, -1)) {
    const { name } = signatureAlgorithm(certificate.signatureAlgorithm);
    if (bitsOf(name) < floor)
      throw new ModelsealError('ERR_POLICY_HASH', { what: nameOf(certificate), hash: name, accepted });
  }
}

const nameOf = ({ label }: Certificate): string => `the certificate of ${label}`;

/** Of `sha384`, `sha256WithRSA`, `RSASSA-PSS SHA-512`; Ed25519 has SHA-512 inside. */
function bitsOf(algorithm: string): number {
  if (algorithm === 'Ed25519') return 512;
  return Number(/sha-?(256|384|512)/i.exec(algorithm)?.[1] ?? 0);
}

/**
 * @param annotations Signed metadata of the model.
 * @throws {ModelsealError} `ERR_POLICY_HASH`, `ERR_POLICY_LIMIT`, `ERR_POLICY_FORMAT`, `ERR_MODEL_VERSION`,
 *   `ERR_MODEL_ROLLBACK`
 */
export function requireManifest(
  manifest: Manifest,
  annotations: Readonly<Record<string, unknown>> | undefined,
  { hashes, maxFiles, formats, minimumVersion: minimum }: Demands,
): void {
  const { modelName: model, hashType: hash } = manifest;
  if (hashes && !hashes.includes(hash))
    throw new ModelsealError('ERR_POLICY_HASH', { what: 'the manifest', hash, accepted: hashes });
  const files = manifest.files();
  if (maxFiles !== undefined && files.length > maxFiles)
    throw new ModelsealError('ERR_POLICY_LIMIT', { what: 'files', found: files.length, limit: maxFiles });
  if (formats)
    requireFormats(
      files.map((file) => [file === '.' ? model : file, promisedFormat(file === '.' ? model : file)]),
      formats,
    );
  if (minimum === undefined) return;
  const said = annotations?.modelVersion;
  if (typeof said !== 'string' || !isVersion(said)) {
    const version = typeof said === 'string' ? `"${said.slice(0, 100)}"` : 'nothing';
    throw new ModelsealError('ERR_MODEL_VERSION', { model, version, minimum });
  }
  // Written so that versions which cannot be compared refuse.
  if (!((compareVersions(said, minimum) ?? -1) >= 0))
    throw new ModelsealError('ERR_MODEL_ROLLBACK', { model, version: said, minimum });
}

/**
 * @param found Files with their formats.
 * @throws {ModelsealError} `ERR_POLICY_FORMAT`
 */
export function requireFormats(
  found: readonly (readonly [file: string, format: string | undefined])[],
  accepted: readonly string[],
): void {
  const files = found.flatMap(([file, format]) =>
    format === undefined || isAccepted(format, accepted) ? [] : [`${file} (${format})`],
  );
  if (files.length > 0) throw new ModelsealError('ERR_POLICY_FORMAT', { files, accepted });
}

/**
 * @param left Paths that somebody wants to be left out.
 * @throws {ModelsealError} `ERR_STORAGE_UNTRUSTED`, `ERR_POLICY_LIMIT`, `ERR_POLICY_IGNORED`
 */
export function requireListing(tree: ModelTree, left: readonly string[], demands: Demands): void {
  for (const folders of demands.storage ?? []) requireTrustedStorage(tree.root, folders);
  requireSizes(tree.files, left, demands);
}

/**
 * The same of a model in a registry, which lies in no folder.
 *
 * @throws {ModelsealError} as {@link requireListing}
 */
export function requireLayers(
  reference: string,
  files: readonly { readonly size: number }[],
  left: readonly string[],
  demands: Demands,
): void {
  if (demands.storage)
    throw new ModelsealError('ERR_STORAGE_UNTRUSTED', { path: reference, resolved: 'a registry' });
  requireSizes(files, left, demands);
}

function requireSizes(
  files: readonly { readonly size: number }[],
  left: readonly string[],
  { maxBytes, ignorePaths }: Demands,
): void {
  if (maxBytes !== undefined) {
    const found = files.reduce((sum, { size }) => sum + size, 0);
    if (found > maxBytes)
      throw new ModelsealError('ERR_POLICY_LIMIT', { what: 'bytes', found, limit: maxBytes });
  }
  const what = ignorePaths ? left.filter((path) => !ignorePaths.includes(path)) : [];
  if (what.length > 0) throw new ModelsealError('ERR_POLICY_IGNORED', { what, accepted: ignorePaths ?? [] });
}
