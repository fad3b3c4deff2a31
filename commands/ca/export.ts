import { type Command, command } from '../terminal/index.js';
import { neutralJson } from '../../core/neutral.js';
import { withAuthority } from './open.js';
import { homeOption } from './options.js';
import { recordJson } from './record.js';

const exportRecords: Command = (context) =>
  command({
    command: 'export',
    describe: 'Write all records as a stream, one JSON object a line, newest first',
    builder: (yargs) =>
      homeOption(yargs)
        .option('state', { choices: ['pending', 'issued', 'revoked'] as const, describe: 'Only this state' })
        .option('identity', { type: 'string', describe: 'Only certificates of this identity' })
        .example('$0 ca export --state revoked > revoked.jsonl', 'every revocation, however many'),
    handler: (argv) =>
      withAuthority(context, argv, 'read', undefined, async (authority) => {
        const { state, identity } = argv;
        for await (const record of authority.all({ state, identity })) {
          context.output.raw(`${neutralJson(JSON.stringify(recordJson(record)))}\n`);
        }
      }),
  });

export default exportRecords;
