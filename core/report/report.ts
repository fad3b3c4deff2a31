import type { ErrorRecord } from '../errors/index.js';

/** One check that was made, or was deliberately not made. Every check appears, by name, in every report. */
export interface Check {
  /** Stable dotted name, for instance `path.validity` or `revocation.crl`. */
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped' | 'warning';
  /** One sentence for people. */
  readonly detail: string;
  /** Where the rule stands, for instance `RFC 5280 §6.1.3`. */
  readonly source?: string;
}

/** A certificate as a report shows it. */
export interface CertificateSummary {
  readonly subject: string;
  readonly issuer: string;
  /** Hexadecimal. */
  readonly serialNumber: string;
  /** ISO 8601, UTC. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** SHA-256 over the DER, hexadecimal. */
  readonly fingerprint: string;
  /** For instance `RSA-2048` or `EC P-256`. */
  readonly key: string;
  /** E-mail addresses, URIs and DNS names of the subject alternative name. */
  readonly identities: readonly string[];
}

/** Who signed, as far as it is proven. */
export interface SignerSummary {
  readonly method: 'certificate' | 'key' | 'sigstore';
  readonly identities: readonly string[];
  /** SHA-256 over the SubjectPublicKeyInfo, hexadecimal. */
  readonly keyFingerprint: string;
  /** Leaf first, trust anchor last; empty for the key method. */
  readonly chain: readonly CertificateSummary[];
}

/** What became of the files; every name is listed, not only the first. */
export interface FilesSummary {
  readonly matched: number;
  readonly bytes: number;
  readonly changed: readonly string[];
  readonly missing: readonly string[];
  readonly extra: readonly string[];
  readonly ignored: readonly string[];
  /** Signed, but not looked at on request (`--only`). */
  readonly notVerified: readonly string[];
}

/** One finding of the threat scanner, as reports, SARIF and quarantine records carry it. */
export interface ThreatSummary {
  readonly file: string;
  /** Stable identifier, for instance `PKL-EXEC`. */
  readonly rule: string;
  readonly severity: 'low' | 'medium' | 'high' | 'critical';
  readonly message: string;
}

/** Which model of the hub a folder is, where its place in a Hugging Face cache tells. */
export interface ModelSummary {
  /** `ORG/NAME` */
  readonly name: string;
  /** The commit. */
  readonly revision: string;
  /** Of all its files. */
  readonly bytes: number;
}

/** An artifact of a registry that was judged. */
export interface ArtifactSummary {
  /** `oci://HOST/REPOSITORY@sha256:…`, by which a puller gets exactly what was judged. */
  readonly reference: string;
  readonly digest: string;
}

export type Verdict = 'accepted' | 'refused' | 'threat' | 'unchecked';

/** The one report behind human text, `--json`, SARIF, JUnit and HTML. JSON-able as it stands. */
export interface Report {
  readonly tool: { readonly name: 'modelseal'; readonly version: string };
  /** What was judged, as the caller named it. */
  readonly subject: string;
  readonly model?: ModelSummary;
  readonly artifact?: ArtifactSummary;
  readonly verdict: Verdict;
  /** What an acceptance leaves open, to be said with the verdict: `revocation not checked`. */
  readonly reservations: readonly string[];
  /** The time that validity was judged at, ISO 8601. */
  readonly at: string;
  readonly signers: readonly SignerSummary[];
  readonly checks: readonly Check[];
  readonly files?: FilesSummary;
  readonly threats: readonly ThreatSummary[];
  /** Signed metadata (in-toto annotations of the subject), verified. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly errors: readonly ErrorRecord[];
  /** Milliseconds by step, in the order of the steps. */
  readonly timings: Readonly<Record<string, number>>;
}
