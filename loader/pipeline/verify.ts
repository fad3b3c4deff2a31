import { existsSync } from 'node:fs';
import { furtherNames, furtherSignatures, isSignature, UnverifiedBundle } from '../../core/bundle/index.js';
import { PARALLEL_FILES, warmUp } from '../../core/digest/index.js';
import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import { type Report, ReportBuilder } from '../../core/report/index.js';
import type { VerifiedAttestation } from '../attestation/verified-attestation.js';
import type { EvidencePack } from '../evidence/pack.js';
import { TrustPolicy } from '../policy/policy.js';
import { mergeEvidence, NO_EVIDENCE } from '../revocation/evidence.js';
import {
  reportAudit,
  reportComparison,
  reportFurther,
  reportListing,
  reportManifest,
  reportPack,
  reportPayload,
  reportQuorum,
  reportRule,
  reportScope,
} from './account.js';
import { ComparedModel } from './compared-model.js';
import { ListedModel } from './listed-model.js';
import { VerifiedManifest } from './verified-manifest.js';
import { MatchedModel } from './matched-model.js';
import { checkVerifyOptions, type VerifyOptions } from './options.js';
import { VerifiedPayload } from './verified-payload.js';
import type { Vote } from './quorum.js';
import { inside, readSignature, signaturePath } from './signature-file.js';
import { acceptSigner } from './accept-signer.js';
import { auditPolicy, type ChosenPolicy, choosePolicy, narrowTrust } from './policy-choice.js';

/** A model that is what an accepted signer signed, and the account of how that was found out. */
export interface VerifiedModel {
  readonly model: MatchedModel;
  readonly report: Report;
}

/** A signature over {@link PARALLEL_FILES} names and digests has about this many bytes. */
const MANY_FILES_BYTES = PARALLEL_FILES * 200;

/**
 * Verifies a signed model: whose signature, whether over these files, whether over all of them.
 *
 * @param path Model folder or single file.
 * @throws {ModelsealError} The cause of the refusal. `options.report` then holds everything that was checked.
 * @example
 * const { report } = await verifyModel('model', {
 *   at: new Date(),
 *   trustRoots: readTrustAnchors(['root.pem']),
 *   evidence: readEvidence({ crlFiles: ['issuing.crl'] }),
 *   policy: TrustPolicy.accepting([{ identity: 'email:ada@example.org' }]),
 * });
 */
export async function verifyModel(path: string, options: VerifyOptions): Promise<VerifiedModel> {
  checkVerifyOptions('verifyModel', options);
  const report = options.report ?? new ReportBuilder(path, options.at);
  const model = await runVerification(path, options, report);
  return { model, report: report.build() };
}

/** A signed list of files, and where the signatures of the model lie. */
export interface SignedList {
  readonly manifest: VerifiedManifest;
  readonly file: string;
  /** Further signatures beside it, whether they were asked for or not. */
  readonly further: readonly string[];
  /** The signatures that were verified, by file, as they were read. */
  readonly read: ReadonlyMap<string, Uint8Array>;
  /** What accepted signers say of a model with these files. */
  readonly attestations: readonly VerifiedAttestation[];
}

/**
 * The steps of DESIGN §2 up to the signed list of files, of as many signers as the policy asks for. No file of the model
 * has been looked at yet: for callers, such as the guard, that check each file when it is used.
 *
 * @throws {ModelsealError} `ERR_THRESHOLD` where there are too few signers; else the cause of the first refusal
 */
