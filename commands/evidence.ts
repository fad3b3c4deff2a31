import { writeAtomic } from '../core/files.js';
import type { PackDescription } from '../loader/evidence/index.js';
import { flag, needed, text } from './options/table.js';
import { MODEL, readVerifyOptions, VERIFICATION } from './options/verification.js';
import { type Command, type CommandContext, command, group, printable } from './terminal/index.js';

const { evidence: _, ...TRUSTED } = VERIFICATION;

const pack: Command = (context) =>
  command({
    command: 'pack <model>',
    describe: 'Verify the signatures of a model and put all that this needed into one file',
    builder: (yargs) =>
      yargs
        .positional('model', MODEL)
        .options({
          ...TRUSTED,
          out: needed(text('File to write')),
          force: flag('Replace an older file'),
        })
        .example(
          '$0 evidence pack ./model --trust-root root.pem --fetch --out model.evidence.json',
          'signatures, chains, time stamps, CRLs and OCSP responses',
        ),
    handler: async (argv) => {
      const options = await readVerifyOptions(argv, context);
      const { packEvidence } = await import('../loader/evidence/index.js');
      const { describePack } = await import('../loader/evidence/describe.js');
      const { pack: packed } = await packEvidence(argv.model, argv.out, options);
      writeAtomic(argv.out, packed.encode(), { overwrite: argv.force });
      const described = describePack(packed);
      context.output.result(described, () => `${context.output.colors.green('packed')} ${say(described)}`);
    },
  });

const show: Command = (context: CommandContext) =>
  command({
    command: 'show <file>',
    describe: 'What an evidence pack claims to hold (unverified)',
    builder: (yargs) =>
      yargs
        .positional('file', needed(text('Evidence pack')))
        .example(
          '$0 evidence show model.evidence.json',
          'whose signatures, and until when they can be verified',
        ),
    handler: async ({ file }) => {
      const { describePack, EvidencePack } = await import('../loader/evidence/index.js');
      const described = describePack(EvidencePack.read(file));
      context.output.result(described, () => `${say(described)}\n  nothing of this is verified`);
    },
  });

/** `modelseal evidence …` */
const evidence: Command = (context) =>
  command({
    command: 'evidence',
    describe: 'All that a signature needs to be verified offline, in one file: pack, show',
    builder: (yargs) =>
      group(yargs, context, [pack, show]).example(
        '$0 evidence show model.evidence.json',
        'whose signatures, and until when they can be verified',
      ),
    handler: () => {},
  });

export default evidence;

function say({
  file,
  signatures,
  certificates,
  crls,
  ocspResponses,
  attestations,
  currentUntil,
}: PackDescription): string {
  return [
    printable(file),
    ...signatures.map(({ model, method, chain, timestamps, problem }) =>
      problem === undefined
        ? `  signature      of ${printable(model ?? '')}, ${method}${chain[0] ? `, ${printable(chain[0].subject)} until ${chain[0].notAfter}` : ''}${timestamps.map((time) => `, time stamp ${time}`).join('')}`
        : `  signature      cannot be read: ${printable(problem)}`,
    ),
    ...certificates.map(
      ({ subject, notAfter }) => `  certificate    ${printable(subject)} until ${notAfter}`,
    ),
    ...crls.map(
      ({ issuer, thisUpdate, nextUpdate }) =>
        `  CRL            ${printable(issuer)}, ${thisUpdate} to ${nextUpdate}`,
    ),
    ...ocspResponses.map(
      ({ responder, producedAt, nextUpdate }) =>
        `  OCSP response  ${printable(responder)}, ${producedAt} to ${nextUpdate ?? 'no stated end'}`,
    ),
    ...attestations.map(
      ({ type, problem }) => `  attestation    ${type ?? `cannot be read: ${printable(problem ?? '')}`}`,
    ),
    `  current until  ${currentUntil ?? 'no revocation evidence says'}`,
  ].join('\n');
}
