import { ModelsealError } from '../../core/errors/index.js';
import { DEFAULT_IGNORED } from '../../core/model/index.js';
import { type Report, ReportBuilder } from '../../core/report/index.js';
import { judgeDemands } from '../pipeline/account.js';
import { requireLayers } from '../pipeline/policy-demands.js';
import type { VerifiedManifest } from '../pipeline/verified-manifest.js';
import { filesOf, type RegistryFile } from './artifact.js';
import { RegistryClient } from './client.js';
import { compareLayers, filesOfModel, saysAll } from './compare.js';
import { checkRegistryVerifyOptions, type RegistryVerifyOptions } from './options.js';
import { parseReference } from './reference.js';
import { fetchSignatures, SIGNATURE_NAMES, verifySignatures } from './signatures.js';

/** A model in a registry whose signature was accepted. */
export interface SignedArtifact {
  readonly client: RegistryClient;
  readonly verified: VerifiedManifest;
  /** The files of the model, without its signatures and what is excluded. */
  readonly files: readonly RegistryFile[];
  /** The signatures that were verified, as they were received. */
  readonly signatures: readonly Uint8Array[];
  /** By digest: what a puller must name to get what was judged. */
  readonly reference: string;
  /** Whether the layers were found to be the signed files; otherwise the files have to be hashed. */
  readonly compared: boolean;
}

/**
 * Signature, policy, and where possible the layers of an artifact, before one of them is downloaded.
 *
 * @throws {ModelsealError} The cause of the refusal
 */
export async function openArtifact(
  text: string,
  options: RegistryVerifyOptions,
  report: ReportBuilder,
): Promise<SignedArtifact> {
  const place = parseReference(text);
  if (options.only || options.signature !== undefined)
    throw new ModelsealError('ERR_USAGE', {
      problem: 'a model in a registry is verified whole, and by the signatures that lie there',
    });
  const { env, signal, ...verify } = options;
  const client = new RegistryClient(place, { env, signal });
  const { manifest, all, bundles } = await report.step('registry', async () => {
    const name = place.digest ?? place.tag ?? '';
    const received = await client.manifest(name);
    if (!received) throw new ModelsealError('ERR_REGISTRY_NOT_FOUND', { registry: place.host, what: text });
    const files = filesOf(received);
    const signatures = await fetchSignatures(client, received, files);
    if (signatures.length === 0) throw new ModelsealError('ERR_REGISTRY_UNSIGNED', { reference: text });
    return { manifest: received, all: files, bundles: signatures };
  });
  const reference = `oci://${place.host}/${place.repository}@${manifest.digest}`;
  report.artifact({ reference, digest: manifest.digest });
  const { manifest: verified, read } = await verifySignatures(text, bundles, verify, report);
  const files = filesOfModel(verified, all, options.ignorePaths);
  const { serialization } = verified.manifest;
  const { policy } = verified.signer;
  const excluded = policy.manifestIgnores === 'allow' ? serialization.ignorePaths : [];
  const usual: readonly string[] = [...SIGNATURE_NAMES, ...DEFAULT_IGNORED];
  const left = [...(options.ignorePaths ?? []), ...excluded.filter((path) => !usual.includes(path))];
  await report.step('policy', () =>
    judgeDemands(policy, report, (demands) => requireLayers(reference, files, left, demands)),
  );
  const compared = saysAll(verified);
  if (compared) compareLayers(verified, files, reference, options, report);
  return { client, verified, files, signatures: [...read.values()], reference, compared };
}

/** What the manifest of a model in a registry proves. */
export interface VerifiedArtifact {
  /** `oci://HOST/REPOSITORY@sha256:…`: what was judged, and nothing else. A tag may lead elsewhere tomorrow. */
  readonly reference: string;
  readonly files: readonly RegistryFile[];
  readonly report: Report;
}

/**
 * Verifies a model in a registry from its manifest alone, without its weights: whose signature, over files of exactly
 * these names, sizes and digests. The bytes themselves are then bound by the digest of the manifest, which whoever pulls
 * must use.
 *
 * @param text `oci://HOST/REPOSITORY:TAG` or `…@sha256:DIGEST`
 * @throws {ModelsealError} The cause of the refusal; `ERR_REGISTRY_DIGESTS` for signatures by shards or another hash
 * @example
 * const { report } = await verifyArtifact('oci://registry.example/acme/tiny:v1', { trustRoots, at: new Date(), env: process.env });
 */
export async function verifyArtifact(
  text: string,
  options: RegistryVerifyOptions,
): Promise<VerifiedArtifact> {
  checkRegistryVerifyOptions('verifyArtifact', options);
  const report = options.report ?? new ReportBuilder(text, options.at);
  const { verified, files, reference, compared } = await openArtifact(text, options, report);
  if (!compared) {
    const { serialization, hashType } = verified.manifest;
    const method = `${serialization.method} and ${hashType}`;
    const unsaid = new ModelsealError('ERR_REGISTRY_DIGESTS', { reference: text, method });
    report.failed('files', unsaid);
    throw unsaid;
  }
  report.passed('artifact', `by the manifest alone; pull exactly ${reference}`);
  return { reference, files, report: report.build() };
}
