import { isModelsealError } from '../../core/errors/index.js';
import { describeKey } from '../../core/keys/index.js';
import type { CacheUse } from '../../core/digest/index.js';
import type { Report, ReportBuilder } from '../../core/report/index.js';
import { isoTime, summarizeCertificate } from '../../core/x509/index.js';
import type { EvidencePack } from '../evidence/pack.js';
import type { Demands } from '../policy/fields.js';
import type { TrustPolicy } from '../policy/policy.js';
import type { SigstoreSigner } from '../sigstore/index.js';
import type { TimeFinding } from '../timestamp/proven-time.js';
import type { ComparedModel } from './compared-model.js';
import type { ListedModel } from './listed-model.js';
import type { VerifiedManifest } from './verified-manifest.js';
import type { VerifiedPayload } from './verified-payload.js';
import type { PresentedSigner } from './presented-signer.js';
import type { Vote } from './quorum.js';
import type { AuditFinding } from './policy-choice.js';
import type { AcceptedSigner } from './accepted-signer.js';

// What each step found, in the words of the report. Steps know no report; `verify.ts` says here what they returned, and
// in which order.

export function reportLogged(report: ReportBuilder): void {
  const verified = 'Fulcio chain, certificate log, transparency log, time and signature verify';
  report.passed('sigstore', verified, 'Sigstore client specification');
}

export function reportSigstore(report: ReportBuilder, signer: SigstoreSigner): void {
  const {
    logged: { signedAt },
    identity,
  } = signer;
  report.passed('sigstore.time', `signed at ${signedAt.toISOString()}, when its certificate was valid`);
  report.passed('sigstore.identity', `${identity.identity}, vouched for by ${identity.provider}`);
}

/** Who it is stands in the report also where the policy then wants another. */
export function reportPresented(report: ReportBuilder, signer: PresentedSigner): void {
  const { method, identities, keyFingerprint, chain, malformed, publicKey } = signer;
  if (malformed.length > 0)
    report.warning('identity.malformed', `names that identify nobody: ${malformed.join(', ')}`);
  if (method === 'sigstore')
    report.skipped('revocation', 'Sigstore certificates live minutes and are not revoked');
  if (method === 'key') {
    report.skipped('path', 'the key method has no certificates');
    report.skipped('revocation', 'the key method has no revocation: stop using the key instead');
    const key = `${describeKey(publicKey)}, given by the caller and named by the signature`;
    report.passed('key', key, 'OMS v1.0 §4.1');
  }
  report.signer({ method, identities, keyFingerprint, chain: chain.map(summarizeCertificate) });
}

export function reportAccepted(report: ReportBuilder, { presented, policy, label }: AcceptedSigner): void {
  const any =
    presented.method === 'certificate' ? 'any signer under the trust roots' : 'the signer that was asked for';
  report.passed('identity', policy.anySigner ? `accepted: ${any}` : `${label} is an accepted signer`);
}

/** Each token by its number, whether it counts or why not; then what they prove together. */
export function reportTime(report: ReportBuilder, { tokens, proven }: TimeFinding): void {
  for (const { number, genTime, tsa, renewal, provenAt, problem } of tokens) {
    const stamp = `time stamp ${number}`;
    if (problem) {
      const { message, code } = problem;
      report.warning('timestamp.token', `${stamp} does not count: ${message} [${code}]`);
      continue;
    }
    const what = renewal ? 'renews those before it' : 'covers the signature';
    const until = provenAt ? `, renewed at ${isoTime(provenAt)}` : '';
    const source = renewal ? 'RFC 4998 §5.3' : 'RFC 3161 §2.4.2';
    report.passed('timestamp.token', `${stamp} of ${isoTime(genTime)} by ${tsa} ${what}${until}`, source);
  }
  if (proven)
    report.passed(
      'timestamp',
      `signed by ${isoTime(proven.signedAt)} at the latest, as ${proven.tsa} states`,
    );
  else report.warning('timestamp', 'no time stamp counts: the signer is judged at the present');
}

export function reportRule(report: ReportBuilder, rule: string): void {
  report.passed('policy', `judged by the rule ${rule}`);
}

/**
 * Demands that are judged late, when what they speak of is known.
 *
 * @throws {ModelsealError} what `require` throws for what is enforced
 */
export function judgeDemands(
  { demands, audited }: TrustPolicy,
  report: ReportBuilder,
  require: (demands: Demands) => void,
): void {
  require(demands);
  for (const one of audited) {
    try {
      require(one.demands);
    } catch (error) {
      if (!isModelsealError(error)) throw error;
      report.warning(`policy.${one.check}`, `not enforced: ${error.message} [${error.code}]`);
    }
  }
}

export function reportAudit(report: ReportBuilder, found: readonly AuditFinding[]): void {
  for (const { check, unmet } of found) {
    if (unmet === undefined) report.passed(`policy.${check}`, 'met; it is reported and not enforced');
    else report.warning(`policy.${check}`, `not enforced: ${unmet}`);
  }
  if (found.length > 0) report.reservation('policy not fully enforced');
}

