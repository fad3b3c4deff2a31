import type { Refuse } from './refuse.js';

/** Node options that change no code: diagnostics, limits, and the ban on run-time code itself. */
const HARMLESS_OPTIONS =
  /^--(disallow-code-generation-from-strings|no-warnings|no-deprecation|trace-[a-z-]+|throw-deprecation|pending-deprecation|enable-source-maps|unhandled-rejections|max-old-space-size|max-semi-space-size|stack-trace-limit|max-http-header-size|dns-result-order|tls-min-v1\.[23]|tls-max-v1\.[23]|use-openssl-ca|use-bundled-ca|no-experimental-require-module|disable-sigusr1|no-addons|disable-proto|no-network-family-autoselection|title|abort-on-uncaught-exception|report-[a-z-]+)(=|$)/;

/** Options of the list above that take their value as the next word; the other `--report-…` are flags. */
const WITH_VALUE = /^--(unhandled-rejections|dns-result-order|title|report-(dir|directory|filename|signal))$/;

/** Variables through which a system loader, OpenSSL or Node brings other code into a process. */
export const CODE_VARIABLES: readonly string[] = [
  'LD_PRELOAD',
  'LD_AUDIT',
  'LD_LIBRARY_PATH',
  'DYLD_INSERT_LIBRARIES',
  'DYLD_LIBRARY_PATH',
  'OPENSSL_CONF',
  'OPENSSL_ENGINES',
  'OPENSSL_MODULES',
  'NODE_COMPILE_CACHE',
  'NODE_REPL_EXTERNAL_MODULE',
];

interface ProcessFacts {
  readonly execArgv: readonly string[];
  /** `process.argv`: without a second entry Node would read a program from the terminal. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether the value of an `--import` is the guard itself. */
  readonly isEntry: (name: string) => boolean;
}

/**
 * Refuses a process that was started with more code than Node, the guard and one program.
 *
 * @throws {ModelsealError} `ERR_GUARD_NODE_OPTION`, `ERR_GUARD_ENVIRONMENT`
 */
export function checkProcess(facts: ProcessFacts, refuse: Refuse): void {
  checkOptions(facts.execArgv, 'command line', facts.isEntry, refuse);
  const fromEnvironment = facts.env.NODE_OPTIONS?.trim();
  if (fromEnvironment) checkOptions(fromEnvironment.split(/\s+/), 'NODE_OPTIONS', facts.isEntry, refuse);
  for (const name of CODE_VARIABLES) {
    if (facts.env[name]) refuse('ERR_GUARD_ENVIRONMENT', { name });
  }
  const program = facts.argv[1];
  if (program === undefined || program === '-')
    refuse('ERR_GUARD_NODE_OPTION', { option: 'a program from standard input', source: 'command line' });
}

function checkOptions(
  options: readonly string[],
  source: string,
  isEntry: (name: string) => boolean,
  refuse: Refuse,
): void {
  for (let i = 0; i < options.length; i++) {
    const option = options[i] ?? '';
    const own = option === '--import' ? options[i + 1] : /^--import=(.*)$/.exec(option)?.[1];
    if (own !== undefined && isEntry(own)) {
      if (option === '--import') i++;
    } else if (HARMLESS_OPTIONS.test(option)) {
      // Node takes no value that begins with a dash from the next word.
      if (WITH_VALUE.test(option) && !options[i + 1]?.startsWith('-')) i++;
    } else {
      refuse('ERR_GUARD_NODE_OPTION', { option, source });
    }
  }
}
