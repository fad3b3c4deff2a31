import { ModelsealError } from '../core/errors/index.js';
import { RECORD, recordPolicy, requireTrusted } from './options/records.js';
import { type Command, command, group, printable } from './terminal/index.js';

/** `modelseal metadata verify|write`: the older practice, configured by its own variables. */
const metadata: Command = (context) =>
  command({
    command: 'metadata',
    describe: 'Checksum records of the older practice (metadata.json, FILE.sig.json)',
    builder: (yargs) =>
      group(yargs, context, [verify, write]).example(
        '$0 metadata verify model.pkl',
        'hold a file against its record',
      ),
    handler: () => {},
  });

export default metadata;

const verify: Command = (context) =>
  command({
    command: 'verify <file>',
    describe: 'Hold a model file against its record; says nothing about who made it',
    builder: (yargs) =>
      yargs
        .options(RECORD)
        .positional('file', { type: 'string', demandOption: true, describe: 'Model file' })
        .option('record', {
          type: 'string',
          describe: 'Record; FILE.sig.json or metadata.json beside the file without it',
        })
        .option('ignore-claims', {
          type: 'boolean',
          default: false,
          describe: 'Accept a record with claims that cannot be verified, on its checksum alone',
        })
        .example('$0 metadata verify model.pkl', 'with --record-hmac and MODEL_SIGNATURE_KEY its HMAC too'),
    handler: async (argv) => {
      const { findRecord, readRecord, verifyRecord } = await import('../core/records/index.js');
      const policy = recordPolicy(argv, context.env);
      const model = await requireTrusted(argv.file, argv, context.env);
      const record = readRecord(argv.record ?? findRecord(argv.file));
      const { checksum } = verifyRecord(model, record, { ...policy, ignoreClaims: argv.ignoreClaims });
      const checked = [...(policy.checksum ? ['checksum'] : []), ...(policy.hmacKey ? ['signature'] : [])];
      context.output.result({ file: argv.file, record: record.file, checksum, checked }, () =>
        [
          `${context.output.colors.green('matches')} ${printable(record.file)} (${checked.join(', ')})`,
          'A record like this proves that the file is unchanged since, not who made it.',
        ].join('\n'),
      );
    },
  });

const write: Command = (context) =>
  command({
    command: 'write <file>',
    describe: 'Write metadata.json beside a model file',
    builder: (yargs) =>
      yargs
        .options(RECORD)
        .positional('file', { type: 'string', demandOption: true, describe: 'Model file' })
        .option('force', {
          type: 'boolean',
          default: false,
          describe: 'Renew an existing record, keeping its other fields',
        })
        .example('$0 metadata write model.pkl', 'with --record-hmac and MODEL_SIGNATURE_KEY also an HMAC'),
    handler: async (argv) => {
      const { writeMetadataRecord } = await import('../core/records/index.js');
      const policy = recordPolicy(argv, context.env);
      await requireTrusted(argv.file, argv, context.env);
      if (!policy.checksum) {
        throw new ModelsealError('ERR_USAGE', {
          problem: 'a record without a checksum is not written: leave out --no-record-checksum',
        });
      }
      const { hmacKey } = policy;
      const record = writeMetadataRecord(argv.file, {
        ...(hmacKey ? { hmacKey } : {}),
        overwrite: argv.force,
      });
      context.output.result({ record, signature: hmacKey !== undefined }, () => `Wrote ${printable(record)}`);
    },
  });
