import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import type { CertificateList } from '../../core/x509/crl.js';
import type { Certificate } from '../../core/x509/index.js';
import { type AlgorithmPolicy, findPath, type TrustAnchor, TrustAnchors } from '../path/index.js';
import { checkCrls } from './crl-check.js';
import type { RevocationEvidence } from './evidence.js';
import { MAX_SIGNER_DEPTH, MAX_STATUS_LOOKUPS } from './limits.js';
import { answersFor, checkOcsp, type SignerDoubt } from './ocsp-check.js';
import { distributionPoints, issuedForPoint } from './scope.js';
import {
  anchorSigner,
  certificateSigner,
  EvidenceSignatures,
  type Signer,
  signerCandidates,
} from './signers.js';
import type { CertificateStatus, Currency } from './status.js';

export interface CheckerOptions {
  readonly anchor: TrustAnchor;
  /** The certificates of the path under check: they are candidates for signers too. */
  readonly chain: readonly Certificate[];
  readonly evidence: RevocationEvidence;
  readonly currency: (certificate: Certificate) => Currency;
  /** The time that paths of signers are judged at. */
  readonly pathsAt: Date;
  readonly algorithms: AlgorithmPolicy;
  /** Whether a signer outside of the path needs proof of its own status, see `checkRevocation`. */
  readonly needsProof: (certificate: Certificate, hasEvidence: boolean) => boolean;
}

/** Finds out the status of certificates under one anchor from one set of evidence. */
export class RevocationChecker {
  readonly #options: CheckerOptions;
  readonly #signatures: EvidenceSignatures;
  readonly #bag: readonly Certificate[];
  readonly #paths = new Map<string, readonly Certificate[] | ModelsealError>();
  readonly #settled = new Map<string, CertificateStatus>();
  /** Certificates whose status is being found out, outermost first. */
  readonly #active: string[] = [];
  /** Whether the status in progress rests on the assumption that another one in progress is good. */
  #circular = false;
  #lookups = 0;

  constructor(options: CheckerOptions) {
    this.#options = options;
    this.#signatures = new EvidenceSignatures(options.algorithms);
    this.#bag = [...options.chain, ...options.evidence.certificates];
  }

  /** Status of the first certificate of a path that was validated to the anchor, leaf first. */
  statusOf(path: readonly [Certificate, ...Certificate[]]): CertificateStatus {
    const [certificate] = path;
    const key = identity(path);
    const settled = this.#settled.get(key);
    if (settled) return settled;
    if (++this.#lookups > MAX_STATUS_LOOKUPS) {
      const work = 'look-ups of signers';
      throw new ModelsealError('ERR_EVIDENCE_BUDGET', { work, limit: MAX_STATUS_LOOKUPS });
    }
    const outer = this.#circular;
    this.#circular = false;
    this.#active.push(key);
    let status: CertificateStatus;
    try {
      status = this.#find(certificate, this.#issuerOf(path));
    } finally {
      this.#active.pop();
    }
    // What rests on a status still in progress is settled only with the outermost one.
    if (!this.#circular || this.#active.length === 0) this.#settled.set(key, status);
    this.#circular = this.#active.length > 0 && (outer || this.#circular);
    return status;
  }

  /** Whether any evidence speaks about the certificate, believed or not. */
  hasEvidence(path: readonly [Certificate, ...Certificate[]]): boolean {
    const [certificate] = path;
    const { crls, ocsp } = this.#options.evidence;
    const points = distributionPoints(certificate);
    const issuer = this.#issuerOf(path);
    return (
      crls.some(({ list }) => points.some((point) => issuedForPoint(list, certificate, point))) ||
      ocsp.some(({ response }) => answersFor(response, certificate, issuer).length > 0)
    );
  }

  #find(certificate: Certificate, issuer: Signer): CertificateStatus {
    const { evidence, currency } = this.#options;
    const at = currency(certificate);
    const crl = checkCrls(certificate, evidence.crls, at, (list) => this.#authorise(list, issuer));
    const ocsp = checkOcsp(certificate, evidence.ocsp, {
      at,
      issuer,
      signatures: this.#signatures,
      bag: this.#bag,
      pathOf: (responder) => this.#pathOf(responder),
      responderProblem: (path) => this.#responderProblem(path),
    });
    const revocations = [...crl.revocations, ...ocsp.revocations];
    return {
      certificate,
      status: revocations.length > 0 ? 'revoked' : crl.good || ocsp.good ? 'good' : 'unknown',
      revocations,
      evidence: [...crl.evidence, ...ocsp.evidence],
      problems: [...crl.problems, ...ocsp.problems],
      givenProblems: [...crl.givenProblems, ...ocsp.givenProblems],
    };
  }

  #issuerOf(path: readonly Certificate[]): Signer {
    const above = path[1];
    return above ? certificateSigner(above) : anchorSigner(this.#options.anchor);
  }

  /**
   * RFC 5280 §6.3.3 (f) and (g): the list is signed by a key of its issuer's name, that key may sign CRLs, and its
   * certificate has a valid path to the same anchor.
   */
  #authorise(list: CertificateList, issuer: Signer): Signer {
    const name = list.issuer.toString();
    const candidates = signerCandidates(list, issuer, anchorSigner(this.#options.anchor), this.#bag);
    if (candidates.length === 0) throw new ModelsealError('ERR_CRL_SIGNER_UNKNOWN', { issuer: name });
    let problem: ModelsealError | undefined;
    for (const signer of candidates) {
      if (!this.#signatures.fits(list, signer, `the CRL of ${name}`)) continue;
      const refusal = this.#signerProblem(signer, issuer, name);
      if (!refusal) return signer;
      problem ??= refusal;
    }
    throw problem ?? new ModelsealError('ERR_CRL_SIGNATURE', { issuer: name });
  }

  #signerProblem(signer: Signer, issuer: Signer, name: string): ModelsealError | undefined {
    const { certificate } = signer;
    try {
      if (certificate?.keyUsage && !certificate.keyUsage.has('cRLSign')) {
        return new ModelsealError('ERR_CRL_SIGNER_KEY_USAGE', { issuer: name });
      }
      // The anchor is trusted as it is, and the issuer above the certificate has its place in the path already.
      if (!certificate || signer.isAnchor || certificate === issuer.certificate) return undefined;
      const problem = this.#ownStatusProblem(this.#pathOf(certificate), true);
      return problem === undefined ? undefined : this.#pathProblem(name, problem.problem);
    } catch (error) {
      if (!isModelsealError(error) || error.code === 'ERR_EVIDENCE_BUDGET') throw error;
      return this.#pathProblem(name, error.message);
    }
  }

  #pathProblem(issuer: string, problem: string): ModelsealError {
    return new ModelsealError('ERR_CRL_SIGNER_PATH', { issuer, problem });
  }

  #responderProblem(path: readonly Certificate[]): SignerDoubt | undefined {
    // RFC 6960 §4.2.2.2.1: without no-check a responder is checked like anybody, here always with proof.
    return this.#ownStatusProblem(path, false);
  }

