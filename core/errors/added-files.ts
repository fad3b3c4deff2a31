/** What tools leave behind in a model folder: how it is recognised, and what to do about it. */
interface Trace {
  readonly found: RegExp;
  readonly hint: string;
}

const TRACES: readonly Trace[] = [
  {
    found: /(?:^|\/)\.cache\/huggingface\//,
    hint: 'In .cache/huggingface lies more than the records of a download with --local-dir: finish the download, or remove that folder.',
  },
  {
    found: /(?:^|\/)(?:__pycache__\/|[^/]*\.py[co]$)/,
    hint: 'Python compiled code that was imported from here (__pycache__), and would run that in place of the source: remove it, and set PYTHONDONTWRITEBYTECODE=1.',
  },
  {
    found: /(?:^|\/)(?:\.DS_Store|\._[^/]*|\.Spotlight-V100\/.*|__MACOSX\/.*|Thumbs\.db|desktop\.ini)$/,
    hint: 'The file manager of macOS or Windows left its own files (.DS_Store and the like): remove them.',
  },
  {
    found: /(?:^|\/)\.git(?:\/|$|attributes$|ignore$|modules$)/,
    hint: 'A clone brought .git along: copy the files without it, or ask the publisher to exclude it when signing.',
  },
  {
    found: /(?:^|\/)\.ipynb_checkpoints\//,
    hint: 'A notebook left .ipynb_checkpoints behind: remove that folder.',
  },
];

/**
 * What to do about files that nobody signed, where their names say what put them there. They are named and refused like
 * any other: a name is no proof of where a file comes from.
 *
 * @returns Undefined where no name says anything.
 */
export function hintForAdded(files: readonly string[], general: string): string | undefined {
  const hints = TRACES.filter(({ found }) => files.some((file) => found.test(file))).map(({ hint }) => hint);
  if (hints.length === 0) return undefined;
  const rest = files.some((file) => !TRACES.some(({ found }) => found.test(file)));
  return [...hints, ...(rest ? [`The other files: ${general}`] : [])].join(' ');
}
