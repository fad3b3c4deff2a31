import yargs, { type Argv, type CommandModule } from 'yargs';
import type { ListOptions } from './words.js';

// The one file that looks inside yargs, whose types leave out what it knows of commands and options.

interface Inside {
  getOptions(): {
    readonly key: object;
    readonly array: readonly string[];
    readonly choices: Readonly<Record<string, readonly string[]>>;
    readonly default: Readonly<Record<string, unknown>>;
  };
  getInternalMethods(): {
    getCommandInstance(): { getCommandHandlers(): Readonly<Record<string, Handler>> };
    getUsageInstance(): { cacheHelpMessage?: () => void };
  };
}

interface Handler {
  readonly builder: unknown;
  readonly original: string;
}

const inside = (parser: Argv): Inside => parser as unknown as Inside;

/** What could stand at the place that a parser has come to. */
export interface KnownWords {
  readonly commands: readonly string[];
  readonly options: readonly string[];
}

export function knownWords(parser: Argv): KnownWords {
  const handlers = inside(parser).getInternalMethods().getCommandInstance().getCommandHandlers();
  return { commands: Object.keys(handlers), options: Object.keys(inside(parser).getOptions().key) };
}

/** The options of a parser as they are written: what holds without being asked for can be denied. */
export function optionWords(parser: Argv): string[] {
  const { default: defaults } = inside(parser).getOptions();
  return knownWords(parser).options.flatMap((option) =>
    defaults[option] === true ? [option, `no-${option}`] : [option],
  );
}

/** A command with everything that may stand behind it. */
export interface CommandWords extends KnownWords {
  /** `ca issue` */
  readonly path: string;
  /** Values of options that take one of a few; those of a positional argument stand among the commands. */
  readonly choices: Readonly<Record<string, readonly string[]>>;
}

/** The options that take several values, of the command that words ask for; undefined unless it looks at one thing. */
export function listsOf(
  { command, builder }: CommandModule,
  words: readonly string[],
): ListOptions | undefined {
  const parser = yargs().help(false).version(false);
  if (typeof builder === 'function') builder(parser);
  const [, below] = words;
  const handlers = inside(parser).getInternalMethods().getCommandInstance().getCommandHandlers();
  if (below !== undefined && Object.hasOwn(handlers, below)) {
    const { original, builder: b } = handlers[below] as Handler;
    const found = listsOf({ command: original, builder: b as () => Argv, handler: () => {} }, words.slice(1));
    return found && { ...found, depth: found.depth + 1 };
  }
  const taken = /^[a-z]+ <([a-z-]+)>$/.exec(String(command))?.[1];
  return taken === undefined ? undefined : { depth: 1, lists: inside(parser).getOptions().array };
}

/** Every command and sub-command; their builders run, their handlers do not. */
export function wordsOf(modules: readonly CommandModule[], path: readonly string[] = []): CommandWords[] {
  return modules.flatMap(({ command = '', builder }) => {
    const [name = '', ...positionals] = String(command).split(/\s+/);
    const here = [...path, name];
    const parser = yargs().help(false).version(false);
    if (typeof builder === 'function') builder(parser);
    const handlers = inside(parser).getInternalMethods().getCommandInstance().getCommandHandlers();
    const below = Object.values(handlers).map(({ original, builder: b }) => ({
      command: original,
      builder: b as NonNullable<CommandModule['builder']>,
      handler: () => {},
    }));
    const taken = positionals.map((word) => word.replace(/[^\w-]/g, ''));
    const { commands } = knownWords(parser);
    const { choices } = inside(parser).getOptions();
    const words = {
      path: here.join(' '),
      commands: [...commands, ...taken.flatMap((name) => choices[name] ?? [])],
      options: optionWords(parser).filter((option) => !taken.includes(option)),
      choices: Object.fromEntries(Object.entries(choices).filter(([name]) => !taken.includes(name))),
    };
    return [words, ...wordsOf(below, here)];
  });
}

/**
 * yargs renders the help text after every command, in case somebody asks for it later. Nobody does: it would be a
 * third of the start-up time of a small command.
 */
export function leaveHelpUnrendered(parser: Argv): void {
  inside(parser).getInternalMethods().getUsageInstance().cacheHelpMessage = () => {};
}
