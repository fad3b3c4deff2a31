import type { InferredOptionTypes } from 'yargs';
import { resolve } from 'node:path';
import { ModelsealError } from '../core/errors/index.js';
import { type Command, type CommandContext, command, parseTime, printable } from './terminal/index.js';
import type { GuardedRunOptions } from '../loader/guard/run.js';
import type { SignedBy } from '../loader/guard/report.js';
import { textVariable } from './options/environment.js';
import { flag, list, needed, type OptionTable, text } from './options/table.js';
import { PATH, SIGNER, TIME } from './options/trust.js';

const OPTIONS = {
  ...PATH,
  ...SIGNER,
  'tsa-root': TIME['tsa-root'],
  'trust-root': needed(PATH['trust-root']),
  signed: list('Signed folder whose code and models may be used; without it, the folder of the program'),
  'code-policy': text('Trust policy for the code alone: whose code may run; --policy counts besides'),
  'model-policy': text(
    'Trust policy for the models alone: whose models may be opened; --policy counts besides',
  ),
  'pass-env': list('Variable to hand to the program although its name looks like that of a secret'),
  'allow-eval': flag('Let signed code run text made at run time'),
  'allow-embedded-wasm': flag('Let signed code run WebAssembly that is not a file of its own'),
} as const satisfies OptionTable;

type RunArguments = InferredOptionTypes<typeof OPTIONS> & {
  readonly app: string;
  readonly args: string[] | undefined;
  /** The name of the command, then what stands after `--`. */
  readonly _?: readonly (string | number)[];
};

const run: Command = (context) =>
  command({
    command: 'run <app> [args..]',
    describe: 'A Node program under the guard: only signed code, only verified models',
    builder: (yargs) =>
      yargs
        .positional('app', { type: 'string', demandOption: true, describe: 'Program to run' })
        .positional('args', { type: 'string', array: true, describe: 'Its arguments, after --' })
        .options(OPTIONS)
        .example('$0 run app/main.js --trust-root root.pem', 'app/model.sig covers app and its node_modules')
        .example(
          '$0 run app/main.js --signed app --signed models/x --trust-root root.pem -- --port 8080',
          'a model of its own',
        )
        .example(
          '$0 run app/main.js --signed app --signed models/x --trust-root root.pem --model-policy research.yaml',
          'models of other signers than the code',
        ),
    handler: (argv) => handle(argv, context),
  });
export default run;

async function handle(argv: RunArguments, context: CommandContext): Promise<void> {
  const { runGuarded, signedFolderOf } = await import('../loader/guard/run.js');
  const nearest = argv.signed ? undefined : signedFolderOf(argv.app);
  const signed = argv.signed ?? (nearest === undefined ? [] : [nearest]);
  if (signed.length === 0)
    throw new ModelsealError('ERR_USAGE', {
      problem: `no model.sig in a folder above ${argv.app}; sign the application, or name its folder with --signed`,
    });
  const at = argv.at === undefined ? undefined : parseTime(argv.at, '--at').toISOString();
  const policy = argv.policy ?? textVariable(context.env, 'MODELSEAL_POLICY');
  const absolute = (names: readonly string[]): string[] => names.map((name) => resolve(name));
  const options: GuardedRunOptions = {
    app: argv.app,
    args: [...(argv.args ?? []), ...(argv._ ?? []).slice(1).map(String)],
    config: {
      signed: absolute(signed).map((folder) => ({ folder })),
      trustRoots: absolute(argv['trust-root']),
      ...(argv.identity === undefined ? {} : { identity: argv.identity }),
      ...(argv.intermediates ? { intermediates: absolute(argv.intermediates) } : {}),
      ...(argv.crl ? { crls: absolute(argv.crl) } : {}),
      ...(argv.ocsp ? { ocsp: absolute(argv.ocsp) } : {}),
      ...(argv['tsa-root'] ? { tsaRoots: absolute(argv['tsa-root']) } : {}),
      ...(argv.revocation ? { revocation: argv.revocation } : {}),
      ...(policy === undefined ? {} : { policy: resolve(policy) }),
      ...(argv['code-policy'] === undefined ? {} : { codePolicy: resolve(argv['code-policy']) }),
      ...(argv['model-policy'] === undefined ? {} : { modelPolicy: resolve(argv['model-policy']) }),
      ...(at === undefined ? {} : { at }),
      allowEval: argv['allow-eval'],
      allowEmbeddedWasm: argv['allow-embedded-wasm'],
    },
    env: context.env,
    output: context.output.json ? 'stderr' : 'inherit',
    passEnv: argv['pass-env'] ?? [],
    // Said first, and before the program says anything.
    onSigned: (folders) => {
      for (const folder of folders) context.output.note(signedText(folder));
    },
  };
  const { status, signed: signedBy, refusals } = await runGuarded(options);
  const report = { app: argv.app, signed, signedBy, status, refusals };
  if (refusals.length === 0 && status !== 0)
    throw new ModelsealError('ERR_GUARD_APP_FAILED', { app: argv.app, status: String(status) });
  const { red, dim } = context.output.colors;
  if (refusals.length > 0) {
    const lines = refusals.map((r) => `${red('refused:')} ${printable(r.message)} ${dim(`[${r.code}]`)}`);
    context.output.result(report, lines.join('\n'));
    await context.record('refuse', 'refused', { app: argv.app, codes: refusals.map((r) => r.code) });
    context.finish(refusals[0]?.kind ?? 'refused');
  } else if (context.output.json) {
    context.output.result(report, '');
  }
}

const USES = { code: 'code', models: 'models', both: 'code and models' } as const;

/** `app: code and models, signed by email:ada@example.org, revocation not checked` */
function signedText({ folder, use, signers, reservations }: SignedBy): string {
  const by = signers.map(({ identities, keyFingerprint }) => identities.join(' and ') || keyFingerprint);
  return printable([`${folder}: ${USES[use]}, signed by ${by.join(', ')}`, ...reservations].join(', '));
}
