import yargs, { type Argv, type CommandModule } from 'yargs';
import { COMMANDS } from './commands/all.js';
import { EXIT } from './commands/exit-codes.js';
import { GLOBAL } from './commands/options/global.js';
import { type ErrorKind, isModelsealError, ModelsealError } from './core/errors/index.js';
import { locateModels } from './commands/options/locate.js';
import type { ForeignOption } from './core/node-options.js';
import { textVariable } from './commands/options/environment.js';
import {
  type CommandContext,
  dashesAreNames,
  didYouMean,
  flagValue,
  knownWords,
  leaveHelpUnrendered,
  Output,
  listsOf,
  openTelemetrySinks,
  optionName,
  optionValue,
  ownWords,
  printable,
  type Streams,
  spreadLists,
  type Telemetry,
  telemetrySettings,
} from './commands/terminal/index.js';
import { VERSION } from './core/version.js';

/**
 * Runs one command line and returns its exit code; never exits and never throws.
 *
 * @param foreign A Node option that may have brought other code into this process: nothing is judged beside it.
 */
export async function main(
  given: readonly string[],
  streams: Streams = process,
  env: Readonly<Record<string, string | undefined>> = process.env,
  foreign?: ForeignOption,
): Promise<number> {
  const words = dashesAreNames(helpAsked(given));
  const own = ownWords(words);
  const asked = (flag: string): boolean => own.includes(flag) || own.includes(`${flag}=true`);
  const [json, quiet] = [asked('--json'), asked('--quiet')];
  const color = !textVariable(env, 'NO_COLOR') && !asked('--no-color') && !asked('--color=false');
  const verbose = asked('--verbose');
  const output = new Output({ json, quiet, verbose, color, dumb: env.TERM === 'dumb' }, streams);
  let outcome = 'accepted' as 'accepted' | ErrorKind;
  let status: number | undefined;
  let telemetry: Telemetry | undefined;
  const now = (): Date => new Date();
  try {
    if (foreign && !own.includes('--help') && !own.includes('--version'))
      throw new ModelsealError('ERR_NODE_OPTION', foreign);
    const settings = telemetrySettings(
      {
        auditLog: optionValue(own, 'audit-log'),
        auditRequired: flagValue(own, 'audit-required'),
        logFile: optionValue(own, 'log-file'),
      },
      env,
    );
    telemetry = await openTelemetrySinks(settings, (text) => output.warn(text));
    const { act, record, observer, required } = telemetry;
    const context: CommandContext = {
      output,
      env,
      now,
      finish: (how) => {
        outcome = how;
      },
      passOn: (code) => {
        status = code;
      },
      record: (event, how, data) => record({ event, outcome: how, at: now(), data }),
      act: (what, work) => act(what, now, work),
      observer,
    };
    const modules = await loadCommands(words, context);
    const command = modules.get(own[0] ?? '');
    const lists = command && listsOf(command, own);
    const args = lists ? spreadLists(words, lists) : words;
    const parser = buildParser(args, modules, context);
    parser.middleware((argv) => output.resultOf(String(argv._[0])));
    // Between the checks of the words and the command: what is wrong with the words needs no entry.
    if (required) parser.middleware((argv) => required.begin(argv._.join(' '), now()));
    let help: string | undefined;
    await parser.parseAsync(args, {}, (error, _argv, text) => {
      if (error) throw error;
      if (text) help = text;
    });
    if (given[0] === 'help') requireHelpOf(given.slice(1), help ?? '');
    if (help !== undefined) output.raw(`${help}\n`);
    if (quiet && !json) sayUnsaid(outcome, output, streams);
    required?.requireIntact();
  } catch (error) {
    const known = isModelsealError(error)
      ? error
      : new ModelsealError(
          'ERR_INTERNAL',
          { problem: error instanceof Error ? error.message : String(error) },
          { cause: error },
        );
    report(known, output, streams, env);
    // A threat stays the gravest outcome, whatever went wrong after it was found.
    if (outcome !== 'threat') outcome = known.kind;
  }
  const lost = telemetry?.required?.end(outcome, now());
  if (lost) {
    // The report is out already, and standard output holds one document.
    streams.stderr.write(`error: ${printable(lost.message)} [${lost.code}]\n`);
    if (outcome !== 'threat') outcome = lost.kind;
  }
  return outcome === 'accepted' ? (status ?? EXIT.accepted) : EXIT[outcome];
}

/** `help verify` is `verify --help`. */
const helpAsked = (given: readonly string[]): readonly string[] =>
  given[0] === 'help' ? [...given.slice(1), '--help'] : given;

/** yargs gives the help of the nearest command that it knows; who names another is told so. */
function requireHelpOf(names: readonly string[], help: string): void {
  const path = names.filter((name) => !name.startsWith('-'));
  path.forEach((name, i) => {
    const known = ['modelseal', ...path.slice(0, i)].join(' ');
    if (new RegExp(`^${known} ${escaped(name)}(?: |$)`, 'm').test(help)) return;
    const names = [...help.matchAll(new RegExp(`^ +${known} ([a-z-]+)`, 'gm'))].map(([, found]) =>
      String(found),
    );
    throw new ModelsealError('ERR_USAGE', { problem: `unknown command: ${name}${didYouMean(name, names)}` });
  });
}

const escaped = (text: string): string => text.replace(/[^\w]/g, '\\$&');