  /**
   * Why a signer outside of the path may not be relied on, from its own status and that of the CAs above it.
   *
   * @param circularAllowed A CRL may be signed under a certificate that the same list covers (PKITS 4.14.30): a list
   *   that revoked its own signer would still say so. An OCSP responder must not vouch for itself.
   */
  #ownStatusProblem(path: readonly Certificate[], circularAllowed: boolean): SignerDoubt | undefined {
    for (let i = 0; i < path.length; i++) {
      const rest = path.slice(i) as [Certificate, ...Certificate[]];
      const [certificate] = rest;
      // The certificates of the path under check are all checked by themselves.
      if (i > 0 && this.#options.chain.includes(certificate)) continue;
      if (this.#active.includes(identity(rest))) {
        if (!circularAllowed) return unproven(`${certificate.label} would vouch for itself`);
        this.#circular = true;
        continue;
      }
      if (this.#active.length >= MAX_SIGNER_DEPTH)
        return unproven('its status depends on too many other signers');
      const { status, problems } = this.statusOf(rest);
      if (status === 'revoked') return { problem: `${certificate.label} is revoked`, revoked: true };
      const must = !circularAllowed || this.#options.needsProof(certificate, this.hasEvidence(rest));
      if (status === 'unknown' && must) {
        return unproven(problems[0]?.message ?? `nothing says whether ${certificate.label} is revoked`);
      }
    }
    return undefined;
  }

  /** A valid path of a signer to the anchor of this path and no other. */
  #pathOf(certificate: Certificate): readonly Certificate[] {
    const { anchor, pathsAt: at, algorithms } = this.#options;
    const known = this.#paths.get(certificate.fingerprint);
    if (known instanceof ModelsealError) throw known;
    if (known) return known;
    try {
      const { chain } = findPath(certificate, {
        anchors: TrustAnchors.from([anchor]),
        intermediates: this.#bag,
        at,
        purpose: 'any',
        algorithms,
      });
      this.#paths.set(certificate.fingerprint, chain);
      return chain;
    } catch (error) {
      if (isModelsealError(error)) this.#paths.set(certificate.fingerprint, error);
      throw error;
    }
  }
}

const unproven = (problem: string): SignerDoubt => ({ problem, revoked: false });

/** A certificate together with the certificate of the key that signed it. */
function identity(path: readonly Certificate[]): string {
  return `${path[0]?.fingerprint} ${path[1]?.fingerprint ?? 'anchor'}`;
}
