export { ReportBuilder, type StepObserver } from './builder.js';
export { toHtml } from './render/html.js';
export { toJUnit } from './render/junit.js';
export { toMarkdown } from './render/markdown.js';
export { htmlPage, htmlText } from './render/page.js';
export { type ProblemText, type RuleTexts, toSarif } from './render/sarif.js';
export type {
  ArtifactSummary,
  CertificateSummary,
  Check,
  FilesSummary,
  ModelSummary,
  Report,
  SignerSummary,
  ThreatSummary,
  Verdict,
} from './report.js';
export { type CheckSummary, type Problem, problemsOf, summarize, verdictText } from './summary.js';
