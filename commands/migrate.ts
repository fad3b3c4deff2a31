import type { Argv } from 'yargs';
import { ModelsealError } from '../core/errors/index.js';
import {
  type Command,
  type CommandContext,
  command,
  type PassphraseArguments,
  passphraseOptions,
  passphraseSource,
  printable,
} from './terminal/index.js';
import type { MigrationUnit } from '../signer/index.js';

interface Arguments extends PassphraseArguments {
  dir: string;
  apply: boolean;
  includeUnrecorded: boolean;
  ignoreClaims: boolean;
  allowIncomplete: boolean;
  privateKey: string | undefined;
  signingCertificate: string | undefined;
  certificateChain: string[] | undefined;
}

/** `modelseal migrate DIR` */
const migrate: Command = (context) =>
  command({
    command: 'migrate <dir>',
    describe: 'From checksum records to signed bundles: a dry run, unless --apply',
    builder: (yargs) =>
      passphraseOptions(yargs)
        .positional('dir', {
          type: 'string',
          demandOption: true,
          describe: 'Folder with models and their records',
        })
        .option('apply', {
          type: 'boolean',
          default: false,
          describe: 'Sign what the dry run shows as ready',
        })
        .option('include-unrecorded', {
          type: 'boolean',
          default: false,
          describe: 'Sign folders although some model files in them have no record',
        })
        .option('ignore-claims', {
          type: 'boolean',
          default: false,
          describe: 'Accept records with claims that cannot be verified, on their checksums alone',
        })
        .option('allow-incomplete', {
          type: 'boolean',
          default: false,
          describe: 'Sign Git LFS pointers, missing shards and foreign indexes all the same',
        })
        .option('private-key', {
          type: 'string',
          describe: 'Private key, PEM or PKCS#8 DER; needed with --apply',
        })
        .option('signing-certificate', {
          type: 'string',
          describe: 'Certificate of the key; the chain may follow in it',
        })
        .option('certificate-chain', {
          type: 'string',
          array: true,
          describe: 'Certificates between it and the root',
        })
        .example('$0 migrate models', 'what would be signed, and what stands in the way')
        .example(
          '$0 migrate models --apply --private-key key.pem --signing-certificate chain.pem',
          'sign it',
        ) as unknown as Argv<Arguments>,
    handler: (argv) => run(argv, context),
  });

export default migrate;

async function run(argv: Arguments, context: CommandContext): Promise<void> {
  const { migrate: sign, planMigration } = await import('../signer/index.js');
  const { recordSettings } = await import('../core/records/index.js');
  const policy = { ...recordSettings(context.env).policy, ignoreClaims: argv.ignoreClaims };
  const options = {
    policy,
    includeUnrecorded: argv.includeUnrecorded,
    allowIncomplete: argv.allowIncomplete,
  };
  const units = planMigration(argv.dir, options);
  if (units.length === 0) throw new ModelsealError('ERR_RECORD_NOT_FOUND', { file: argv.dir });
  const signer = argv.apply ? await readSigner(argv, context) : undefined;
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

async function readSigner(argv: Arguments, context: CommandContext) {
  if (argv.privateKey === undefined)
    throw new ModelsealError('ERR_USAGE', { problem: '--apply needs --private-key' });
  const { readPrivateKey, signingKey } = await import('../core/keys/index.js');
  const { readCertificates } = await import('../core/x509/index.js');
  const [certificate, ...attached] = argv.signingCertificate
    ? readCertificates(argv.signingCertificate, 'signing certificate')
    : [];
  const chain = (argv.certificateChain ?? []).flatMap((file) => readCertificates(file, 'certificate chain'));
  const key = signingKey(await readPrivateKey(argv.privateKey, passphraseSource(argv, context)));
  return { key, certificate, chain: [...attached, ...chain] };
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
