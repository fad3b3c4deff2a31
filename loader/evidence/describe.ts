import { decodeAttestation } from '../../core/attestation/index.js';
import { decodeStatement, UnverifiedBundle } from '../../core/bundle/index.js';
import { isModelsealError } from '../../core/errors/index.js';
import { TimestampToken } from '../../core/timestamp/index.js';
import { Certificate, isoTime } from '../../core/x509/index.js';
import type { EvidencePack } from './pack.js';

/** What a pack holds, as it says itself: nothing of it is verified. */
export interface PackDescription {
  readonly file: string;
  readonly signatures: readonly {
    readonly model?: string;
    readonly method?: string;
    /** Leaf first. */
    readonly chain: readonly { readonly subject: string; readonly notAfter: string }[];
    readonly timestamps: readonly string[];
    /** Why it cannot be read. */
    readonly problem?: string;
  }[];
  readonly certificates: readonly { readonly subject: string; readonly notAfter: string }[];
  readonly crls: readonly {
    readonly issuer: string;
    readonly thisUpdate: string;
    readonly nextUpdate: string;
  }[];
  readonly ocspResponses: readonly {
    readonly responder: string;
    readonly producedAt: string;
    readonly nextUpdate: string | null;
  }[];
  readonly attestations: readonly { readonly type?: string; readonly problem?: string }[];
  /** The first time at which some of the revocation evidence is no longer current; null where none says. */
  readonly currentUntil: string | null;
}

/**
 * Reads what a pack claims, for people.
 * @example
 * const { pack } = await packEvidence('model', 'model.evidence', { trustRoots, at: new Date() });
 * console.log(describePack(pack).currentUntil);
 */
export function describePack(pack: EvidencePack): PackDescription {
  const { crls, ocsp } = pack.evidence;
  const ends = [
    ...crls.map(({ list }) => list.nextUpdate),
    ...ocsp.flatMap(({ response }) => response.answers.flatMap(({ nextUpdate }) => nextUpdate ?? [])),
  ];
  return {
    file: pack.file,
    signatures: pack.signatures.map(describeSignature),
    certificates: pack.certificates.map(describeCertificate),
    crls: crls.map(({ list }) => ({
      issuer: list.issuer.toString(),
      thisUpdate: isoTime(list.thisUpdate),
      nextUpdate: isoTime(list.nextUpdate),
    })),
    ocspResponses: ocsp.map(({ response }) => ({
      responder: response.responder,
      producedAt: isoTime(response.producedAt),
      nextUpdate: earliest(response.answers.flatMap(({ nextUpdate }) => nextUpdate ?? [])),
    })),
    attestations: pack.attestations.map(describeAttestation),
    currentUntil: earliest(ends),
  };
}

function describeSignature(bytes: Uint8Array): PackDescription['signatures'][number] {
  try {
    const bundle = UnverifiedBundle.parse(bytes);
    return {
      model: decodeStatement(bundle.payload).manifest.modelName,
      method: bundle.method,
      chain: bundle.chain.map((der) => describeCertificate(Certificate.decode(der))),
      timestamps: bundle.timestamps.map((token) => isoTime(TimestampToken.decode(token).info.genTime)),
    };
  } catch (error) {
    if (!isModelsealError(error)) throw error;
    return { chain: [], timestamps: [], problem: error.message };
  }
}

function describeAttestation(bytes: Uint8Array): PackDescription['attestations'][number] {
  try {
    return { type: decodeAttestation(UnverifiedBundle.parse(bytes).payload).type };
  } catch (error) {
    if (!isModelsealError(error)) throw error;
    return { problem: error.message };
  }
}

const describeCertificate = (certificate: Certificate): { subject: string; notAfter: string } => ({
  subject: certificate.label,
  notAfter: isoTime(certificate.notAfter),
});

const earliest = (times: readonly Date[]): string | null =>
  times.length === 0 ? null : isoTime(new Date(Math.min(...times.map((time) => time.getTime()))));
