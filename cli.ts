import yargs, { type Argv } from 'yargs';
import { type ErrorKind, isModelsealError, ModelsealError } from './core/errors/index.js';
import { type Command, type CommandContext, Output, printable, type Streams } from './core/terminal/index.js';
import { VERSION } from './core/version.js';

/** Exit codes of the command line; nothing else in the program knows them. */
const EXIT: { readonly [K in 'accepted' | ErrorKind]: number } = {
  accepted: 0,
  refused: 1,
  threat: 2,
  'not-found': 3,
  usage: 64,
  unchecked: 70,
};

/** Every top-level command, its line in the help, and the module that is imported only when it runs. */
const COMMANDS: readonly { name: string; describe: string; load: () => Promise<{ default: Command }> }[] = [];

/** Runs one command line and returns its exit code; never exits and never throws. */
export async function main(
  args: readonly string[],
  streams: Streams = process,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<number> {
  const json = args.includes('--json');
  const quiet = args.includes('--quiet');
  const output = new Output({ json, quiet, color: !env.NO_COLOR && !args.includes('--no-color') }, streams);
  let outcome: 'accepted' | ErrorKind = 'accepted';
  const context: CommandContext = {
    output,
    env,
    now: () => new Date(),
    finish: (how) => {
      outcome = how;
    },
  };
  try {
    const parser = await buildParser(args, context);
    let help: string | undefined;
    await parser.parseAsync([...args], {}, (error, _argv, text) => {
      if (error) throw error;
      if (text) help = text;
    });
    if (help !== undefined) output.raw(`${help}\n`);
  } catch (error) {
    const known = isModelsealError(error)
      ? error
      : new ModelsealError(
          'ERR_INTERNAL',
          { problem: error instanceof Error ? error.message : String(error) },
          { cause: error },
        );
    report(known, output, streams, env);
    outcome = known.kind;
  }
  return EXIT[outcome];
}

async function buildParser(args: readonly string[], context: CommandContext): Promise<Argv> {
  const wanted = args.find((word) => !word.startsWith('-'));
  const parser = yargs()
    .scriptName('modelseal')
    .usage('$0 <command> [options]')
    .parserConfiguration({
      'greedy-arrays': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .option('json', {
      type: 'boolean',
      global: true,
      describe: 'One JSON object on stdout, everything else on stderr',
    })
    .option('quiet', { type: 'boolean', global: true, describe: 'Print nothing but errors' })
    .option('color', {
      type: 'boolean',
      global: true,
      default: true,
      describe: 'Colour on a terminal (NO_COLOR respected)',
    })
    .version(VERSION)
    .help()
    .strict()
    .strictCommands()
    .demandCommand(1, 'Say which command to run.')
    .wrap(Math.min(110, Math.max(80, context.output.width)))
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new ModelsealError('ERR_USAGE', { problem: message });
    })
    .check((argv, options) => refuseRepeated(argv, options as unknown as { array: string[] }), true);
  for (const entry of COMMANDS) {
    if (entry.name === wanted) parser.command((await entry.load()).default(context));
    else parser.command({ command: entry.name, describe: entry.describe, handler: () => {} });
  }
  return parser;
}

/** An option that must appear once refuses to appear twice; yargs collects repeats in an array. */
function refuseRepeated(argv: Readonly<Record<string, unknown>>, options: { array: string[] }): true {
  for (const [name, value] of Object.entries(argv)) {
    if (name === '_' || name === '--' || !Array.isArray(value) || options.array.includes(name)) continue;
    throw new ModelsealError('ERR_OPTION_REPEATED', { option: name });
  }
  return true;
}

function report(
  error: ModelsealError,
  output: Output,
  streams: Streams,
  env: Readonly<Record<string, string | undefined>>,
): void {
  if (output.json) {
    streams.stdout.write(`${JSON.stringify({ error: error.toJSON() })}\n`);
    return;
  }
  const { red, dim } = output.colors;
  streams.stderr.write(`${red('error:')} ${printable(error.message)} ${dim(`[${error.code}]`)}\n`);
  streams.stderr.write(`${dim('hint:')}  ${error.hint}\n`);
  if (env.MODELSEAL_DEBUG && error.cause instanceof Error) streams.stderr.write(`${error.cause.stack}\n`);
}