export function reportFurther(report: ReportBuilder, further: readonly string[]): void {
  report.skipped('threshold', `one signer was asked for; not looked at: ${further.join(', ')}`);
}

export function reportPack(
  report: ReportBuilder,
  { file, signatures, certificates, evidence }: EvidencePack,
): void {
  const { crls, ocsp } = evidence;
  const counts = `${signatures.length} signatures, ${certificates.length} certificates, ${crls.length} CRLs, ${ocsp.length} OCSP responses`;
  report.passed('evidence', `from ${file}, and from nowhere else: ${counts}`);
}

/** The account of each signature that counts, under its file; and why others do not. */
export function reportQuorum(
  report: ReportBuilder,
  quorum: readonly Vote[],
  reports: ReadonlyMap<string, Report>,
  useless: readonly string[],
): void {
  for (const { file } of quorum) {
    const own = reports.get(file);
    for (const signer of own?.signers ?? []) report.signer(signer);
    for (const reservation of own?.reservations ?? []) report.reservation(reservation);
    for (const check of own?.checks ?? []) report.check({ ...check, detail: `${file}: ${check.detail}` });
  }
  for (const [file] of reports)
    if (!quorum.some((vote) => vote.file === file))
      report.warning(
        'threshold.not-counted',
        `${file}: of a signer who is counted already, or of other files`,
      );
  for (const why of useless) report.warning('threshold.not-counted', why);
}

export function reportScope(report: ReportBuilder, { manifest }: VerifiedManifest): void {
  report.passed('scope', `the anchor of the signer is trusted for a model named ${manifest.modelName}`);
}

export function reportPayload(report: ReportBuilder, { total, valid, legacy }: VerifiedPayload): void {
  const what = total === 1 ? 'the signature verifies' : `${valid} of ${total} signatures verify`;
  report.passed('signature', `${what} over the manifest as received`, 'DSSE v1');
  if (valid < total) {
    const others = `${total - valid} of ${total} signatures do not verify; the policy asks for one`;
    report.warning('signature.others', others);
  }
  if (legacy) report.warning('signature.form', 'the old form of release 0.2 of the reference implementation');
}

export function reportManifest(
  report: ReportBuilder,
  { manifest, format, metadata }: VerifiedManifest,
): void {
  const { serialization, hashType } = manifest;
  const how = `${serialization.method}, ${hashType}, in the form of ${format}`;
  report.passed('manifest', `${manifest.files().length} files, ${how}`, 'OMS v1.0 §5');
  if (metadata) report.metadata(metadata);
}

export function reportListing(report: ReportBuilder, { excluded, honoured, tree }: ListedModel): void {
  const names = excluded.join(', ');
  if (names !== '' && honoured)
    report.warning('files.manifest-ignores', `the manifest itself excludes: ${names}`);
  if (names !== '' && !honoured) {
    const refused = `not honoured, on request: the manifest's exclusions ${names}`;
    report.skipped('files.manifest-ignores', refused);
  }
  for (const warning of tree.warnings) report.warning('files.names', warning);
}

/** A digest that was kept is not a look at the bytes: the report of an acceptance says so beside its verdict. */
function reportCache(report: ReportBuilder, { file, files, bytes, problem }: CacheUse): void {
  if (problem !== undefined) report.warning('files.cache', `the digest cache ${file}: ${problem}`);
  if (files === 0 && bytes === 0) return;
  const taken = `${files} files (${bytes} bytes) were not read: they are unchanged since they were hashed, by the digest cache ${file}`;
  report.skipped('files.cache', taken);
  report.reservation(taken);
}

export function reportComparison(report: ReportBuilder, compared: ComparedModel): void {
  const { files, partial, unsignedAllowed, differences, tree, records, cache } = compared;
  report.files(files);
  if (cache) reportCache(report, cache);
  if (records.length > 0) {
    const left = `left out: ${records.length} records of a download, which no program loads`;
    report.skipped('files.download-records', left);
  }
  if (partial) {
    const rest = `${files.notVerified.length} signed files were not looked at, nor whether there are unsigned ones`;
    report.skipped('files.only', rest);
  }
  if (files.extra.length > 0 && unsignedAllowed)
    report.skipped('files.unsigned', `ignored, on request: ${files.extra.length} unsigned files`);
  for (const difference of differences) report.failed('files', difference);
  if (differences.length > 0) return;
  report.passed('files', `${files.matched} files are the signed ones`, 'OMS v1.0 §8');
  if (tree === 'needs every file') report.skipped('files.tree', 'the tree digest needs every file');
  else if (tree === 'equal')
    report.passed('files.tree', 'names, sizes and digests give the signed tree digest');
  else if (tree === 'empty files may be unsigned')
    report.skipped('files.tree', 'empty files may be unsigned, which was allowed');
  else if (tree !== 'not recorded') report.failed('files.tree', tree);
}
