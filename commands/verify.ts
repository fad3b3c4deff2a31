import { isModelsealError } from '../core/errors/index.js';
import type { Report } from '../core/report/index.js';
import { type Command, type CommandContext, command } from './terminal/index.js';
import { DIGEST_CACHE, openDigestCache } from './options/digest-cache.js';
import { requireTrusted, TRUSTED_PATH } from './options/records.js';
import type { Values } from './options/table.js';
import { MODEL, readVerifyOptions, VERIFICATION, type VerifyArguments } from './options/verification.js';

/** `modelseal verify MODEL` */
const verify: Command = (context) =>
  command({
    command: 'verify <model>',
    describe: 'Verify the signature of a model: who signed, and whether these are the signed files',
    builder: (yargs) =>
      yargs
        .positional('model', MODEL)
        .options({ ...VERIFICATION, ...TRUSTED_PATH, ...DIGEST_CACHE })
        .example(
          '$0 verify ./model --trust-root root.pem --crl issuing.crl',
          'a model signed under your own root',
        )
        .example('$0 verify ./model --public-key team.pub', 'a model signed with one key')
        .example(
          '$0 verify oci://registry.example/acme/tiny:v1 --trust-root root.pem',
          'a model in a registry, by its manifest alone',
        ),
    handler: (argv) => run(argv, context),
  });

export default verify;

async function run(
  argv: VerifyArguments & Values<typeof TRUSTED_PATH> & Values<typeof DIGEST_CACHE>,
  context: CommandContext,
): Promise<void> {
  const [options, { verifyModel }, { ReportBuilder }] = await Promise.all([
    readVerifyOptions(argv, context),
    import('../loader/pipeline/verify.js'),
    import('../core/report/index.js'),
  ]);
  const digestCache = await openDigestCache(argv, context.env);
  const report = new ReportBuilder(argv.model, options.at, context.observer);
  const bar = context.output.progress('verifying');
  try {
    if (argv.model.startsWith('oci://')) {
      const { verifyArtifact } = await import('../loader/registry/index.js');
      await verifyArtifact(argv.model, { ...options, report, env: context.env });
    } else {
      const model = await requireTrusted(argv.model, argv, context.env, report);
      await verifyModel(model, { ...options, digestCache, report, onProgress: bar.sink });
    }
  } catch (error) {
    bar.done();
    await remember('verify', error, report, context);
    await conclude(error, report, context);
    return;
  }
  bar.done();
  await remember('verify', undefined, report, context);
  await print(report, context);
}

/** Tells the audit log and the other sinks how a verification or loading ended. */
export async function remember(
  event: 'verify' | 'load',
  error: unknown,
  report: Builder,
  context: CommandContext,
): Promise<void> {
  const { subject, signers, errors, threats, files } = report.build();
  const outcome = error === undefined ? 'accepted' : isModelsealError(error) ? error.kind : 'unchecked';
  if (outcome === 'usage') return;
  await context.record(error === undefined ? event : 'refuse', outcome, {
    model: subject,
    signers: signers.flatMap((s) => (s.identities.length > 0 ? s.identities : [s.keyFingerprint])),
    codes: errors.map((e) => e.code),
    threats: threats.map((t) => t.rule),
    files: files?.matched ?? 0,
    ...(error === undefined ? {} : { while: event }),
  });
}

type Builder = InstanceType<typeof import('../core/report/index.js').ReportBuilder>;

/**
 * A refusal is a result: its report is printed, and its kind becomes the exit code. A wrong call has no report, and
 * what went wrong inside is an error like any other.
 */
export async function conclude(error: unknown, report: Builder, context: CommandContext): Promise<void> {
  if (!isModelsealError(error) || error.kind === 'usage' || error.kind === 'not-found') throw error;
  if (isModelsealError(error, 'ERR_INTERNAL') || report.build().errors.length === 0) throw error;
  await print(report, context);
  context.finish(error.kind);
}

/** A report in a few lines, or with every check under `--verbose`. */
export async function reportRenderer(context: CommandContext): Promise<(report: Report) => string> {
  const { renderReport, renderShortReport } = await import('../loader/report/index.js');
  const { colors, verbose, width } = context.output;
  return (report) => (verbose ? renderReport(report, colors) : renderShortReport(report, colors, width));
}

export async function print(report: Builder, context: CommandContext): Promise<void> {
  const render = await reportRenderer(context);
  const built = report.build();
  context.output.result(built, () => render(built));
}
