import { interruptible, readStageOptions, type StageArguments, STAGING } from './options/stage.js';
import { needed, text } from './options/table.js';
import { MODEL } from './options/verification.js';
import { type Command, type CommandContext, command } from './terminal/index.js';
import { conclude, print, remember } from './verify.js';

/** `modelseal stage MODEL DIR` */
const stage: Command = (context) =>
  command({
    command: 'stage <model> <target>',
    describe: 'A verified, read-only copy of a model, which appears only if everything verified',
    builder: (yargs) =>
      yargs
        .positional('model', MODEL)
        .positional(
          'target',
          needed(text('Folder to appear; the report lies beside it, as TARGET.report.json')),
        )
        .options(STAGING)
        .example('$0 stage hf://acme/tiny /srv/models/tiny --trust-root root.pem', 'what a service will use'),
    handler: (argv) => run(argv, context),
  });

export default stage;

async function run(
  argv: StageArguments & { readonly target: string },
  context: CommandContext,
): Promise<void> {
  const [options, { stageModel }, { ReportBuilder }] = await Promise.all([
    readStageOptions(argv, context),
    import('../loader/stage/index.js'),
    import('../core/report/index.js'),
  ]);
  const report = new ReportBuilder(argv.model, options.at, context.observer);
  const bar = context.output.progress('copying');
  try {
    await interruptible((signal) =>
      stageModel(argv.model, argv.target, { ...options, report, signal, onProgress: bar.sink }),
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
