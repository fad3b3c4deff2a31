import type { InferredOptionTypes } from 'yargs';
import { ModelsealError } from '../core/errors/index.js';
import { type PassphraseArguments, passphraseOptions } from './options/passphrase.js';
import { RECORD, recordPolicy, requireTrusted } from './options/records.js';
import { readSigner, SIGNING } from './options/signing.js';
import { flag, needed, type OptionTable, text } from './options/table.js';
import { type Arguments, type Command, type CommandContext, command, printable } from './terminal/index.js';
import type { MigrationUnit } from '../signer/index.js';

const OPTIONS = {
  ...SIGNING,
  ...RECORD,
  apply: flag('Sign what the dry run shows as ready; needs --private-key'),
  'include-unrecorded': flag('Sign folders although some model files in them have no record'),
  'ignore-claims': flag('Accept records with claims that cannot be verified, on their checksums alone'),
} as const satisfies OptionTable;

type MigrateArguments = Arguments<InferredOptionTypes<typeof OPTIONS> & { readonly dir: string }> &
  PassphraseArguments;

/** `modelseal migrate DIR` */
const migrate: Command = (context) =>
  command({
    command: 'migrate <dir>',
    describe: 'From checksum records to signed bundles: a dry run, unless --apply',
    builder: (yargs) =>
      passphraseOptions(yargs)
        .positional('dir', needed(text('Folder with models and their records')))
        .options(OPTIONS)
        .example('$0 migrate models', 'what would be signed, and what stands in the way')
        .example(
          '$0 migrate models --apply --private-key key.pem --signing-certificate chain.pem',
          'sign it',
        ),
    handler: (argv) => run(argv, context),
  });

export default migrate;

async function run(argv: MigrateArguments, context: CommandContext): Promise<void> {
  const { migrate: sign, planMigration } = await import('../signer/index.js');
  const policy = { ...recordPolicy(argv, context.env), ignoreClaims: argv.ignoreClaims };
  await requireTrusted(argv.dir, argv, context.env);
  const options = {
    policy,
    includeUnrecorded: argv.includeUnrecorded,
    allowIncomplete: argv.allowIncomplete,
  };
  const units = planMigration(argv.dir, options);
  if (units.length === 0) throw new ModelsealError('ERR_RECORD_NOT_FOUND', { file: argv.dir });
  const { privateKey } = argv;
  if (argv.apply && privateKey === undefined)
    throw new ModelsealError('ERR_USAGE', { problem: '--apply needs --private-key' });
  const signer =
    argv.apply && privateKey !== undefined ? await readSigner({ ...argv, privateKey }, context) : undefined;
  const done: { unit: MigrationUnit; signature?: string }[] = [];
  for (const unit of units) {
    if (!signer || unit.problem) {
      done.push({ unit });
      continue;
    }
    const { signature } = await sign(unit, { ...options, sign: { ...signer, at: context.now() } });
    await context.record('migrate', 'accepted', { model: unit.folder, signature, files: unit.verified });
    done.push({ unit, signature });
  }
  const refused = units.filter((u) => u.problem);
  context.output.result(
    {
      applied: argv.apply,
      folders: done.map(({ unit, signature }) => ({
        ...unit,
        problem: unit.problem?.toJSON() ?? null,
        signature: signature ?? null,
      })),
    },
    () =>
      done
        .flatMap(({ unit, signature }) => lines(unit, signature, context))
        .concat(closing(units, refused, argv.apply))
        .join('\n'),
  );
  if (refused.length > 0) context.finish('refused');
}

function lines(unit: MigrationUnit, signature: string | undefined, context: CommandContext): string[] {
  const { green, red, dim } = context.output.colors;
  const state = unit.problem ? red('not ready') : signature ? green('signed   ') : green('ready    ');
  return [
    `${state} ${printable(unit.folder)}`,
    ...unit.verified.map((f) => dim(`          matches its record: ${printable(f)}`)),
    ...unit.unrecorded.map((f) => dim(`          without a record:   ${printable(f)}`)),
    ...(unit.problem
      ? [
          `          ${unit.problem.code}: ${printable(unit.problem.message)}`,
          dim(`          ${unit.problem.hint}`),
        ]
      : []),
    ...(signature ? [`          ${printable(signature)}`] : []),
  ];
}

const closing = (
  units: readonly MigrationUnit[],
  refused: readonly MigrationUnit[],
  applied: boolean,
): string[] => [
  '',
  applied
    ? `${units.length - refused.length} folder(s) signed, ${refused.length} left as they are. The records were kept.`
    : `Dry run: ${units.length - refused.length} folder(s) ready, ${refused.length} not. Nothing was changed; sign with --apply.`,
];