/** yargs names an unknown option in both its spellings, and the words behind an unknown command; one is enough. */
function plainly(message: string, parser: Argv, args: readonly string[]): string {
  const { commands, options } = knownWords(parser);
  const unknown = (name: string): string => {
    const meant = didYouMean(
      `--${name}`,
      options.map((option) => `--${option}`),
    );
    return `unknown option: ${name.length === 1 ? '-' : '--'}${name}${meant}`;
  };
  if (message.startsWith('Missing required argument')) {
    // What is missing is often there, and misspelt.
    const names = ownWords(args).map((word) => optionName(word)?.name);
    const odd = names.find((name) => name !== undefined && !options.includes(name));
    return odd === undefined ? message : unknown(odd);
  }
  const [, kind, list = ''] = /^Unknown (command|argument)s?: (.*)$/su.exec(message) ?? [];
  const [name = ''] = list.split(', ');
  if (kind === undefined || name === '') return message;
  if (kind === 'argument') return unknown(name);
  if (commands.length === 0) return `surplus argument: ${name}`;
  const meant = didYouMean(name, commands);
  return meant === '' ? `unknown command or surplus argument: ${name}` : `unknown command: ${name}${meant}`;
}

/**
 * The command that the words begin with; behind global options, every one whose name occurs. The others are only a line
 * of the help.
 */
async function loadCommands(
  words: readonly string[],
  context: CommandContext,
): Promise<ReadonlyMap<string, CommandModule>> {
  const first = COMMANDS.filter(({ name }) => name === words[0]);
  const named = first.length > 0 ? first : COMMANDS.filter(({ name }) => words.includes(name));
  return new Map(
    await Promise.all(named.map(async ({ name, load }) => [name, (await load()).default(context)] as const)),
  );
}

function buildParser(
  args: readonly string[],
  modules: ReadonlyMap<string, CommandModule>,
  context: CommandContext,
): Argv {
  const parser = yargs()
    .options(GLOBAL)
    .scriptName('modelseal')
    .usage('$0 <command> [options]')
    .parserConfiguration({
      'greedy-arrays': false,
      // A dot in the name of an option would make an object of its value.
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .version(VERSION)
    .help()
    .alias('h', 'help')
    .strict()
    .strictCommands()
    .demandCommand(1, 'Say which command to run.')
    .wrap(Math.min(110, Math.max(80, context.output.width)))
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new ModelsealError('ERR_USAGE', { problem: plainly(message, parser, args) });
    })
    // Behind the checks, so that what is looked up is what a command will get.
    .middleware((argv) => locateModels(argv, context.env), false)
    .check((argv, options) => checkWords(args, argv, options as unknown as KnownOptions), true);
  for (const { name, describe } of COMMANDS)
    parser.command(modules.get(name) ?? { command: name, describe, handler: neverRun });
  leaveHelpUnrendered(parser);
  return parser;
}

/** A command that was not loaded cannot have been asked for; were it to run, silence would look like acceptance. */
function neverRun(): never {
  throw new ModelsealError('ERR_INTERNAL', { problem: 'the command was not loaded' });
}

/** What yargs knows of the options, as its checks get it. */
interface KnownOptions {
  readonly array: readonly string[];
  readonly boolean: readonly string[];
  readonly string: readonly string[];
}

/**
 * An option that must appear once refuses to appear twice, an option with a value to appear without one. Looked for in
 * the words themselves: yargs collects repeated values in an array, lets the last of repeated flags win, gives a
 * missing value as an empty one, and takes `--no-` before an option of any kind.
 */
function checkWords(
  args: readonly string[],
  argv: Readonly<Record<string, unknown>>,
  options: KnownOptions,
): true {
  const seen = new Set<string>();
  for (const word of ownWords(args)) {
    const { name, no, value: text } = optionName(word) ?? {};
    if (name === undefined) continue;
    // yargs takes every other value for false.
    if (options.boolean.includes(name) && text !== undefined && !['true', 'false'].includes(text))
      throw new ModelsealError('ERR_USAGE', { problem: `--${name} is true or false, not "${text}"` });
    if (no && !options.boolean.includes(name))
      throw new ModelsealError('ERR_USAGE', { problem: `--no-${name} is not an option` });
    const value = argv[name];
    if (options.array.includes(name)) {
      if (Array.isArray(value) && value.length === 0) throw valueMissing(name);
      continue;
    }
    if (seen.has(name)) throw new ModelsealError('ERR_OPTION_REPEATED', { option: name });
    seen.add(name);
    if (value === '' && options.string.includes(name)) throw valueMissing(name);
  }
  return true;
}

const valueMissing = (name: string): ModelsealError =>
  new ModelsealError('ERR_USAGE', { problem: `--${name} needs a value` });

/** Under `--quiet` a negative report is reduced to its errors. */
function sayUnsaid(outcome: 'accepted' | ErrorKind, output: Output, streams: Streams): void {
  if (outcome === 'accepted') return;
  const errors = output.unsaidErrors();
  for (const { code, message } of errors) streams.stderr.write(`error: ${printable(message)} [${code}]\n`);
  if (errors.length === 0)
    streams.stderr.write(`error: ${outcome}; run the command without --quiet for the report\n`);
}

function report(
  error: ModelsealError,
  output: Output,
  streams: Streams,
  env: Readonly<Record<string, string | undefined>>,
): void {
  if (output.json) {
    output.error(error.toJSON());
    return;
  }
  const { red, dim } = output.noteColors;
  // Who stopped it knows why, and needs no advice.
  if (error.kind === 'interrupted') {
    streams.stderr.write(`${printable(error.message)}\n`);
    return;
  }
  streams.stderr.write(`${red('error:')} ${printable(error.message)} ${dim(`[${error.code}]`)}\n`);
  streams.stderr.write(`${dim('hint:')}  ${error.hint}\n`);
  if (textVariable(env, 'MODELSEAL_DEBUG') && error.cause instanceof Error)
    streams.stderr.write(`${error.cause.stack}\n`);
}
