import { resolve } from 'node:path';
import { ModelsealError } from '../core/errors/index.js';
import { type Command, type CommandContext, command, parseTime, printable } from './terminal/index.js';
import type { GuardedRunOptions } from '../loader/guard/run.js';
import { files, IDENTITY } from './options/trust.js';

interface RunArguments {
  readonly app: string;
  readonly args?: string[] | undefined;
  /** The name of the command, then what stands after `--`. */
  readonly _: readonly (string | number)[];
  readonly signed?: string[] | undefined;
  readonly 'trust-root': string[];
  readonly identity?: string[] | undefined;
  readonly intermediates?: string[] | undefined;
  readonly crl?: string[] | undefined;
  readonly ocsp?: string[] | undefined;
  readonly revocation?: 'require' | 'prefer' | 'off' | undefined;
  readonly policy?: string | undefined;
  readonly at?: string | undefined;
  readonly 'allow-eval'?: boolean | undefined;
  readonly 'allow-embedded-wasm'?: boolean | undefined;
}

const run: Command = (context) =>
  command<RunArguments>({
    command: 'run <app> [args..]',
    describe: 'A Node program under the guard: only signed code, only verified models',
    builder: (yargs) =>
      yargs
        .positional('app', { type: 'string', demandOption: true, describe: 'Program to run' })
        .positional('args', { type: 'string', array: true, describe: 'Its arguments, after --' })
        .option('trust-root', { ...files('Trust anchor: PEM or DER'), demandOption: true })
        .option(
          'signed',
          files('Signed folder whose code and models may be used; without it, the folder of the program'),
        )
        .option('identity', files(IDENTITY))
        .option('intermediates', files('Certificates that may help to build the path; not trusted'))
        .option('crl', files('CRL in PEM or DER'))
        .option('ocsp', files('OCSP response in DER'))
        .option('revocation', {
          choices: ['require', 'prefer', 'off'] as const,
          describe: 'What must be known about revocation',
        })
        .option('policy', { type: 'string', describe: 'Trust policy, YAML or JSON' })
        .option('at', { type: 'string', describe: 'Time to judge validity at; now without it' })
        .option('allow-eval', { type: 'boolean', describe: 'Let signed code run text made at run time' })
        .option('allow-embedded-wasm', {
          type: 'boolean',
          describe: 'Let signed code run WebAssembly that is not a file of its own',
        })
        .example('$0 run app/main.js --trust-root root.pem', 'app/model.sig covers app and its node_modules')
        .example(
          '$0 run app/main.js --signed app --signed models/x --trust-root root.pem -- --port 8080',
          'a model of its own',
        ) as never,
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
  const absolute = (names: readonly string[]): string[] => names.map((name) => resolve(name));
  const options: GuardedRunOptions = {
    app: argv.app,
    args: [...(argv.args ?? []), ...argv._.slice(1).map(String)],
    config: {
      signed: absolute(signed).map((folder) => ({ folder })),
      trustRoots: absolute(argv['trust-root']),
      ...(argv.identity === undefined ? {} : { identity: argv.identity }),
      ...(argv.intermediates ? { intermediates: absolute(argv.intermediates) } : {}),
      ...(argv.crl ? { crls: absolute(argv.crl) } : {}),
      ...(argv.ocsp ? { ocsp: absolute(argv.ocsp) } : {}),
      ...(argv.revocation ? { revocation: argv.revocation } : {}),
      ...(argv.policy === undefined ? {} : { policy: resolve(argv.policy) }),
      ...(at === undefined ? {} : { at }),
      allowEval: argv['allow-eval'] ?? false,
      allowEmbeddedWasm: argv['allow-embedded-wasm'] ?? false,
    },
    env: context.env,
    output: context.output.json ? 'stderr' : 'inherit',
  };
  const { status, refusals } = await runGuarded(options);
  const report = { app: argv.app, signed, status, refusals };
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
