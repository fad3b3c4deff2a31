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

/** An option in a word; yargs takes the camel-case form of a name for the same option. */
export function optionName(
  word: string,
): { readonly name: string; readonly no: boolean; readonly value: string | undefined } | undefined {
  const [, no, camel, value] = /^--(no-)?([A-Za-z][A-Za-z0-9-]*)(?:=(.*))?$/s.exec(word) ?? [];
  if (camel === undefined) return undefined;
  return {
    name: camel.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    no: no !== undefined,
    value,
  };
}

/** Value of an option that is needed before the command is parsed; its grammar is checked by yargs afterwards. */
export function optionValue(args: readonly string[], option: string): string | undefined {
  const at = args.findIndex((word) => optionName(word)?.name === option);
  return at < 0 ? undefined : (optionName(args[at] as string)?.value ?? args[at + 1]);
}

/** The same for an option that is true or false. */
export function flagValue(args: readonly string[], option: string): boolean | undefined {
  const found = args.map(optionName).find((word) => word?.name === option);
  return found && (found.value === undefined ? !found.no : found.value === 'true' && !found.no);
}
