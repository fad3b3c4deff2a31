import { type Command, command, printable } from '../terminal/index.js';
import { homeOption } from './options.js';
import { neverAsk, recordJson } from './record.js';

const list: Command = (context) =>
  command({
    command: 'list',
    describe: 'List the certificates of the authority, newest first',
    builder: (yargs) =>
      homeOption(yargs)
        .option('state', { choices: ['pending', 'issued', 'revoked'] as const, describe: 'Only this state' })
        .option('match', { type: 'string', describe: 'Only where subject or identity contains this text' })
        .option('limit', { type: 'number', default: 1000, describe: 'At most this many' })
        .example('$0 ca list --state issued --match ada@', 'what does Ada hold?'),
    handler: async (argv) => {
      const { openAuthority } = await import('../../ca/index.js');
      const { wholeNumber } = await import('../../ca/profile.js');
      const limit = wholeNumber(argv.limit, '--limit');
      const authority = await openAuthority(argv.home, neverAsk);
      try {
        const records = await authority.list({ state: argv.state, text: argv.match, limit });
        const counts = await authority.count();
        context.output.result({ certificates: records.map(recordJson), counts }, () => {
          const now = context.now();
          const lines = records.map((record) => {
            const expired = record.state === 'issued' && record.notAfter < now;
            const state = expired ? 'expired' : record.state;
            const who = record.identities.length > 0 ? record.identities.join(', ') : record.subject;
            return `${record.serial}  ${state.padEnd(7)}  ${record.notAfter.toISOString().slice(0, 10)}  ${printable(who)}`;
          });
          const { issued, revoked, pending } = counts;
          return [...lines, `${issued} issued, ${revoked} revoked, ${pending} never completed`].join('\n');
        });
      } finally {
        await authority.close();
      }
    },
  });

export default list;
