export { ReportBuilder } from './builder.js';
export type {
  CertificateSummary,
  Check,
  FilesSummary,
  Report,
  SignerSummary,
  ThreatSummary,
  Verdict,
} from './report.js';
