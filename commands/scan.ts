import { ModelsealError } from '../core/errors/index.js';
import type { ScanPolicy } from '../scanner/policy.js';
import {
  type Arguments,
  type Command,
  type CommandContext,
  command,
  formatBytes,
  printable,
} from './terminal/index.js';
import { type PassphraseArguments, passphraseOptions } from './options/passphrase.js';
import { readSigner, SIGNING } from './options/signing.js';
import { flag, text as textOption, type Values } from './options/table.js';
import { SCAN, scanPolicy } from './options/scan.js';
import type { FileScan, ScanResult } from '../scanner/scan.js';
import type { FileVerdict, Finding } from '../scanner/types.js';

const OUTCOME = { clean: 'accepted', threat: 'threat', incomplete: 'unchecked' } as const;

/** `modelseal scan`: the threat scan alone, without signatures. */
const scan: Command = (context) =>
  command({
    command: 'scan <paths..>',
    describe: 'Look for threats in models without loading them',
    builder: (yargs) =>
      passphraseOptions(yargs)
        .positional('paths', {
          type: 'string',
          array: true,
          demandOption: true,
          describe: 'Files and folders to scan',
        })
        .options(SCAN)
        .option('max-pickle-size', {
          type: 'number',
          describe: 'Largest pickle in bytes that is not worth a remark (default 52428800)',
        })
        .options({
          attest: flag('Sign the result, whatever it is: an attestation of the type scan, of one model'),
          'private-key': SIGNING['private-key'],
          'signing-certificate': SIGNING['signing-certificate'],
          'certificate-chain': SIGNING['certificate-chain'],
          out: textOption('With --attest: file to write [MODEL.scan.attestation.json, beside the model]'),
          force: flag('With --attest: replace an older file'),
        })
        .option('all', { type: 'boolean', default: false, describe: 'Show clean files too' })
        .example('$0 scan ./models', 'Scan a folder')
        .example('$0 scan model.pt --json', 'One file, as JSON'),
    handler: async (argv) => {
      const { scanPathsOnAllCores } = await import('../scanner/parallel.js');
      const policy = {
        ...(await scanPolicy(argv)),
        ...(argv.maxPickleSize === undefined ? {} : { maxPickleBytes: argv.maxPickleSize }),
      };
      const attesting = argv.attest ? await prepare(argv, context) : undefined;
      const progress = context.output.progress('scanning');
      let result: ScanResult;
      try {
        result = await scanPathsOnAllCores(argv.paths, {
          progress: progress.sink,
          policy,
        });
      } finally {
        progress.done();
      }
      await attesting?.(result, policy);
      await context.record('scan', OUTCOME[result.verdict], {
        paths: argv.paths,
        verdicts: result.verdicts,
        rules: [...new Set(result.files.flatMap((f) => f.findings.map((x) => x.rule)))],
      });
      context.output.result(result, () => text(result, argv.all, context));
      context.finish(OUTCOME[result.verdict]);
    },
  });

export default scan;

/** Everything that can be wrong is found before the scan, which may take long. */
async function prepare(
  argv: Arguments<Values<typeof SIGNING>> &
    PassphraseArguments & {
      readonly paths: readonly string[];
      readonly out?: string | undefined;
      readonly force: boolean;
    },
  context: CommandContext,
): Promise<(result: ScanResult, policy: ScanPolicy) => Promise<void>> {
  const [model, ...more] = argv.paths;
  const { privateKey } = argv;
  if (model === undefined || more.length > 0 || privateKey === undefined)
    throw new ModelsealError('ERR_USAGE', { problem: '--attest needs one model and --private-key' });
  const { attestModel, digestModel, scanPredicate } = await import('../signer/index.js');
  const signer = await readSigner({ ...argv, privateKey }, context);
  const { treeDigest } = await digestModel(model);
  return async (result, policy) => {
    const at = context.now();
    const predicate = scanPredicate(result, policy, at);
    const { out, force } = argv;
    const attested = await attestModel(model, {
      ...signer,
      at,
      type: 'scan',
      predicate,
      expected: treeDigest,
      out,
      overwrite: force,
    });
    context.output.note(`attested: ${printable(attested.file)}`);
  };
}

/** More findings of one file than this are no longer read; `--json` has them all. */
const SHOWN = 20;

function text(result: ScanResult, all: boolean, context: CommandContext): string {
  const lines: string[] = [];
  for (const file of result.files) {
    if (file.verdict === 'clean' && !all) continue;
    lines.push(...fileLines(file, context));
  }
  const { coverage, verdicts } = result;
  const counts = (Object.keys(verdicts) as FileVerdict[])
    .filter((verdict) => verdicts[verdict] > 0)
    .map((verdict) => `${verdicts[verdict]} ${verdict}`);
  const formats = Object.keys(coverage.formats).sort().join(', ');
  if (lines.length > 0) lines.push('');
  lines.push(
    `${coverage.files} files, ${formatBytes(coverage.bytes)}, ${coverage.members} parts looked at: ${counts.join(', ') || 'nothing'}`,
  );
  if (formats) lines.push(context.output.colors.dim(`formats: ${formats}`));
  for (const folder of coverage.omitted)
    lines.push(context.output.colors.dim(`not entered: ${printable(folder)}`));
  return lines.join('\n');
}

function fileLines(file: FileScan, context: CommandContext): string[] {
  const { colors } = context.output;
  const paint = {
    clean: colors.green,
    suspicious: colors.yellow,
    malicious: colors.red,
    unparsed: colors.magenta,
    skipped: colors.magenta,
  };
  const lines = [`${paint[file.verdict](file.verdict.padEnd(10))} ${printable(file.file)}`];
  for (const finding of file.findings.slice(0, SHOWN)) lines.push(findingLine(finding, file, context));
  if (file.findings.length > SHOWN) lines.push(`  … and ${file.findings.length - SHOWN} more findings`);
  for (const { location, reason } of file.unparsed.slice(0, 5)) {
    lines.push(
      `  ${colors.magenta('not understood'.padEnd(8))} ${place(location, file)}${printable(reason)}`,
    );
  }
  return lines;
}

function findingLine(finding: Finding, file: FileScan, context: CommandContext): string {
  const { colors } = context.output;
  const paint = { low: colors.cyan, medium: colors.yellow, high: colors.red, critical: colors.red };
  const severity = paint[finding.severity](finding.severity.padEnd(8));
  return `  ${severity} ${finding.rule}  ${place(finding.location, file)}${printable(finding.message)}`;
}

/** The part of a location inside the file; the file itself is the heading above it. */
function place(location: string, file: FileScan): string {
  const inner = location.startsWith(`${file.file}!/`) ? location.slice(file.file.length + 2) : '';
  return inner === '' ? '' : `${printable(inner)}: `;
}
