import { type Command, command, group, printable } from './terminal/index.js';

/** `modelseal audit verify|show` */
const audit: Command = (context) =>
  command({
    command: 'audit',
    describe: 'Verify and read the audit log',
    builder: (yargs) =>
      group(yargs, context, [verify, show]).example('$0 audit verify audit.jsonl', 'was the log changed?'),
    handler: () => {},
  });

export default audit;

const verify: Command = (context) =>
  command({
    command: 'verify <log>',
    describe: 'Check the whole hash chain',
    builder: (yargs) =>
      yargs
        .positional('log', { type: 'string', demandOption: true, describe: 'Audit log' })
        .option('head', { type: 'string', describe: 'A head kept elsewhere: the log must still contain it' })
        .example('$0 audit verify .modelseal/audit.jsonl', 'is every entry as it was written?'),
    handler: async (argv) => {
      const { verifyAuditLog } = await import('../core/audit/index.js');
      const summary = verifyAuditLog(argv.log, argv.head);
      context.output.result(summary, () =>
        [
          `${context.output.colors.green('intact')}: ${summary.entries} entries from ${summary.first ?? '–'} to ${summary.last ?? '–'}`,
          `head ${summary.head}`,
          ...(summary.torn > 0
            ? [`${summary.torn} line(s) left unfinished by a killed process, accounted for`]
            : []),
          ...summary.open.map(
            ({ event, actor, time, sequence }) =>
              `${context.output.colors.yellow('not ended')}: ${event} of ${printable(actor)}, begun ${time} (entry ${sequence}): it goes on still, or was stopped`,
          ),
          ...(argv.head
            ? []
            : ['Keep the head elsewhere and give it as --head: entries cut off at the end show only then.']),
        ].join('\n'),
      );
    },
  });

const show: Command = (context) =>
  command({
    command: 'show <log>',
    describe: 'Print the entries',
    builder: (yargs) =>
      yargs
        .positional('log', { type: 'string', demandOption: true, describe: 'Audit log' })
        .option('event', { type: 'string', describe: 'Only entries of this event' })
        .example('$0 audit show .modelseal/audit.jsonl --event refuse', 'what was refused, and why'),
    handler: async (argv) => {
      const { readAuditLog } = await import('../core/audit/index.js');
      const entries = [...readAuditLog(argv.log)].filter(
        (e) => argv.event === undefined || e.event === argv.event,
      );
      context.output.result({ entries }, () =>
        entries
          .map(
            (e) =>
              `${e.sequence}  ${e.time}  ${e.event}  ${printable(e.actor)}  ${printable(JSON.stringify(e.data))}`,
          )
          .join('\n'),
      );
    },
  });
