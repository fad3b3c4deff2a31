import { interruptible } from './options/stage.js';
import { list, needed, text } from './options/table.js';
import { type Command, type CommandContext, command, formatBytes } from './terminal/index.js';

const OPTIONS = {
  signature: text('Signature file; model.sig in the folder or beside the file without it'),
  'ignore-paths': list('Path inside the model that is no part of it'),
} as const;

interface PushArguments {
  readonly model: string;
  readonly reference: string;
  readonly signature?: string | undefined;
  readonly 'ignore-paths'?: string[] | undefined;
}

/** `modelseal push MODEL oci://…` */
const push: Command = (context) =>
  command({
    command: 'push <model> <reference>',
    describe: 'Put a signed model into an OCI registry',
    builder: (yargs) =>
      yargs
        .positional('model', needed(text('Signed model: folder or single file')))
        .positional('reference', needed(text('oci://HOST/REPOSITORY:TAG')))
        .options(OPTIONS)
        .example(
          '$0 push ./model oci://registry.example/acme/tiny:v1',
          'with the account of docker or podman login',
        ),
    handler: (argv) => run(argv as unknown as PushArguments, context),
  });

export default push;

async function run(argv: PushArguments, context: CommandContext): Promise<void> {
  const { pushModel } = await import('../loader/registry/index.js');
  const bar = context.output.progress('pushing');
  try {
    const pushed = await interruptible((signal) =>
      pushModel(argv.model, argv.reference, {
        env: context.env,
        signal,
        signature: argv.signature,
        ignorePaths: argv['ignore-paths'],
        onProgress: bar.sink,
      }),
    );
    bar.done();
    context.output.result(
      pushed,
      `${pushed.files} files, ${formatBytes(pushed.bytes)}, ${pushed.sent} sent; pull and verify by\n${pushed.reference}`,
    );
  } finally {
    bar.done();
  }
}
