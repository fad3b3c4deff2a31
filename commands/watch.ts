import { statSync } from 'node:fs';
import { isModelsealError, ModelsealError } from '../core/errors/index.js';
import type { Report } from '../core/report/index.js';
import type { OptionTable } from './options/table.js';
import { CHECK, type CheckArguments, DIR, readCheckOptions } from './options/check.js';
import { quarantineRefused } from './quarantine-refused.js';
import { type Command, type CommandContext, command, printable } from './terminal/index.js';

const OPTIONS = {
  ...CHECK,
  interval: { type: 'number', default: 3600, describe: 'Seconds between full passes' },
  settle: { type: 'number', default: 2, describe: 'Seconds that a model must rest before it is judged' },
} as const satisfies OptionTable;

/** `modelseal watch DIR` */
const watch: Command = (context) =>
  command({
    command: 'watch <dir>',
    describe: 'Judge what changes under a folder, and everything again on a schedule',
    builder: (yargs) =>
      yargs
        .positional('dir', DIR)
        .options(OPTIONS)
        .example(
          '$0 watch models --trust-root root.pem --quarantine .modelseal/quarantine',
          'move what is refused out of use',
        ),
    handler: (argv) => run(argv, context),
  });

export default watch;

async function run(
  argv: CheckArguments & { readonly interval: number; readonly settle: number },
  context: CommandContext,
): Promise<void> {
  for (const name of ['interval', 'settle'] as const) {
    if (!Number.isFinite(argv[name]) || argv[name] <= 0) {
      throw new ModelsealError('ERR_USAGE', { problem: `--${name} must be a positive number of seconds` });
    }
  }
  if (!statSync(argv.dir, { throwIfNoEntry: false })?.isDirectory()) {
    throw new ModelsealError('ERR_FILE_NOT_FOUND', { file: argv.dir, what: 'folder' });
  }
  const { watchFolder } = await import('../loader/check/index.js');
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  let lost: ModelsealError | undefined;
  const tally = { accepted: 0, refused: 0, threat: 0, unchecked: 0 };
  const onReport = async (report: Report, cause: string): Promise<void> => {
    tally[report.verdict]++;
    const codes = [...report.errors.map((e) => e.code), ...report.threats.map((t) => t.rule)];
    context.output.note(
      context.output.json
        ? JSON.stringify({ event: 'checked', cause, model: report.subject, verdict: report.verdict, codes })
        : `${context.now().toISOString()}  ${report.verdict.padEnd(9)} ${printable(report.subject)} ${codes.join(' ')} (${cause})`,
    );
    await context.record(report.verdict === 'accepted' ? 'verify' : 'refuse', report.verdict, {
      model: report.subject,
      codes,
      cause,
    });
    if (argv.quarantine !== undefined)
      await quarantineRefused(report, argv.quarantine, argv.quarantineOn, context);
  };
  try {
    await watchFolder(argv.dir, {
      check: () => readCheckOptions(argv, context),
      interval: argv.interval * 1000,
      settle: argv.settle * 1000,
      signal: stop.signal,
      onReport,
      onError: (error) => {
        if (isModelsealError(error, 'ERR_AUDIT_REQUIRED')) {
          lost = error;
          stop.abort();
        } else context.output.warn(error instanceof Error ? printable(error.message) : String(error));
      },
    });
  } finally {
    process.removeListener('SIGINT', onSignal);
    process.removeListener('SIGTERM', onSignal);
  }
  if (lost) throw lost;
  context.output.result({ stopped: true, checks: tally }, () => `stopped; ${JSON.stringify(tally)}`);
}