export async function verifyManifest(
  path: string,
  options: VerifyOptions,
  report: ReportBuilder,
): Promise<SignedList> {
  const said = await report.step('trust', () => effectivePolicy(options));
  const { pack } = options;
  const sources = await report.step('bundle', () =>
    pack ? packedSources(path, pack) : filedSources(path, options.signature),
  );
  if (pack) reportPack(report, pack);
  const given = pack ? withPack(options, pack) : options;
  const chosen = await report.step('policy', () =>
    choosePolicy(path, () => sources.bytes(sources.first), said, options),
  );
  if (chosen.rule !== undefined) reportRule(report, chosen.rule);
  const judged = await report.step('trust', () => ({ ...given, ...narrowTrust(given, chosen.policy) }));
  const list = await verifyUnder(path, sources, chosen, judged, report);
  const audited = await auditPolicy(chosen.policy, async (policy) => {
    const scratch = new ReportBuilder(path, options.at);
    const own = { ...given, ...narrowTrust(given, policy) };
    const found = await verifyUnder(path, sources, { ...chosen, policy }, own, scratch);
    const { ignorePaths, only } = given;
    const { manifest, file: signatureFile, further } = found;
    // Of a model in a registry, its layers are judged instead.
    if (!existsSync(path)) return undefined;
    return ListedModel.of(manifest, path, { signatureFile, further, ignorePaths, only });
  });
  reportAudit(report, audited);
  const { attestations = [], requireAttestations = [] } = options;
  if (attestations.length + requireAttestations.length + (pack?.attestations.length ?? 0) === 0)
    return { ...list, attestations: [] };
  const found = await report.step('attestation', async () => {
    const { judgeAttestations } = await import('../attestation/judge.js');
    return judgeAttestations(path, list.manifest, judged, chosen.policy, report);
  });
  return { ...list, attestations: found };
}

/** The steps of as many signatures as a policy for this very model asks for. */
async function verifyUnder(
  path: string,
  sources: Sources,
  { policy, model }: ChosenPolicy,
  options: VerifyOptions,
  report: ReportBuilder,
): Promise<Omit<SignedList, 'attestations'>> {
  const { pack } = options;
  const { first, further, unsigned } = sources;
  const read = new Map<string, Uint8Array>();
  const verifyOne = async (file: string, into: ReportBuilder): Promise<VerifiedManifest> => {
    const bytes = await into.step('bundle', () => sources.bytes(file));
    const manifest = await verifyBundle(bytes, options, policy, into, () => read.set(file, bytes));
    requireName(model, manifest);
    return manifest;
  };
  if (policy.threshold === 1) {
    const manifest = await verifyOne(first, report);
    if (further.length > 0) reportFurther(report, further);
    return { manifest, file: pack?.file ?? first, further: unsigned, read };
  }
  const votes: Vote[] = [];
  const reports = new Map<string, Report>();
  const useless: string[] = [];
  for (const file of [first, ...further]) {
    const own = new ReportBuilder(file, options.at);
    try {
      const manifest = await verifyOne(file, own);
      const { presented } = manifest.signer;
      if (presented.identities.length === 0)
        throw new ModelsealError('ERR_SIGNER_NO_IDENTITY', {
          subject: presented.label,
          accepted: ['anybody'],
        });
      votes.push({ file, manifest, anchor: options.scopes?.nameOf(presented.chain.at(-1)) });
      reports.set(file, own.build());
    } catch (error) {
      if (!isModelsealError(error) || error.kind !== 'refused') {
        report.failed('bundle', error);
        throw error;
      }
      useless.push(`${file}: ${error.message} [${error.code}]`);
    }
  }
  return report.step('threshold', async () => {
    const { largestQuorum } = await import('./quorum.js');
    const names = [first, ...furtherNames(first)].flatMap((file) => inside(path, file) ?? []);
    const quorum = largestQuorum(votes, policy, names);
    const [chosen] = quorum;
    reportQuorum(report, quorum, reports, useless);
    if (!chosen || quorum.length < policy.threshold) {
      const signers = quorum.map(({ manifest }) => manifest.signer.label);
      const { threshold: wanted, distinctRoots } = policy;
      const found = quorum.length;
      const total = 1 + further.length;
      throw new ModelsealError('ERR_THRESHOLD', { wanted, found, total, signers, distinctRoots });
    }
    report.passed('threshold', `${quorum.length} different signers of the same files`);
    return {
      manifest: chosen.manifest,
      file: pack?.file ?? chosen.file,
      further: pack ? unsigned : [first, ...further],
      read,
    };
  });
}

/** Where the signatures come from. */
interface Sources {
  readonly first: string;
  /** Those beside it. */
  readonly further: readonly string[];
  /** Files of the model's folder that are signatures, and no part of the model. */
  readonly unsigned: readonly string[];
  readonly bytes: (file: string) => Uint8Array;
}

function filedSources(path: string, named: string | undefined): Sources {
  const first = signaturePath(path, named);
  const further = furtherSignatures(first);
  return { first, further, unsigned: further, bytes: (file) => readSignature(path, file).bytes };
}

