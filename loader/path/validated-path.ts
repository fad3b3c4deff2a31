import { checkOptions } from '../../core/options.js';
import type { CertificateSummary, Check } from '../../core/report/report.js';
import { type Certificate, isoTime, summarizeCertificate } from '../../core/x509/index.js';
import { type AlgorithmPolicy, DEFAULT_ALGORITHM_POLICY } from './algorithm-policy.js';
import type { TrustAnchor } from './anchor.js';
import {
  checkCandidate,
  PATH_PARAMETERS,
  type PathParameters,
  type Progress,
  SearchState,
} from './candidate.js';
import type { PolicyOutputs } from './policies.js';
import type { Purpose } from './purposes.js';

/**
 * A certification path that RFC 5280 §6.1 accepts. Only the check makes one, so whoever holds it knows that its leaf's
 * key belongs to its leaf's names, as far as the anchor is trusted, revocation left aside.
 */
export class ValidatedPath {
  /** Leaf first, anchor excluded. */
  readonly chain: readonly [Certificate, ...Certificate[]];
  readonly anchor: TrustAnchor;
  readonly purpose: Purpose;
  /** The time that was judged at. */
  readonly at: Date;
  readonly policies: PolicyOutputs;
  readonly algorithms: AlgorithmPolicy;
  readonly #checked = true;

  private constructor(
    chain: readonly [Certificate, ...Certificate[]],
    anchor: TrustAnchor,
    parameters: PathParameters,
    policies: PolicyOutputs,
  ) {
    this.chain = chain;
    this.anchor = anchor;
    this.purpose = parameters.purpose;
    this.at = parameters.at;
    this.policies = policies;
    this.algorithms = parameters.algorithms ?? DEFAULT_ALGORITHM_POLICY;
  }

  /**
   * Checks exactly this path, nothing is searched for.
   *
   * @param chain Leaf first, anchor excluded. Untrusted.
   * @throws {ModelsealError} the rule that the path breaks, see {@link checkCandidate}
   */
  static check(
    chain: readonly Certificate[],
    anchor: TrustAnchor,
    parameters: PathParameters,
    search: SearchState = new SearchState(),
    progress: Progress = { index: 0 },
  ): ValidatedPath {
    checkOptions('ValidatedPath.check', parameters, PATH_PARAMETERS);
    const copy = [...chain] as unknown as readonly [Certificate, ...Certificate[]];
    const policies = checkCandidate(copy, anchor, parameters, search, progress);
    return new ValidatedPath(
      Object.freeze(copy),
      anchor,
      { ...parameters, at: new Date(parameters.at) },
      policies,
    );
  }

  /** False for anything that only looks like one. */
  static isChecked(value: unknown): value is ValidatedPath {
    return typeof value === 'object' && value !== null && #checked in value;
  }

  get leaf(): Certificate {
    return this.chain[0];
  }

  /** The certificate of the key that signed `chain[index]`; undefined above the topmost one of a bare-key anchor. */
  issuerOf(index: number): Certificate | undefined {
    return this.chain[index + 1] ?? this.anchor.certificate;
  }

  /** Leaf first, the anchor's certificate last where it has one. */
  summaries(): CertificateSummary[] {
    const certificates: Certificate[] = [...this.chain];
    if (this.anchor.certificate) certificates.push(this.anchor.certificate);
    return certificates.map(summarizeCertificate);
  }

  /** Every check that was made, for the report. */
  get checks(): Check[] {
    const length = this.chain.length;
    const certificates =
      length === 1 ? 'the certificate' : length === 2 ? 'both certificates' : `all ${length} certificates`;
    const passed = (name: string, detail: string, source: string): Check => ({
      name,
      outcome: 'passed',
      detail,
      source: `RFC 5280 ${source}`,
    });
    const { authorityPolicies } = this.policies;
    return [
      passed('path.anchor', `the path ends at the trust anchor ${this.anchor.label}`, '§6.1.1 (d)'),
      passed(
        'path.signature',
        `the signature on ${certificates} was made by the key of its issuer`,
        '§6.1.3 (a) (1)',
      ),
      passed('path.algorithms', 'every key and signature algorithm is strong enough', '§4.1.1.2, §4.1.2.7'),
      passed(
        'path.validity',
        `${certificates} ${length === 1 ? 'is' : 'are'} valid at ${isoTime(this.at)}`,
        '§4.1.2.5, §6.1.3 (a) (2)',
      ),
      passed('path.names', 'each certificate names the one above it as its issuer', '§6.1.3 (a) (4), §7.1'),
      passed('path.basic-constraints', 'every issuer is a CA, within every path length', '§4.2.1.9'),
      passed('path.key-usage', 'every key is used for what it was certified for', '§4.2.1.3'),
      passed('path.eku', `the path may be used for ${this.purpose}`, '§4.2.1.12'),
      passed('path.name-constraints', 'every name lies where its issuers may issue', '§4.2.1.10'),
      passed(
        'path.policies',
        authorityPolicies.length === 0
          ? 'no certificate policy is required'
          : `policies of the path: ${authorityPolicies.join(', ')}`,
        '§6.1.5 (g), RFC 9618',
      ),
      passed('path.extensions', 'every critical extension is understood, none is malformed', '§4.2'),
    ];
  }
}
