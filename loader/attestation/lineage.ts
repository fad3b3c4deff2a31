import { baseModels } from '../../core/attestation/index.js';
import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import { ReportBuilder } from '../../core/report/index.js';
import { checkVerifyOptions, type VerifyOptions } from '../pipeline/options.js';
import { runVerification, verifyManifest } from '../pipeline/verify.js';

/** A model that verified, and the models it was made from, which did too. */
export interface Lineage {
  readonly model: string;
  readonly path: string;
  readonly treeDigest: string;
  readonly signer: string;
  /** Who says that it was made from these; undefined where nobody says anything. */
  readonly attestedBy: string | undefined;
  readonly bases: readonly Lineage[];
}

/** Fine-tunes of fine-tunes: longer lines are not known. */
const MAX_GENERATIONS = 16;
const MAX_BASES = 64;

/**
 * Verifies a model and every model that its attestations say it was made from: signature, files and attestation of each,
 * bound to each other by tree digests. The attestation of a model lies beside it, as `attestModel` writes it.
 *
 * @param bases Folders or files of the models it may have been made from.
 * @throws {ModelsealError} `ERR_LINEAGE_MISSING` for a base model that is not among them, `ERR_LINEAGE_TOO_LONG`, `ERR_LINEAGE_CIRCULAR`, and
 *   what
 *   refuses one of the models
 * @example
 * await verifyLineage('model', ['base'], { trustRoots, at: new Date() });
 */
export async function verifyLineage(
  path: string,
  bases: readonly string[],
  options: VerifyOptions,
): Promise<Lineage> {
  checkVerifyOptions('verifyLineage', options);
  if (bases.length > MAX_BASES)
    throw new ModelsealError('ERR_USAGE', { problem: `more than ${MAX_BASES} base models were named` });
  // What belongs to the first model alone.
  const { signature, pack, attestations, only, ignorePaths, report, onProgress, ...shared } = options;
  const verified = new Map<string, Promise<Lineage>>();
  const treeOf = new Map<string, string>();
  const optional: VerifyOptions = {
    ...shared,
    requireAttestations: (shared.requireAttestations ?? []).filter(({ type }) => type !== 'base-model'),
  };

  const walk = async (at: string, own: VerifyOptions, above: readonly string[]): Promise<Lineage> => {
    if (above.length >= MAX_GENERATIONS)
      throw new ModelsealError('ERR_LINEAGE_TOO_LONG', { limit: MAX_GENERATIONS });
    const { list, attested } = await withBaseModels(at, own);
    await runVerification(at, own, new ReportBuilder(at, own.at));
    const { manifest, signer, treeDigest = '' } = list.manifest;
    const said = attested.filter(({ attestation }) => attestation.type === 'base-model');
    const wanted = said.flatMap(({ attestation }) => baseModels(attestation.predicate));
    const found: Lineage[] = [];
    const line = [...above, treeDigest];
    for (const { name, treeDigest: digest } of wanted) {
      // Attestations lie beside the model, so that one could name the model itself.
      if (line.includes(digest))
        throw new ModelsealError('ERR_LINEAGE_CIRCULAR', { model: manifest.modelName, name });
      const base = await baseOf(digest);
      if (base === undefined)
        throw new ModelsealError('ERR_LINEAGE_MISSING', {
          model: manifest.modelName,
          name,
          treeDigest: digest,
        });
      const known = verified.get(base) ?? walk(base, optional, line);
      verified.set(base, known);
      found.push(await known);
    }
    return {
      model: manifest.modelName,
      path: at,
      treeDigest,
      signer: signer.label,
      attestedBy: said[0]?.signer.label,
      bases: found,
    };
  };

  /** The base with a signed tree digest; that its files are the signed ones is proven when it is walked. */
  const baseOf = async (digest: string): Promise<string | undefined> => {
    for (const base of bases) {
      if (!treeOf.has(base)) {
        const { manifest } = await verifyManifest(base, optional, new ReportBuilder(base, optional.at));
        treeOf.set(base, manifest.treeDigest ?? '');
      }
      if (treeOf.get(base) === digest) return base;
    }
    return undefined;
  };

  const first = { ...optional, signature, pack, attestations, only, ignorePaths, onProgress };
  return walk(path, first, []);
}

/** The attestations of a model, with the one about its base models where there is one. */
async function withBaseModels(
  path: string,
  options: VerifyOptions,
): Promise<{
  list: Awaited<ReturnType<typeof verifyManifest>>;
  attested: Awaited<ReturnType<typeof verifyManifest>>['attestations'];
}> {
  const demands = [...(options.requireAttestations ?? []), { type: 'base-model' } as const];
  try {
    const list = await verifyManifest(
      path,
      { ...options, requireAttestations: demands },
      new ReportBuilder(path, options.at),
    );
    return { list, attested: list.attestations };
  } catch (error) {
    // The end of the line, unless something is there that does not hold.
    const none =
      isModelsealError(error, 'ERR_ATTESTATION_MISSING') &&
      error.details.type === 'base-model' &&
      error.details.problems.length === 0;
    if (!none) throw error;
    const list = await verifyManifest(path, options, new ReportBuilder(path, options.at));
    return { list, attested: list.attestations };
  }
}
