import { type CheckSummary, type Problem, problemsOf } from '../summary.js';

/** Renders a check as SARIF 2.1.0, as code-scanning services read it. */
export function toSarif(summary: CheckSummary): object {
  const found = summary.models.flatMap((model) =>
    problemsOf(model).map((problem) => ({ model: model.subject, problem })),
  );
  const rules = new Map<string, Problem>();
  for (const { problem } of found) if (!rules.has(problem.id)) rules.set(problem.id, problem);
  const ids = [...rules.keys()];
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Modelseal',
            version: summary.tool.version,
            rules: [...rules.values()].map((problem) => ({
              id: problem.id,
              shortDescription: { text: problem.title },
              fullDescription: { text: problem.description },
              help: { text: problem.hint || problem.description },
              helpUri: helpUri(problem.id),
              defaultConfiguration: { level: problem.level },
              properties: { 'security-severity': SECURITY_SEVERITY[problem.severity], tags: ['security'] },
            })),
          },
        },
        invocations: [{ executionSuccessful: summary.counts.unchecked === 0, endTimeUtc: summary.at }],
        results: found.map(({ model, problem }) => ({
          ruleId: problem.id,
          ruleIndex: ids.indexOf(problem.id),
          level: problem.level,
          message: { text: `${problem.message}. ${problem.hint}`.trim() },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: toUri(problem.file === '' ? model : problem.file) },
              },
            },
          ],
          partialFingerprints: { 'modelsealProblem/v1': `${model}|${problem.id}|${problem.file}` },
        })),
      },
    ],
  };
}

/** What code-scanning services sort by: a number of 0 to 10, as CVSS has it. */
const SECURITY_SEVERITY = { critical: '9.5', high: '8.0', medium: '5.5', low: '2.0' } as const;

/** A name for the page that explains it: docs/errors.md or docs/scanner.md of the package, and `modelseal explain`. */
const helpUri = (id: string): string => `urn:modelseal:explain:${encodeURIComponent(id)}`;

/** A relative reference as RFC 3986 wants it; archive members keep their `!/`. */
const toUri = (path: string): string =>
  (path.startsWith('/') ? 'file://' : '') +
  path.split('/').map(encodeURIComponent).join('/').replaceAll('%21', '!');
