import { belowModel } from '../core/below.js';
import { type Command, type CommandContext, command, formatBytes, printable } from './terminal/index.js';
import { wholeNumber } from './sign.js';

interface Arguments {
  model: string;
  ignorePaths: string[] | undefined;
  allowSymlinks: boolean;
  method: 'files' | 'shards';
  shardSize: string | undefined;
  hash: 'sha256' | 'blake2b' | 'blake3';
}

const digest: Command = (context) =>
  command<Arguments>({
    command: 'digest <model>',
    describe: 'The manifest and root digest of a model, no keys involved',
    builder: (yargs) =>
      yargs
        .positional('model', { type: 'string', demandOption: true, describe: 'Model folder or single file' })
        .option('ignore-paths', {
          type: 'string',
          array: true,
          describe: 'Paths below the model to leave out',
        })
        .option('allow-symlinks', {
          type: 'boolean',
          default: false,
          describe: 'Follow symbolic links that stay inside the model',
        })
        .option('method', { choices: ['files', 'shards'] as const, default: 'files' as const })
        .option('shard-size', { type: 'string', describe: 'Bytes per shard [1000000000]' })
        .option('hash', { choices: ['sha256', 'blake2b', 'blake3'] as const, default: 'sha256' as const })
        .example('$0 digest ./model --json', 'the manifest as JSON') as never,
    handler: (argv) => run(argv, context),
  });
export default digest;

async function run(argv: Arguments, context: CommandContext): Promise<void> {
  const { digestModel } = await import('../signer/digest.js');
  const bar = context.output.progress('hashing');
  try {
    const found = await digestModel(argv.model, {
      ignorePaths: (argv.ignorePaths ?? []).map((path) => belowModel(argv.model, path)),
      allowSymlinks: argv.allowSymlinks,
      method: argv.method,
      shardSize: argv.shardSize === undefined ? undefined : wholeNumber(argv.shardSize),
      hash: argv.hash,
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
