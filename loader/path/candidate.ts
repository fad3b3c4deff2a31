import { ModelsealError } from '../../core/errors/index.js';
import { is, type OptionTable } from '../../core/options.js';
import {
  type Certificate,
  type KeyUsage,
  type Name,
  Oid,
  sameBytes,
  signatureAlgorithm,
  verifySignedData,
} from '../../core/x509/index.js';
import {
  type AlgorithmPolicy,
  checkKeyStrength,
  checkSignatureStrength,
  DEFAULT_ALGORITHM_POLICY,
} from './algorithm-policy.js';
import type { TrustAnchor } from './anchor.js';
import { Budget, MAX_PATH } from './limits.js';
import { NameConstraintState } from './name-constraints.js';
import { type PolicyOutputs, PolicyState } from './policies.js';
import {
  checkAlgorithmsAgree,
  checkExtensions,
  checkIssuer,
  checkProfile,
  checkValidity,
} from './profile.js';
import { checkIssuerPurpose, checkLeafPurpose } from './purpose.js';
import type { Purpose } from './purposes.js';
import { PURPOSES } from './purposes.js';
import { checkConformance } from './strict.js';

/** What a path is judged by. Time and purpose have no default. */
export interface PathParameters {
  /** Verification time. From the caller's policy, never from the path. */
  readonly at: Date;
  readonly purpose: Purpose;
  /** Usages that the leaf's key must have where it has keyUsage, for instance `cRLSign`. */
  readonly requiredKeyUsage?: readonly KeyUsage[];
  /** The leaf must name the purpose in extKeyUsage, where RFC 5280 lets a missing one mean "any". */
  readonly requireExtendedKeyUsage?: boolean;
  /** Accepted certificate policies; left out: any-policy. */
  readonly policySet?: readonly string[];
  readonly explicitPolicy?: boolean;
  readonly inhibitPolicyMapping?: boolean;
  readonly inhibitAnyPolicy?: boolean;
  readonly algorithms?: AlgorithmPolicy;
  /** Refuses also what RFC 5280 §4 forbids CAs and §6 lets pass, see {@link checkConformance}. */
  readonly strict?: boolean;
}

export const PATH_PARAMETERS: OptionTable<PathParameters> = {
  at: is.time,
  purpose: is.one(...PURPOSES),
  requiredKeyUsage: is.list(is.text),
  requireExtendedKeyUsage: is.flag,
  policySet: is.list(is.text),
  explicitPolicy: is.flag,
  inhibitPolicyMapping: is.flag,
  inhibitAnyPolicy: is.flag,
  algorithms: is.object,
  strict: is.flag,
};

/** What one search remembers between its candidates: what it has spent, and signatures already checked. */
export class SearchState {
  readonly budget = new Budget();
  readonly #signatures = new Map<Certificate, Map<Certificate | TrustAnchor, boolean>>();

  /**
   * Was `certificate` signed by the key of `issuer`?
   *
   * @throws {ModelsealError} codes of the signature check, `ERR_CERT_KEY`, `ERR_PATH_BUDGET_SIGNATURES`
   */
  isSignedBy(certificate: Certificate, issuer: Certificate | TrustAnchor): boolean {
    let byIssuer = this.#signatures.get(certificate);
    if (!byIssuer) {
      byIssuer = new Map();
      this.#signatures.set(certificate, byIssuer);
    }
    const known = byIssuer.get(issuer);
    if (known !== undefined) return known;
    this.budget.signature();
    const good = verifySignedData(
      certificate.signatureAlgorithm,
      issuer.publicKey(),
      certificate.tbs,
      certificate.signature,
    );
    byIssuer.set(issuer, good);
    return good;
  }
}

/** How far a candidate came before it failed: the certificate (0 is the leaf) that a check was looking at. */
export interface Progress {
  index: number;
}

/**
 * Checks one candidate path against one trust anchor: RFC 5280 §6.1, from the anchor down to the leaf.
 *
 * @param chain Leaf first, 1 to {@link MAX_PATH} certificates, anchor excluded. Untrusted.
 * @param progress Written as the check goes, for the choice among several failures.
 * @throws {ModelsealError} the rule that was broken
 */
