import type { ScanContext } from '../types.js';

/** Files that say what is to be installed with a model. */
const NAMES =
  /^(?:[\w.-]{0,99}requirements[\w.-]{0,99}\.(?:txt|in)|constraints[\w.-]{0,99}\.txt|pyproject\.toml|setup\.cfg|pipfile|(?:environment|conda)[\w.-]{0,99}\.ya?ml)$/i;
/** Options of pip that add a place to install from, or install from a folder. */
const OPTION =
  /^(?:-i|--index-url|--extra-index-url|-f|--find-links|-e|--editable)(?:[ \t]*=[ \t]*|[ \t]+)["']?([^\s"'#]{1,500})/;
/** A direct reference (PEP 440, PEP 508): a repository, an address, a file. */
const DIRECT =
  /(?:^|[\s"'@[,=])((?:git|hg|svn|bzr)\+[^\s"',\]]{1,500}|@[ \t]{0,9}(?:https?|file):[^\s"',\]]{1,500})/;
const ADDRESS =
  /^(?:-[ \t]+)?["']?((?:https?|file):\/\/[^\s"']{1,500}\.(?:whl|zip|tar\.gz|tgz)\b[^\s"']{0,500})/;
/** A build backend that is part of the project itself (PEP 517) runs when the project is installed. */
const IN_TREE = /^backend-path[ \t]{0,99}=/;
/** The package indexes that requirements of models name. */
const KNOWN =
  /^https:\/\/(?:(?:www\.|test\.)?pypi\.org|pypi\.python\.org|files\.pythonhosted\.org|download\.pytorch\.org|pypi\.nvidia\.com|pypi\.ngc\.nvidia\.com|data\.pyg\.org)(?:\/|$)/i;
/** Longer lines are no requirements. */
const MAX_LINE = 2000;
const MAX_REPORTS = 64;

/** True for a file that says, by its name, what is to be installed. */
export const listsDependencies = (name: string): boolean => NAMES.test(name);

/** Reports requirements that fetch what they install from elsewhere than a public package index. */
export function findDependencySources(text: string, name: string, context: ScanContext): void {
  if (!listsDependencies(name)) return;
  let reports = 0;
  for (const [index, line] of text.split('\n').entries()) {
    const what = sourceOf(line.slice(0, MAX_LINE).trim());
    if (what === undefined) continue;
    context.report('CFG-DEPENDENCY-SOURCE', `line ${index + 1} installs from ${what}`);
    if (++reports === MAX_REPORTS) return;
  }
}

function sourceOf(line: string): string | undefined {
  if (line === '' || line.startsWith('#')) return undefined;
  if (IN_TREE.test(line)) return 'a build backend of its own';
  const option = OPTION.exec(line.replace(/^-[ \t]+(?=-)/, ''))?.[1];
  if (option !== undefined) return KNOWN.test(option) ? undefined : option;
  const found = (DIRECT.exec(line) ?? ADDRESS.exec(line))?.[1]?.replace(/^@[ \t]*/, '');
  return found !== undefined && !KNOWN.test(found) ? found : undefined;
}
