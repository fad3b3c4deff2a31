import { ATTESTATION_NAMES } from '../core/attestation/types.js';
import { passphraseOptions } from './options/passphrase.js';
import { readSigner, SIGNING } from './options/signing.js';
import { flag, list, needed, text } from './options/table.js';
import { readTree, TREE } from './options/tree.js';
import { MODEL } from './options/verification.js';
import { type Command, command, printable } from './terminal/index.js';

const { 'allow-incomplete': _, ...SIGNER } = SIGNING;

/** `modelseal attest MODEL` */
const attest: Command = (context) =>
  command({
    command: 'attest <model>',
    describe: 'Sign a statement about a model: where it comes from, what is in it, what was found in it',
    builder: (yargs) =>
      passphraseOptions(yargs)
        .positional('model', MODEL)
        .options({
          ...SIGNER,
          'private-key': needed(SIGNER['private-key']),
          ...TREE,
          type: {
            choices: ATTESTATION_NAMES,
            demandOption: true,
            describe: 'What is attested',
          },
          predicate: needed(text('JSON file with what is said of the model')),
          out: text('File to write [MODEL.TYPE.attestation.json, beside the model]'),
          force: flag('Replace an older file'),
          'timestamp-url': list('Time-stamp authority (RFC 3161) that shall state the time; may be repeated'),
        } as const)
        .example(
          '$0 attest ./model --type slsa-provenance --predicate build.json --private-key out/key.pem --signing-certificate out/chain.pem',
          'how the model was built',
        ),
    handler: async (argv) => {
      const { attestModel, readPredicate } = await import('../signer/index.js');
      const predicate = readPredicate(argv.predicate);
      const signer = await readSigner(argv, context);
      const bar = context.output.progress('attesting');
      try {
        const attested = await attestModel(argv.model, {
          ...signer,
          ...readTree(argv),
          at: context.now(),
          type: argv.type,
          predicate,
          out: argv.out,
          overwrite: argv.force,
          timestampUrls: argv.timestampUrl,
          progress: bar.sink,
        });
        bar.done();
        for (const warning of attested.warnings) context.output.warn(printable(warning));
        context.output.result(
          attested,
          () =>
            `${context.output.colors.green('attested')} ${attested.type} of ${printable(argv.model)}\n  ${printable(attested.file)}\n  tree digest  sha256:${attested.treeDigest}`,
        );
      } finally {
        bar.done();
      }
    },
  });

export default attest;
