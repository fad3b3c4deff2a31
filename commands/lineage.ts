import type { Lineage } from '../loader/attestation/index.js';
import { list } from './options/table.js';
import { MODEL, readVerifyOptions, VERIFICATION } from './options/verification.js';
import { type Command, command, printable } from './terminal/index.js';

/** `modelseal lineage MODEL` */
const lineage: Command = (context) =>
  command({
    command: 'lineage <model>',
    describe: 'Verify a model and every model that it was made from',
    builder: (yargs) =>
      yargs
        .positional('model', MODEL)
        .options({ ...VERIFICATION, base: list('Model that it, or one of its base models, was made from') })
        .example(
          '$0 lineage ./fine-tuned --base ./base --trust-root root.pem',
          'both models, and the attestation that binds them',
        ),
    handler: async (argv) => {
      const options = await readVerifyOptions(argv, context);
      const { verifyLineage } = await import('../loader/attestation/index.js');
      const bar = context.output.progress('verifying');
      try {
        const found = await verifyLineage(argv.model, argv.base ?? [], { ...options, onProgress: bar.sink });
        bar.done();
        context.output.result({ verdict: 'accepted', lineage: found }, () => draw(found, '').join('\n'));
      } finally {
        bar.done();
      }
    },
  });

export default lineage;

function draw({ model, signer, treeDigest, attestedBy, bases }: Lineage, indent: string): string[] {
  const made = attestedBy === undefined ? '' : `, made from, says ${printable(attestedBy)}:`;
  return [
    `${indent}${printable(model)}  signed by ${printable(signer)}, ${treeDigest.slice(0, 16)}…${made}`,
    ...bases.flatMap((base) => draw(base, `${indent}  `)),
  ];
}
