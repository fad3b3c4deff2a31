import { type Command, command, printable } from './terminal/index.js';

const convert: Command = (context) =>
  command({
    command: 'convert <model>',
    describe: 'Turn a pickle or PyTorch file into safetensors without executing anything',
    builder: (yargs) =>
      yargs
        .positional('model', {
          type: 'string',
          demandOption: true,
          describe: 'A pickle, joblib or PyTorch file',
        })
        .option('to', {
          type: 'string',
          choices: ['safetensors'] as const,
          default: 'safetensors' as const,
          describe: 'Format to write',
        })
        .option('out', {
          type: 'string',
          demandOption: true,
          describe: 'File to write; its record goes beside it',
        })
        .option('allow-class', {
          type: 'string',
          array: true,
          describe: 'Exact name of a further class whose state may be looked at: mymodule.MyClass',
        })
        .option('overwrite', { type: 'boolean', default: false, describe: 'Replace an existing result' })
        .example(
          '$0 convert model.pt --to safetensors --out model.safetensors',
          'also writes model.safetensors.conversion.json',
        ),
    handler: async (argv) => {
      const { convertModel, recordName } = await import('../scanner/convert/index.js');
      const constructors = Object.fromEntries(
        (argv.allowClass ?? []).map((name) => [name, 'object' as const]),
      );
      const record = convertModel(argv.model, {
        out: argv.out,
        at: context.now(),
        overwrite: argv.overwrite,
        constructors,
      });
      const { green, dim } = context.output.colors;
      context.output.result(record, () =>
        [
          `${green('converted')} ${printable(argv.model)} (${record.source.form}) to ${printable(argv.out)}`,
          `  ${record.tensors.length} tensors, ${record.result.size} bytes`,
          `  source ${dim('sha256')} ${record.source.sha256}`,
          `  result ${dim('sha256')} ${record.result.sha256}`,
          ...(record.omitted.length > 0
            ? [`  ${record.omitted.length} other values are not part of it; the record lists them`]
            : []),
          `  record ${printable(recordName(argv.out))}`,
        ].join('\n'),
      );
    },
  });

export default convert;