export function checkCandidate(
  chain: readonly Certificate[],
  anchor: TrustAnchor,
  parameters: PathParameters,
  search: SearchState,
  progress: Progress,
): PolicyOutputs {
  const leaf = chain[0];
  // A loop over an empty path would check nothing and accept it.
  if (!leaf) throw new ModelsealError('ERR_INTERNAL', { problem: 'an empty certification path' });
  if (chain.length > MAX_PATH) {
    throw new ModelsealError('ERR_PATH_TOO_LONG', { certificate: leaf.label, limit: MAX_PATH });
  }
  progress.index = chain.length;
  const algorithms = parameters.algorithms ?? DEFAULT_ALGORITHM_POLICY;
  const names = new NameConstraintState(search.budget);
  const policies = new PolicyState(policyInputs(parameters, anchor), chain.length);
  const lengths = new PathLengthState();
  if (anchor.certificate) {
    const issuer = anchor.certificate;
    checkValidity(issuer, parameters.at);
    // Version 1 knows no basicConstraints; that such a root is a CA is what the operator says by trusting it.
    // A certificate that the operator trusts by itself and that stands alone in its path issues nothing (but itself).
    const alone = chain.length === 1 && sameBytes(leaf.raw, issuer.raw);
    if (issuer.version === 3 && !alone) checkIssuer(issuer);
    checkExtensions(issuer);
    if (parameters.strict) checkConformance(issuer);
    checkIssuerPurpose(issuer, parameters.purpose);
    names.add(issuer);
    lengths.limit(issuer);
    policies.constrain(issuer);
  }
  checkKeyStrength(anchor.publicKey(), anchor, algorithms);

  let issuerName: Name = anchor.name;
  let issuer: Certificate | TrustAnchor = anchor;
  for (let index = chain.length - 1; index >= 0; index--) {
    const certificate = chain[index] as Certificate;
    const last = index === 0;
    progress.index = index;
    // §6.1.3 (a) (1): first of all, everything after this reads what the issuer has signed.
    checkSignature(certificate, issuer, algorithms, search);
    if (!last) checkIssuer(certificate); // §6.1.4 (k), (n)
    checkProfile(certificate);
    if (parameters.strict) checkConformance(certificate);
    checkValidity(certificate, parameters.at); // (a) (2)
    if (!certificate.issuer.equals(issuerName)) {
      // (a) (4)
      throw new ModelsealError('ERR_PATH_NAME_CHAINING', {
        certificate: certificate.label,
        issuer: certificate.issuer.toString(),
        expected: issuerName.toString(),
      });
    }
    const selfIssued = certificate.isSelfIssued;
    if (!selfIssued || last) names.check(certificate); // (b), (c)
    policies.process(certificate, last); // (d) to (f)
    checkKeyStrength(certificate.publicKey(), certificate, algorithms);
    if (last) break;
    // §6.1.4
    checkIssuerPurpose(certificate, parameters.purpose);
    policies.prepareNext(certificate); // (a), (b), (h) to (j)
    names.add(certificate); // (g)
    lengths.step(certificate, selfIssued); // (l), (m)
    issuer = certificate;
    issuerName = certificate.subject;
  }
  checkLeafPurpose(leaf, {
    purpose: parameters.purpose,
    requiredKeyUsage: parameters.requiredKeyUsage ?? [],
    requireExtendedKeyUsage: parameters.requireExtendedKeyUsage ?? false,
  });
  return policies.wrapUp(leaf); // §6.1.5
}

/**
 * The algorithm, its strength and the value of a signature on a certificate.
 *
 * @throws {ModelsealError} `ERR_CERT_ALGORITHM_DISAGREES`, `ERR_CERT_ALGORITHM_WEAK`, `ERR_PATH_SIGNATURE`, and codes
 *   of the signature check
 */
export function checkSignature(
  certificate: Certificate,
  issuer: Certificate | TrustAnchor,
  algorithms: AlgorithmPolicy,
  search: SearchState,
): void {
  checkAlgorithmsAgree(certificate);
  checkSignatureStrength(signatureAlgorithm(certificate.signatureAlgorithm), certificate, algorithms);
  if (!search.isSignedBy(certificate, issuer)) {
    throw new ModelsealError('ERR_PATH_SIGNATURE', { certificate: certificate.label, issuer: issuer.label });
  }
}

/** max_path_length (§6.1.2 (k), §6.1.4 (l), (m)). */
class PathLengthState {
  #left = Number.POSITIVE_INFINITY;
  #limit = 0;
  #by: Certificate | undefined;

  limit(issuer: Certificate): void {
    const length = issuer.basicConstraints?.pathLength;
    if (length === undefined || length >= this.#left) return;
    this.#left = length;
    this.#limit = length;
    this.#by = issuer;
  }

  step(issuer: Certificate, selfIssued: boolean): void {
    if (!selfIssued) {
      if (this.#left <= 0) {
        throw new ModelsealError('ERR_PATH_LENGTH', {
          certificate: issuer.label,
          issuer: this.#by?.label ?? '',
          limit: this.#limit,
        });
      }
      this.#left--;
    }
    this.limit(issuer);
  }
}

/** The anchor's own policies narrow what the caller accepts (RFC 5937 §3). */
function policyInputs(
  parameters: PathParameters,
  anchor: TrustAnchor,
): ConstructorParameters<typeof PolicyState>[0] {
  const own = anchor.certificate?.certificatePolicies?.policies;
  const any = (set: readonly string[] | undefined): boolean =>
    set === undefined || set.includes(Oid.anyPolicy);
  let policySet = parameters.policySet;
  if (!any(own)) policySet = any(policySet) ? own : policySet?.filter((policy) => own?.includes(policy));
  return {
    policySet,
    explicitPolicy: parameters.explicitPolicy ?? false,
    inhibitPolicyMapping: parameters.inhibitPolicyMapping ?? false,
    inhibitAnyPolicy: parameters.inhibitAnyPolicy ?? false,
  };
}

/** The same certificate, or another for the same name and key: either makes a path go round (RFC 4158 §2.4.2). */
export function isSameEntity(a: Certificate, b: Certificate): boolean {
  return a === b || (sameBytes(a.spki, b.spki) && a.subject.equals(b.subject));
}
