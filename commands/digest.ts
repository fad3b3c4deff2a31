import type { InferredOptionTypes } from 'yargs';
import { readTree, TREE } from './options/tree.js';
import { MODEL } from './options/verification.js';
import {
  type Arguments,
  type Command,
  type CommandContext,
  command,
  formatBytes,
  printable,
} from './terminal/index.js';

type DigestArguments = Arguments<InferredOptionTypes<typeof TREE> & { readonly model: string }>;

const digest: Command = (context) =>
  command({
    command: 'digest <model>',
    describe: 'The manifest and root digest of a model, no keys involved',
    builder: (yargs) =>
      yargs
        .positional('model', MODEL)
        .options(TREE)
        .example('$0 digest ./model --json', 'the manifest as JSON'),
    handler: (argv) => run(argv, context),
  });
export default digest;

async function run(argv: DigestArguments, context: CommandContext): Promise<void> {
  const { digestModel } = await import('../signer/digest.js');
  const bar = context.output.progress('hashing');
  try {
    const found = await digestModel(argv.model, {
      ...readTree(argv),
      progress: bar.sink,
    });
    bar.done();
    for (const warning of found.warnings) context.output.warn(printable(warning));
    const { manifest } = found;
    context.output.result(
      {
        model: manifest.modelName,
        hash: manifest.hashType,
        method: manifest.serialization.method,
        rootDigest: found.rootDigest,
        treeDigest: found.treeDigest,
        bytes: found.bytes,
        ignored: found.ignored,
        resources: manifest.resources.map(({ name, digest: value }) => ({ name, digest: value })),
      },
      () =>
        [
          ...manifest.resources.map((r) => `${r.digest}  ${printable(r.name)}`),
          `root digest  sha256:${found.rootDigest}`,
          `tree digest  sha256:${found.treeDigest}`,
          `${manifest.files().length} files, ${formatBytes(found.bytes)}`,
        ].join('\n'),
    );
  } finally {
    bar.done();
  }
}
