import { type ErrorKind, isModelsealError } from '../core/errors/index.js';
import { type CertificateSummary, type Report, ReportBuilder } from '../core/report/index.js';
import { readCertificates, summarizeCertificate } from '../core/x509/index.js';
import { type CertificateOptions, verifyCertificate } from '../loader/verify-certificate.js';
import { type Purpose, readCertificateFiles, readTrustAnchors } from '../loader/path/index.js';
import {
  type CheckedPath,
  describeEvidence,
  type EvidenceDescription,
  type RevocationMode,
  readEvidence,
} from '../loader/revocation/index.js';

/** A certificate to judge, everything by its file. */
export interface CertificateQuestion {
  readonly leaf: string;
  readonly trustRoots: readonly string[];
  readonly intermediates: readonly string[];
  readonly crls: readonly string[];
  readonly ocsp: readonly string[];
  readonly at: Date;
  readonly purpose: Purpose;
  readonly policySet: readonly string[] | undefined;
  readonly explicitPolicy: boolean;
  readonly inhibitPolicyMapping: boolean;
  readonly inhibitAnyPolicy: boolean;
  readonly strict: boolean;
  readonly revocation: RevocationMode | undefined;
  readonly fetch: CertificateOptions['fetch'];
}

/** The report of `certificate verify`. JSON-able as it stands. */
export interface CertificateReport extends Report {
  /** What the certificate in question claims; proven only when the verdict is `accepted`. */
  readonly certificate: CertificateSummary;
  /** The path that was found, leaf first, anchor last; absent when there is none. */
  readonly path?: readonly CertificateSummary[];
  readonly anchor?: string;
  readonly purpose: Purpose;
  /** Certificate policies that hold for the whole path, and those that the caller accepts. */
  readonly policies?: { readonly authority: readonly string[]; readonly user: readonly string[] };
  readonly evidence?: EvidenceDescription;
}

/**
 * Reads the files and judges the certificate; a refusal is a result with its report.
 *
 * @throws {ModelsealError} what reading the files throws, and whatever is no verdict
 */
export async function judgeCertificateFile(
  question: CertificateQuestion,
): Promise<{ readonly report: CertificateReport; readonly kind: 'accepted' | ErrorKind }> {
  const anchors = readTrustAnchors(question.trustRoots);
  // readCertificates never gives an empty list.
  const [leaf, ...rest] = readCertificates(question.leaf, 'certificate') as [
    ReturnType<typeof readCertificates>[0],
    ...ReturnType<typeof readCertificates>,
  ];
  const intermediates = [
    ...rest,
    ...readCertificateFiles(question.intermediates, 'intermediate certificate'),
  ];
  const evidence = readEvidence({
    crlFiles: question.crls,
    ocspFiles: question.ocsp,
    certificates: intermediates,
  });
  const { at, purpose, policySet, explicitPolicy, inhibitPolicyMapping, inhibitAnyPolicy, strict } = question;
  const builder = new ReportBuilder(question.leaf, at);
  const build = (checked?: CheckedPath): CertificateReport => ({
    ...builder.build(),
    certificate: summarizeCertificate(leaf),
    purpose,
    ...(checked ? describePath(checked) : {}),
  });
  try {
    const checked = await verifyCertificate(leaf, {
      anchors,
      intermediates,
      at,
      purpose,
      ...(policySet ? { policySet } : {}),
      explicitPolicy,
      inhibitPolicyMapping,
      inhibitAnyPolicy,
      strict,
      evidence,
      revocation: question.revocation,
      fetch: question.fetch,
      report: builder,
    });
    return { report: build(checked), kind: 'accepted' };
  } catch (error) {
    if (!isModelsealError(error) || error.code === 'ERR_INTERNAL') throw error;
    return { report: build(), kind: error.kind };
  }
}

function describePath(
  checked: CheckedPath,
): Pick<CertificateReport, 'path' | 'anchor' | 'policies' | 'evidence'> {
  const { path } = checked;
  return {
    path: path.summaries(),
    anchor: path.anchor.label,
    policies: { authority: path.policies.authorityPolicies, user: path.policies.userPolicies },
    evidence: describeEvidence(checked),
  };
}
