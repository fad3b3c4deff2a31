import { readStageOptions, type StageArguments, STAGING } from './options/stage.js';
import { list, text } from './options/table.js';
import { MODEL } from './options/verification.js';
import { type Command, type CommandContext, command } from './terminal/index.js';
import { conclude, remember } from './verify.js';

const OPTIONS = {
  ...STAGING,
  in: text('Folder for the private copy, such as one in memory (/dev/shm)'),
  'pass-env': list('Variable that is passed on although its name looks like a secret'),
  report: text('Write the report to this file, as JSON'),
} as const;

interface ExecArguments extends StageArguments {
  readonly in?: string | undefined;
  readonly 'pass-env'?: string[] | undefined;
  readonly report?: string | undefined;
  readonly program?: string[] | undefined;
  /** The name of the command, then what stands after `--`. */
  readonly _?: readonly (string | number)[];
}

/** `modelseal exec MODEL -- PROGRAM` */
const exec: Command = (context) =>
  command({
    command: 'exec <model> [program..]',
    describe: 'Run any program on a private, verified copy of a model',
    builder: (yargs) =>
      yargs
        .positional('model', MODEL)
        .positional('program', {
          type: 'string',
          array: true,
          describe: 'Program and arguments, after --; {model} in them is the path of the copy',
        })
        .options(OPTIONS)
        .example(
          '$0 exec ./model --trust-root root.pem -- python serve.py --model {model}',
          'a program in any language; MODELSEAL_MODEL has the path as well',
        ),
    handler: (argv) => run(argv, context),
  });

export default exec;

/** What a shell or a service manager sends to this process is meant for the program. */
const PASSED: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'];

async function run(argv: ExecArguments, context: CommandContext): Promise<void> {
  const [options, { execModel }, { ReportBuilder }] = await Promise.all([
    readStageOptions(argv, context),
    import('../loader/stage/index.js'),
    import('../core/report/index.js'),
  ]);
  const report = new ReportBuilder(argv.model, options.at, context.observer);
  const bar = context.output.progress('copying');
  const program = [...(argv.program ?? []), ...(argv._ ?? []).slice(1).map(String)];
  const stop = new AbortController();
  let kill: ((signal: NodeJS.Signals) => void) | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (!kill) stop.abort();
    // A terminal sends its own to every process in front of it.
    else if (!(signal === 'SIGINT' || signal === 'SIGQUIT') || !process.stdin.isTTY) kill(signal);
  };
  for (const name of PASSED) process.on(name, onSignal);
  try {
    const { status } = await execModel(argv.model, program, {
      ...options,
      report,
      signal: stop.signal,
      onProgress: bar.sink,
      env: context.env,
      passEnv: argv['pass-env'],
      in: argv.in,
      onStart: (send) => {
        kill = send;
        bar.done();
      },
      reportFile: argv.report,
    });
    await remember('load', undefined, report, context);
    context.passOn(status);
  } catch (error) {
    bar.done();
    await remember('load', error, report, context);
    await conclude(error, report, context);
  } finally {
    for (const name of PASSED) process.removeListener(name, onSignal);
  }
}
