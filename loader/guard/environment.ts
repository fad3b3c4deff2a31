import { foreignOptionOf } from '../../core/node-options.js';
import type { Refuse } from './refuse.js';

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
  const foreign = foreignOptionOf(facts.execArgv, facts.env.NODE_OPTIONS, facts.isEntry);
  if (foreign) refuse('ERR_GUARD_NODE_OPTION', foreign);
  for (const name of CODE_VARIABLES) {
    if (facts.env[name]) refuse('ERR_GUARD_ENVIRONMENT', { name });
  }
  const program = facts.argv[1];
  if (program === undefined || program === '-')
    refuse('ERR_GUARD_NODE_OPTION', { option: 'a program from standard input', source: 'command line' });
}
