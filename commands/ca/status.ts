import { type Command, command, printable } from '../terminal/index.js';
import { textVariable } from '../options/environment.js';
import { withAuthority } from './open.js';
import { homeOption } from './options.js';

/** More lines than this are no longer read; `--json` and `--html` have all. */
const MAX_LINES = 40;

const status: Command = (context) =>
  command({
    command: 'status',
    describe: 'What runs out when, and what was left undone; exit code 1 when something is due',
    builder: (yargs) =>
      homeOption(yargs)
        .option('days', {
          type: 'number',
          default: 14,
          describe: 'Developer certificates that end within so many days',
        })
        .option('backup-days', {
          type: 'number',
          default: 7,
          describe: 'A backup may be so old, when anything changed since',
        })
        .option('html', {
          type: 'string',
          describe: 'Write the report as one HTML page into this file as well',
        })
        .example('$0 ca status --quiet || mail -s "CA" ops@example.org', 'from cron'),
    handler: async (argv) => {
      const { statusHtml } = await import('../../ca/status.js');
      const { auditLog = textVariable(context.env, 'MODELSEAL_AUDIT_LOG') } = argv as { auditLog?: string };
      const { days, backupDays, html } = argv;
      const found = await withAuthority(context, argv, 'read', undefined, (authority) =>
        authority.status({ at: context.now(), days, backupDays, auditLog }),
      );
      if (html !== undefined) {
        const { writeAtomic } = await import('../../core/files.js');
        writeAtomic(html, statusHtml(found), { overwrite: true });
      }
      context.output.result(found, () => {
        const { green, yellow, red } = context.output.colors;
        const paint = { fine: green, due: yellow, over: red };
        const due = found.items.filter(({ state }) => state !== 'fine');
        const lines = [
          ...found.items.filter(({ state }) => state === 'fine'),
          ...due.slice(0, MAX_LINES),
        ].map(({ state, name, time, remedy }) =>
          [
            `${paint[state](state.padEnd(4))}  ${(time ?? '').slice(0, 10).padEnd(10)}  ${printable(name)}`,
            ...(remedy === undefined ? [] : [`                  ${printable(remedy)}`]),
          ].join('\n'),
        );
        const more = due.length - MAX_LINES;
        return [
          ...lines,
          ...(more > 0 || found.truncated
            ? [`and ${more}${found.truncated ? ' or more' : ''} others: see --json or --html`]
            : []),
          `${paint[found.verdict](found.verdict)}: ${due.length === 0 ? 'nothing is due' : `${due.length} due`}`,
        ].join('\n');
      });
      if (found.verdict === 'due') context.finish('refused');
    },
  });

export default status;
