import { existsSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { MAX_BUNDLE_BYTES, UnverifiedBundle } from '../../core/bundle/index.js';
import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import { readBounded } from '../../core/files.js';
import { ReportBuilder } from '../../core/report/index.js';
import { acceptSigner } from '../pipeline/accept-signer.js';
import type { VerifyOptions } from '../pipeline/options.js';
import type { VerifiedManifest } from '../pipeline/verified-manifest.js';
import { VerifiedPayload } from '../pipeline/verified-payload.js';
import { TrustPolicy } from '../policy/policy.js';
import { unmet } from './demand.js';
import { VerifiedAttestation } from './verified-attestation.js';

/** Files that are read for one model; more are not known to be in use. */
export const MAX_ATTESTATIONS = 64;

interface Source {
  readonly file: string;
  readonly bytes: () => Uint8Array;
}

/**
 * Judges the attestations of a model by the trust that its signature is judged by, or by the identities named as
 * attesters, and holds them against what is demanded. One that does not count is named and changes nothing, as anybody
 * can add one; one by an accepted scanner that found something refuses wherever a scan is demanded.
 *
 * @param manifest Of the model: its signed tree digest, to which the files are held afterwards, is what attestations are
 *   about.
 * @throws {ModelsealError} `ERR_ATTESTATION_MISSING`, `ERR_ATTESTATION_TREE`, `ERR_ATTESTATION_SCAN`
 */
export async function judgeAttestations(
  path: string,
  manifest: VerifiedManifest,
  options: VerifyOptions,
  policy: TrustPolicy,
  report: ReportBuilder,
): Promise<readonly VerifiedAttestation[]> {
  const { requireAttestations: demands = [], at } = options;
  const sources = sourcesOf(path, options);
  if (sources.length === 0 && demands.length === 0) return [];
  const { treeDigest } = manifest;
  if (treeDigest === undefined) throw new ModelsealError('ERR_ATTESTATION_TREE', {});
  const verified: VerifiedAttestation[] = [];
  const problems: string[] = [];
  const attesters = attesterPolicy(options, policy);
  for (const { file, bytes } of sources) {
    try {
      const read = bytes();
      const bundle = UnverifiedBundle.parse(read);
      const signer = await acceptSigner(bundle, options, attesters, new ReportBuilder(file, at));
      const found = VerifiedAttestation.from(VerifiedPayload.from(bundle, signer), treeDigest, read);
      options.scopes?.require(signer.presented.chain.at(-1), manifest.manifest.modelName);
      verified.push(found);
      report.passed('attestation', `${found.attestation.type} by ${signer.label}, in ${file}`);
    } catch (error) {
      if (!isModelsealError(error) || error.kind !== 'refused') throw error;
      problems.push(`${file}: ${error.message}`);
      report.warning('attestation', `${file} does not count: ${error.message} [${error.code}]`);
    }
  }
  for (const demand of demands) {
    const { type } = demand;
    const fitting = verified.filter(({ attestation }) => attestation.type === type);
    const threat = fitting.find(
      ({ attestation: { predicate } }) => type === 'scan' && predicate.verdict === 'threat',
    );
    if (threat) throw new ModelsealError('ERR_ATTESTATION_SCAN', { signer: threat.signer.label });
    const why = fitting.map(({ attestation }) => unmet(attestation, demand, at));
    if (!why.includes(undefined))
      throw new ModelsealError('ERR_ATTESTATION_MISSING', {
        type,
        problems: [...why.flatMap((problem) => problem ?? []), ...problems],
      });
  }
  return verified;
}

/** Those that were named, those of a pack, or those that lie beside the model under the names of what is demanded. */
function sourcesOf(path: string, options: VerifyOptions): Source[] {
  const { attestations, pack, requireAttestations = [] } = options;
  const packed = (pack?.attestations ?? []).map((bytes, i) => ({
    file: `attestation ${i + 1} of ${pack?.file}`,
    bytes: () => bytes,
  }));
  const named = attestations ?? (pack ? [] : besideModel(path, requireAttestations));
  const sources = [...packed, ...named.map(fileSource)];
  if (sources.length > MAX_ATTESTATIONS) {
    const problem = `${sources.length} attestations are more than the ${MAX_ATTESTATIONS} that are read`;
    throw new ModelsealError('ERR_USAGE', { problem });
  }
  return sources;
}

function besideModel(path: string, demands: NonNullable<VerifyOptions['requireAttestations']>): string[] {
  if (!existsSync(path)) return [];
  const real = realpathSync.native(resolve(path));
  const names = demands.map(({ type }) => `${real}.${type}.attestation.json`);
  return [...new Set(names)].filter((file) => existsSync(file));
}

const fileSource = (file: string): Source => ({
  file,
  bytes: () => readBounded(file, 'attestation', MAX_BUNDLE_BYTES),
});

/** Who attests need not be who signs: a scanner has an identity of its own. What else the policy demands stays. */
function attesterPolicy({ attesters }: VerifyOptions, policy: TrustPolicy): TrustPolicy {
  if (attesters === undefined) return policy;
  const { revocation, signatures, legacy } = policy;
  const demands = TrustPolicy.of({ revocation, signatures, legacy });
  return TrustPolicy.accepting(attesters.map((identity) => ({ identity }))).and(demands);
}
