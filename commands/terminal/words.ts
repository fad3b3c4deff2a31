// What is done with the words of a command line before yargs parses them.

/** The words up to `--`: those behind it are not ours but, for `run`, the program's. */
export function ownWords(args: readonly string[]): readonly string[] {
  const end = args.indexOf('--');
  return end < 0 ? args : args.slice(0, end);
}

/**
 * No command reads its standard input, so `-` is the name of a file. yargs would drop the word from a list of names, and
 * `scan -` would have looked at nothing and found it clean.
 */
export function dashesAreNames(args: readonly string[]): string[] {
  const own = ownWords(args).map((word) => (word === '-' ? './-' : word));
  return [...own, ...args.slice(own.length)];
}

/** A command of one file or folder: how many words name the command itself, and which of its options take several. */
export interface ListOptions {
  readonly depth: number;
  readonly lists: readonly string[];
}

/**
 * `verify MODEL --crl a b` means `--crl a --crl b`. Only where the name of what is looked at stands right behind the
 * command: anywhere else it could be one of the list, which is why yargs is told to leave such words alone.
 */
export function spreadLists(args: readonly string[], { depth, lists }: ListOptions): string[] {
  const own = ownWords(args);
  if ((own[depth] ?? '-').startsWith('-')) return [...args];
  let list: string | undefined;
  let values = 0;
  const spread = own.flatMap((word) => {
    const option = /^--([a-z-]+)(=?)/.exec(word);
    if (option) {
      list = lists.find((name) => name === option[1]);
      values = option[2] ? 1 : 0;
      return [word];
    }
    if (word.startsWith('-')) list = undefined;
    return list !== undefined && values++ > 0 ? [`--${list}`, word] : [word];
  });
  return [...spread, ...args.slice(own.length)];
}

/** Value of an option that is needed before the command is parsed; its grammar is checked by yargs afterwards. */
export function optionValue(args: readonly string[], option: string): string | undefined {
  const at = args.findIndex((word) => word === `--${option}` || word.startsWith(`--${option}=`));
  if (at < 0) return undefined;
  const word = args[at] as string;
  return word.includes('=') ? word.slice(word.indexOf('=') + 1) : args[at + 1];
}
