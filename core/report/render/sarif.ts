import { sentenceOf } from '../../errors/index.js';
import { type CheckSummary, type Problem, problemsOf } from '../summary.js';

/** What a kind of problem is, wherever it is found. */
export interface ProblemText {
  /** A few words. */
  readonly title: string;
  readonly description: string;
  readonly remedy: string;
}

/** Knows the rules of the scanner, which this module does not. */
export type RuleTexts = (rule: string) => ProblemText | undefined;

/** Renders a check as SARIF 2.1.0, as code-scanning services read it. */
export function toSarif(summary: CheckSummary, rules: RuleTexts = () => undefined): object {
  const found = summary.models.flatMap((model) =>
    problemsOf(model).map((problem) => ({ model: model.subject, problem })),
  );
  const kinds = new Map<string, Problem>();
  for (const { problem } of found) if (!kinds.has(problem.id)) kinds.set(problem.id, problem);
  const ids = [...kinds.keys()];
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Modelseal',
            version: summary.tool.version,
            rules: [...kinds.values()].map((problem) => {
              const { title, description, remedy } = textOf(problem, rules);
              return {
                id: problem.id,
                shortDescription: { text: title },
                fullDescription: { text: description },
                help: { text: remedy },
                helpUri: helpUri(problem.id),
                defaultConfiguration: { level: problem.level },
                properties: { 'security-severity': SECURITY_SEVERITY[problem.severity], tags: ['security'] },
              };
            }),
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

function textOf({ id, hint }: Problem, rules: RuleTexts): ProblemText {
  const sentence = sentenceOf(id);
  if (sentence !== undefined) return { title: sentence, description: `${sentence}.`, remedy: hint };
  return (
    rules(id) ?? {
      title: `Warning of the check ${id}`,
      description: 'Something that an acceptance leaves open.',
      remedy: 'Read the message of the result; with --ci such a warning refuses.',
    }
  );
}

/** What code-scanning services sort by: a number of 0 to 10, as CVSS has it. */
const SECURITY_SEVERITY = { critical: '9.5', high: '8.0', medium: '5.5', low: '2.0' } as const;

/** A name for the page that explains it: docs/errors.md or docs/scanner.md of the package, and `modelseal explain`. */
const helpUri = (id: string): string => `urn:modelseal:explain:${encodeURIComponent(id)}`;

/** A reference as RFC 3986 wants it, absolute where the path is; archive members keep their `!/`. */
const toUri = (path: string): string =>
  (path.startsWith('/') ? 'file://' : '') +
  path.split('/').map(encodeURIComponent).join('/').replaceAll('%21', '!');
