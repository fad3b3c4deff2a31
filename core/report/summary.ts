import type { Report, ThreatSummary, Verdict } from './report.js';

/** The reports of one `check` run, with what became of each. */
export interface CheckSummary {
  readonly tool: Report['tool'];
  /** Folder that was checked. */
  readonly root: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly verdict: Verdict;
  readonly counts: Readonly<Record<Verdict, number>>;
  readonly models: readonly Report[];
}

/** Worst first: what a run with several models says as a whole. */
const ORDER: readonly Verdict[] = ['threat', 'refused', 'unchecked', 'accepted'];

/** The verdict with what it leaves open: `accepted, revocation not checked`. */
export const verdictText = ({ verdict, reservations }: Pick<Report, 'verdict' | 'reservations'>): string =>
  verdict === 'accepted' ? [verdict, ...reservations].join(', ') : verdict;

/** Sums up reports; a run without models is `accepted` only if the caller allows an empty one before. */
export function summarize(
  root: string,
  at: Date,
  models: readonly Report[],
  tool: Report['tool'],
): CheckSummary {
  const counts = { accepted: 0, refused: 0, threat: 0, unchecked: 0 };
  for (const model of models) counts[model.verdict]++;
  const verdict = ORDER.find((v) => counts[v] > 0) ?? 'accepted';
  return { tool, root, at: at.toISOString(), verdict, counts, models };
}

/** One problem of a model, in the common shape that the renderers print. */
export interface Problem {
  /** Error code or scanner rule. */
  readonly id: string;
  readonly level: 'error' | 'warning' | 'note';
  readonly severity: ThreatSummary['severity'];
  readonly message: string;
  readonly hint: string;
  /** File the problem is in, relative to the model or as the caller named it. */
  readonly file: string;
}

/** Findings name a file of a signed model as its manifest does; seen from outside, it lies in the model. */
function placeOf(file: string, subject: string): string {
  const [outer = ''] = file.split('!/');
  if (outer === subject || outer.startsWith(`${subject}/`)) return file;
  return subject.endsWith(`/${outer}`) ? subject + file.slice(outer.length) : `${subject}/${file}`;
}

/** Every problem of a report: errors first, then threats; warnings of checks last. */
export function problemsOf(report: Report): Problem[] {
  // What the findings say one by one is not said a second time in sum.
  const said = report.threats.length > 0 ? ['ERR_THREAT_FOUND'] : [];
  const errors = report.errors
    .filter((e) => !said.includes(e.code))
    .map((e) => ({
      id: e.code,
      level: 'error' as const,
      severity: 'high' as const,
      message: e.message,
      hint: e.hint,
      file: typeof e.details.file === 'string' ? e.details.file : report.subject,
    }));
  const threats = report.threats.map((t) => ({
    id: t.rule,
    level:
      t.severity === 'low'
        ? ('note' as const)
        : t.severity === 'medium'
          ? ('warning' as const)
          : ('error' as const),
    severity: t.severity,
    message: t.message,
    hint: 'See the rule in the scanner documentation; quarantine the model until it is explained.',
    file: placeOf(t.file, report.subject),
  }));
  const warnings = report.checks
    .filter((c) => c.outcome === 'warning')
    .map((c) => ({
      id: c.name,
      level: 'warning' as const,
      severity: 'low' as const,
      message: c.detail,
      hint: '',
      file: report.subject,
    }));
  return [...errors, ...threats, ...warnings];
}
