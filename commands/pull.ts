import { interruptible, readStageOptions, type StageArguments, STAGING } from './options/stage.js';
import { needed, text } from './options/table.js';
import { type Command, type CommandContext, command } from './terminal/index.js';
import { conclude, print, remember } from './verify.js';

/** `modelseal pull oci://… DIR` */
const pull: Command = (context) =>
  command({
    command: 'pull <model> <target>',
    describe: 'Get a model from an OCI registry: verified first, then its files',
    builder: (yargs) =>
      yargs
        .positional('model', needed(text('oci://HOST/REPOSITORY:TAG or …@sha256:DIGEST')))
        .positional(
          'target',
          needed(text('Folder to appear; the report lies beside it, as TARGET.report.json')),
        )
        .options(STAGING)
        .example(
          '$0 pull oci://registry.example/acme/tiny:v1 ./tiny --trust-root root.pem',
          'a signed model',
        ),
    handler: (argv) => run(argv, context),
  });

export default pull;

async function run(
  argv: StageArguments & { readonly target: string },
  context: CommandContext,
): Promise<void> {
  const [options, { pullModel }, { ReportBuilder }] = await Promise.all([
    readStageOptions(argv, context),
    import('../loader/registry/index.js'),
    import('../core/report/index.js'),
  ]);
  const report = new ReportBuilder(argv.model, options.at, context.observer);
  const bar = context.output.progress('downloading');
  try {
    await interruptible((signal) =>
      pullModel(argv.model, argv.target, {
        ...options,
        report,
        signal,
        env: context.env,
        onProgress: bar.sink,
      }),
    );
  } catch (error) {
    bar.done();
    await remember('load', error, report, context);
    await conclude(error, report, context);
    return;
  }
  bar.done();
  await remember('load', undefined, report, context);
  await print(report, context);
}