/** The signatures of a pack, under the names that they would have beside the model. */
function packedSources(path: string, { signatures }: EvidencePack): Sources {
  const first = signaturePath(path, undefined);
  const names = [first, ...furtherNames(first)].slice(0, signatures.length);
  const packed = new Map(names.map((name, i) => [name, signatures[i] as Uint8Array]));
  return {
    first,
    further: names.slice(1),
    // Nobody verified the one that lies there: it is left out of the model only where it is a signature at all.
    unsigned: [...(isSignature(first) ? [first] : []), ...furtherSignatures(first)],
    bytes: (file) => packed.get(file) as Uint8Array,
  };
}

function withPack(options: VerifyOptions, pack: EvidencePack): VerifyOptions {
  const { signature, fetch, evidence = NO_EVIDENCE, intermediates = [] } = options;
  if (signature !== undefined || fetch)
    throw new ModelsealError('ERR_USAGE', {
      problem: 'an evidence pack takes the place of the signature file and of what would be fetched',
    });
  return {
    ...options,
    evidence: mergeEvidence(evidence, pack.evidence),
    intermediates: [...intermediates, ...pack.certificates],
  };
}

/** A rule was chosen by what the first signature claims: what is signed must be the same, in every one that counts. */
function requireName(
  claimed: string | undefined,
  { manifest: { modelName: signed } }: VerifiedManifest,
): void {
  if (claimed !== undefined && claimed !== signed)
    throw new ModelsealError('ERR_POLICY_MODEL_NAME', { claimed, signed });
}

/** The steps of one signature. */
async function verifyBundle(
  bytes: Uint8Array,
  options: VerifyOptions,
  policy: TrustPolicy,
  report: ReportBuilder,
  onParsed: () => void,
): Promise<VerifiedManifest> {
  const bundle = await report.step('bundle', () => {
    // So long a list is hashed by two threads; the second one starts while the list is verified.
    if (bytes.length > MANY_FILES_BYTES) warmUp();
    const parsed = UnverifiedBundle.parse(bytes);
    onParsed();
    report.passed('bundle', `well-formed, method ${parsed.method}`, 'OMS v1.0 §4');
    return parsed;
  });
  const signer = await acceptSigner(bundle, options, policy, report);
  const manifest = await report.step('signature', () => {
    const payload = VerifiedPayload.from(bundle, signer);
    reportPayload(report, payload);
    return VerifiedManifest.from(payload, options.at);
  });
  reportManifest(report, manifest);
  const { scopes } = options;
  if (scopes) {
    await report.step('scope', () => {
      scopes.require(signer.presented.chain.at(-1), manifest.manifest.modelName);
      reportScope(report, manifest);
    });
  }
  return manifest;
}

/** The steps of DESIGN §2 up to the matched model; each takes only what the one before returned. */
export async function runVerification(
  path: string,
  options: VerifyOptions,
  report: ReportBuilder,
): Promise<MatchedModel> {
  const { manifest, file, further } = await verifyManifest(path, options, report);
  const { ignorePaths, only, hold, ignoreUnsignedFiles, digestCache, onProgress } = options;
  const compared = await report.step('files', () => {
    const listed = ListedModel.of(manifest, path, { signatureFile: file, further, ignorePaths, only });
    reportListing(report, listed);
    return ComparedModel.of(listed, { hold, ignoreUnsignedFiles, digestCache, onProgress });
  });
  reportComparison(report, compared);
  return MatchedModel.from(compared);
}

/** The policy with the single options folded in, after checking that there is one kind of trust. */
function effectivePolicy(options: VerifyOptions): TrustPolicy {
  const kinds = { trustRoots: options.trustRoots, publicKey: options.publicKey, sigstore: options.sigstore };
  const given = Object.entries(kinds).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (given.length === 0) throw new ModelsealError('ERR_TRUST_MISSING', {});
  if (given.length > 1) throw new ModelsealError('ERR_TRUST_AMBIGUOUS', { given });
  if (!(options.at instanceof Date) || Number.isNaN(options.at.getTime())) {
    throw new ModelsealError('ERR_USAGE', { problem: 'the time of verification (at) is not a date' });
  }
  const { revocation, manifestIgnores, threshold, distinctRoots } = options;
  return (options.policy ?? TrustPolicy.of()).with(
    TrustPolicy.of({ revocation, manifestIgnores, threshold, distinctRoots }).demands,
  );
}
