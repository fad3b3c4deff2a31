import { type Command, command, printable } from '../terminal/index.js';
import { withAuthority } from './open.js';
import { homeOption, selectionOf, selectionOptions } from './options.js';
import { recordJson } from './record.js';

const list: Command = (context) =>
  command({
    command: 'list',
    describe: 'List the certificates of the authority, newest first',
    builder: (yargs) =>
      selectionOptions(homeOption(yargs))
        .option('state', { choices: ['pending', 'issued', 'revoked'] as const, describe: 'Only this state' })
        .option('match', { type: 'string', describe: 'Only where subject or identity contains this text' })
        .option('limit', { type: 'number', default: 1000, describe: 'At most this many at once' })
        .option('after', { type: 'string', describe: 'Go on where the list before ended' })
        .example('$0 ca list --state issued --match ada@', 'what does Ada hold?'),
    handler: async (argv) => {
      const { wholeNumber } = await import('../../ca/profile.js');
      const limit = wholeNumber(argv.limit, '--limit');
      await withAuthority(context, argv, 'read', undefined, async (authority) => {
        const { state, match: text, after } = argv;
        const { records, next } = await authority.list({ ...selectionOf(argv), state, text, limit, after });
        const counts = await authority.count();
        const truncated = next !== undefined;
        const result = {
          certificates: records.map(recordJson),
          counts,
          truncated,
          ...(truncated && { next }),
        };
        context.output.result(result, () => {
          const now = context.now();
          const lines = records.map((record) => {
            const expired = record.state === 'issued' && record.notAfter < now;
            const state = expired ? 'expired' : record.state;
            const who = record.identities.length > 0 ? record.identities.join(', ') : record.subject;
            return `${record.serial}  ${state.padEnd(7)}  ${record.notAfter.toISOString().slice(0, 10)}  ${printable(who)}`;
          });
          const { issued, revoked, pending } = counts;
          return [
            ...lines,
            ...(truncated ? [`and more: go on with --after ${next}, or see modelseal ca export`] : []),
            `${issued} issued, ${revoked} revoked, ${pending} never completed`,
          ].join('\n');
        });
      });
    },
  });

export default list;
