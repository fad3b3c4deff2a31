import { ModelsealError } from '../../core/errors/index.js';
import { type Report, ReportBuilder } from '../../core/report/index.js';
import { checkVerifyOptions, type VerifyOptions } from '../pipeline/options.js';
import { verifyManifest } from '../pipeline/verify.js';
import { mergeEvidence, NO_EVIDENCE, type RevocationEvidence } from '../revocation/evidence.js';
import { EvidencePack } from './pack.js';

/** A pack, and the account of the verification that it came from. */
export interface PackedEvidence {
  readonly pack: EvidencePack;
  readonly report: Report;
}

/**
 * Packs what a verification of the signatures used, fetched evidence included, and verifies them again from the pack
 * alone: a pack that does not suffice is not made. The files of the model are not read.
 *
 * @param file What the pack will be called.
 * @throws {ModelsealError} what refuses the signatures; `ERR_EVIDENCE_PACK`
 * @example
 * const { pack } = await packEvidence('model', 'model.evidence', { trustRoots, at: new Date() });
 */
export async function packEvidence(
  path: string,
  file: string,
  options: VerifyOptions,
): Promise<PackedEvidence> {
  checkVerifyOptions('packEvidence', options);
  if (options.pack) throw new ModelsealError('ERR_USAGE', { problem: 'a pack is not made from a pack' });
  const {
    fetch,
    evidence = NO_EVIDENCE,
    intermediates = [],
    signature: _,
    attestations: __,
    ...trust
  } = options;
  const report = options.report ?? new ReportBuilder(path, options.at);
  const fetched: RevocationEvidence[] = [];
  const recording: VerifyOptions['fetch'] =
    fetch &&
    (async (checked) => {
      const found = await fetch(checked);
      fetched.push(found);
      return found;
    });
  const { read, attestations } = await verifyManifest(path, { ...options, fetch: recording }, report);
  const found = mergeEvidence(evidence, ...fetched);
  const pack = EvidencePack.of(file, {
    signatures: [...read.values()],
    certificates: distinct([...intermediates, ...found.certificates].map(({ raw }) => raw)),
    crls: distinct(found.crls.map(({ list }) => list.raw)),
    ocspResponses: distinct(found.ocsp.map(({ response }) => response.raw)),
    attestations: attestations.map((attestation) => attestation.bytes),
  });
  // As whoever gets the file reads it.
  const received = EvidencePack.parse(pack.encode(), file);
  await report.step('evidence', () =>
    verifyManifest(path, { ...trust, pack: received }, new ReportBuilder(path, options.at)),
  );
  report.passed('evidence', 'the pack verifies by itself, without the network');
  return { pack: received, report: report.build() };
}

const distinct = (list: readonly Uint8Array[]): Uint8Array[] => [
  ...new Map(list.map((bytes) => [Buffer.from(bytes).toString('base64'), bytes])).values(),
];
