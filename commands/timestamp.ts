import { flag, list, needed, type OptionTable, text } from './options/table.js';
import { type Command, command, printable } from './terminal/index.js';

const OPTIONS = {
  'timestamp-url': needed(list('Time-stamp authority (RFC 3161); may be repeated')),
  renew: flag('Cover the time stamps that are there as well, before their authorities run out'),
} as const satisfies OptionTable;

/** `modelseal timestamp SIG` */
const timestamp: Command = (context) =>
  command({
    command: 'timestamp <signature>',
    describe: 'Have a time-stamp authority state when a signature existed, or renew that statement',
    builder: (yargs) =>
      yargs
        .positional('signature', needed(text('Signature file, or a model folder with model.sig')))
        .options(OPTIONS)
        .example('$0 timestamp model.sig --timestamp-url http://tsa.example.org', 'after signing')
        .example(
          '$0 timestamp model.sig --renew --timestamp-url http://tsa.example.org',
          'years later, while the first one can still be verified',
        ),
    handler: async (argv) => {
      const { timestampSignature } = await import('../signer/index.js');
      const done = await timestampSignature(argv.signature, { urls: argv.timestampUrl, renew: argv.renew });
      await context.record('timestamp', 'accepted', {
        signature: done.signature,
        times: done.timestamps.map(({ genTime }) => genTime),
      });
      const { added, timestamps } = done;
      context.output.result(done, () =>
        [
          `${context.output.colors.green(argv.renew ? 'renewed' : 'time-stamped')} ${printable(done.signature)}`,
          ...timestamps.map(
            ({ genTime, policy, hash }, i) =>
              `  ${i < timestamps.length - added ? '     ' : 'added'}  ${genTime}  ${hash}, policy ${policy}`,
          ),
        ].join('\n'),
      );
    },
  });

export default timestamp;
