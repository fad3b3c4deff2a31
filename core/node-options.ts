// What starts Node with other code than its program. Used by the launcher of the command line, before anything else is
// loaded, and by the guard: nothing is imported here.

/** Node options that change no code: diagnostics, limits, and the ban on run-time code itself. */
const HARMLESS_OPTIONS =
  /^--(disallow-code-generation-from-strings|no-warnings|no-deprecation|trace-[a-z-]+|throw-deprecation|pending-deprecation|enable-source-maps|unhandled-rejections|max-old-space-size|max-semi-space-size|stack-trace-limit|max-http-header-size|dns-result-order|tls-min-v1\.[23]|tls-max-v1\.[23]|use-openssl-ca|use-bundled-ca|use-system-ca|no-experimental-require-module|disable-sigusr1|no-addons|disable-proto|no-network-family-autoselection|title|abort-on-uncaught-exception|report-[a-z-]+)(=|$)/;

/** Options of the list above that take their value as the next word; the other `--report-…` are flags. */
const WITH_VALUE = /^--(unhandled-rejections|dns-result-order|title|report-(dir|directory|filename|signal))$/;

/**
 * The words of NODE_OPTIONS, split as Node does it: at spaces alone, outside of double quotes, within which a backslash
 * takes the next character as it stands. Node does not start where a quote or an escape has no end.
 */
export function splitNodeOptions(text: string): string[] {
  const words: string[] = [];
  let quoted = false;
  let fresh = true;
  for (let at = 0; at < text.length; at++) {
    let letter = text.charAt(at);
    if (letter === '\\' && quoted) {
      at++;
      letter = text.charAt(at);
    } else if (letter === ' ' && !quoted) {
      fresh = true;
      continue;
    } else if (letter === '"') {
      quoted = !quoted;
      continue;
    }
    if (fresh) words.push(letter);
    else words[words.length - 1] += letter;
    fresh = false;
  }
  return words;
}

/**
 * The first of the options that is not known to change no code.
 *
 * @param isOwn Whether the value of an `--import` is our own.
 */
export function foreignOption(
  options: readonly string[],
  isOwn: (name: string) => boolean = () => false,
): string | undefined {
  for (let i = 0; i < options.length; i++) {
    const option = options[i] ?? '';
    const own = option === '--import' ? options[i + 1] : /^--import=(.*)$/s.exec(option)?.[1];
    if (own !== undefined && isOwn(own)) {
      if (option === '--import') i++;
    } else if (HARMLESS_OPTIONS.test(option)) {
      // Node takes no value that begins with a dash from the next word.
      if (WITH_VALUE.test(option) && !options[i + 1]?.startsWith('-')) i++;
    } else {
      return option;
    }
  }
  return undefined;
}

export interface ForeignOption {
  readonly option: string;
  readonly source: 'command line' | 'NODE_OPTIONS' | 'BUN_OPTIONS';
}

/** The first option of a process, on its command line or in NODE_OPTIONS, that may have brought in code. */
export function foreignOptionOf(
  execArgv: readonly string[],
  nodeOptions: string | undefined,
  isOwn?: (name: string) => boolean,
): ForeignOption | undefined {
  const given = foreignOption(execArgv, isOwn);
  if (given !== undefined) return { option: given, source: 'command line' };
  const inherited = foreignOption(splitNodeOptions(nodeOptions ?? ''), isOwn);
  return inherited === undefined ? undefined : { option: inherited, source: 'NODE_OPTIONS' };
}
