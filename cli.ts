import yargs, { type Argv } from 'yargs';
import { type ErrorKind, isModelsealError, ModelsealError } from './core/errors/index.js';
import {
  type Command,
  type CommandContext,
  Output,
  openTelemetrySinks,
  printable,
  type Streams,
  telemetrySettings,
} from './core/terminal/index.js';
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
const COMMANDS: readonly { name: string; describe: string; load: () => Promise<{ default: Command }> }[] = [
  {
    name: 'ca',
    describe: 'Run a certificate authority',
    load: () => import('./ca/commands/index.js'),
  },
  { name: 'sign', describe: 'Sign a model folder or file', load: () => import('./signer/commands/sign.js') },
  {
    name: 'verify',
    describe: 'Verify the signature of a model: who signed, and whether these are the signed files',
    load: () => import('./loader/commands/verify.js'),
  },
  {
    name: 'load',
    describe: 'Verify and scan a model, hand its verified bytes to a runtime, and run one inference',
    load: () => import('./loader/commands/load.js'),
  },
  {
    name: 'certificate',
    describe: 'Judge a certificate of any CA: path, rules, revocation',
    load: () => import('./loader/commands/certificate.js'),
  },
  {
    name: 'inspect',
    describe: 'What a signature, certificate, CRL or model claims (unverified, and says so)',
    load: () => import('./signer/commands/inspect.js'),
  },
  {
    name: 'digest',
    describe: 'The manifest and root digest of a model, no keys involved',
    load: () => import('./signer/commands/digest.js'),
  },
  {
    name: 'scan',
    describe: 'Look for threats in models without loading them',
    load: () => import('./loader/commands/scan.js'),
  },
  {
    name: 'convert',
    describe: 'Turn a pickle or PyTorch file into safetensors without executing anything',
    load: () => import('./loader/commands/convert.js'),
  },
  {
    name: 'check',
    describe: 'Judge every model under a folder: signature, integrity, threats',
    load: () => import('./loader/commands/check.js'),
  },
  {
    name: 'watch',
    describe: 'Judge what changes under a folder, and everything again on a schedule',
    load: () => import('./loader/commands/watch.js'),
  },
  {
    name: 'quarantine',
    describe: 'Look at, release or delete what was quarantined',
    load: () => import('./loader/commands/quarantine.js'),
  },
  {
    name: 'metadata',
    describe: 'Checksum records of the older practice (metadata.json, FILE.sig.json)',
    load: () => import('./core/commands/metadata.js'),
  },
  {
    name: 'migrate',
    describe: 'From checksum records to signed bundles: a dry run, unless --apply',
    load: () => import('./signer/commands/migrate.js'),
  },
  {
    name: 'audit',
    describe: 'Verify and read the audit log',
    load: () => import('./core/commands/audit.js'),
  },
  {
    name: 'run',
    describe: 'A Node program under the guard: only signed code, only verified models',
    load: () => import('./loader/commands/run.js'),
  },
  {
    name: 'demo',
    describe: 'Attack a model with a real package, then defend it',
    load: () => import('./demo/commands/demo.js'),
  },
];

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
  const now = (): Date => new Date();
  try {
    const settings = telemetrySettings(
      { auditLog: optionValue(args, 'audit-log'), logFile: optionValue(args, 'log-file') },
      env,
    );
    const telemetry = await openTelemetrySinks(settings, (text) => output.warn(text));
    const context: CommandContext = {
      output,
      env,
      now,
      finish: (how) => {
        outcome = how;
      },
      record: (event, how, data) => telemetry.record({ event, outcome: how, at: now(), data }),
      observer: telemetry.observer,
    };
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

/** Value of an option that is needed before the command is parsed; its grammar is checked by yargs afterwards. */
function optionValue(args: readonly string[], option: string): string | undefined {
  const at = args.findIndex((word) => word === `--${option}` || word.startsWith(`--${option}=`));
  if (at < 0) return undefined;
  const word = args[at] as string;
  return word.includes('=') ? word.slice(word.indexOf('=') + 1) : args[at + 1];
}

async function buildParser(args: readonly string[], context: CommandContext): Promise<Argv> {
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
    .option('audit-log', {
      type: 'string',
      global: true,
      describe: 'Append what happens to this hash-chained log (also MODELSEAL_AUDIT_LOG)',
    })
    .option('log-file', {
      type: 'string',
      global: true,
      describe: 'Append structured logs as JSON lines (also MODELSEAL_LOG_FILE)',
    })
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
    .check((_argv, options) => refuseRepeated(args, options as unknown as { array: string[] }), true);
  const first = COMMANDS.find((entry) => entry.name === args[0]);
  for (const entry of COMMANDS) {
    // The command that the words begin with is loaded; behind global options, every one whose name occurs. The others
    // are only a line of the help.
    if (first ? entry === first : args.includes(entry.name))
      parser.command((await entry.load()).default(context));
    else parser.command({ command: entry.name, describe: entry.describe, handler: neverRun });
  }
  leaveHelpUnrendered(parser);
  return parser;
}

/**
 * yargs renders the help text after every command, in case somebody asks for it later. Nobody does: it would be a
 * third of the start-up time of a small command.
 */
function leaveHelpUnrendered(parser: Argv): void {
  interface Internals {
    getInternalMethods?(): { getUsageInstance?(): { cacheHelpMessage?: () => void } };
  }
  const usage = (parser as unknown as Internals).getInternalMethods?.().getUsageInstance?.();
  if (usage?.cacheHelpMessage) usage.cacheHelpMessage = () => {};
}

/** A command that was not loaded cannot have been asked for; were it to run, silence would look like acceptance. */
function neverRun(): never {
  throw new ModelsealError('ERR_INTERNAL', { problem: 'the command was not loaded' });
}

/**
 * An option that must appear once refuses to appear twice. Looked for in the words themselves: yargs collects repeated
 * values in an array, but lets the last of repeated flags win.
 */
function refuseRepeated(args: readonly string[], options: { array: readonly string[] }): true {
  const seen = new Set<string>();
  for (const word of args) {
    if (word === '--') break;
    const name = /^--(?:no-)?([a-z][a-z0-9-]*)(?:=|$)/.exec(word)?.[1];
    if (name === undefined || options.array.includes(name)) continue;
    if (seen.has(name)) throw new ModelsealError('ERR_OPTION_REPEATED', { option: name });
    seen.add(name);
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
