import { statSync } from 'node:fs';
import { type Command, type CommandContext, command, printable } from './terminal/index.js';
import type { CertificateClaims, Extracted, Inspection, RequestClaims } from '../signer/inspect/index.js';

interface Arguments {
  readonly file: string;
  readonly extract: string | undefined;
  readonly asn1: boolean;
}

const inspectCommand: Command = (context) =>
  command({
    command: 'inspect <file>',
    describe: 'What a signature, certificate, request, CRL or model claims (unverified, and says so)',
    builder: (yargs) =>
      yargs
        .positional('file', {
          type: 'string',
          demandOption: true,
          describe:
            'Signature, certificates (also in a CMS container), certificate request, CRL, public key; or a model, for its signature',
        })
        .option('extract', {
          type: 'string',
          describe: 'Folder for the detached view of a signature, which OpenSSL alone verifies',
        })
        .option('asn1', {
          type: 'boolean',
          default: false,
          describe: 'Show the ASN.1 structure of the first object in the file instead',
        })
        .example('$0 inspect model/model.sig --extract view', 'show it, and write the detached view'),
    handler: (argv) => run(argv, context),
  });
export default inspectCommand;

async function run(argv: Arguments, context: CommandContext): Promise<void> {
  const { extractView, inspect, readCms } = await import('../signer/inspect/index.js');
  if (argv.asn1) return showAsn1(argv.file, context);
  const container = isFile(argv.file) ? readCms(argv.file) : undefined;
  if (container && argv.extract === undefined) return showCms(container, argv.file, context);
  const { ModelsealError } = await import('../core/errors/index.js');
  const found = inspect(argv.file);
  let extracted: Extracted | undefined;
  if (argv.extract !== undefined) {
    if (found.kind !== 'signature') {
      throw new ModelsealError('ERR_USAGE', {
        problem: `--extract needs a signature, ${argv.file} has none`,
      });
    }
    extracted = extractView(found.bundle, argv.extract);
  }
  const { claims, file, kind } = found;
  context.output.result(
    {
      file,
      kind,
      verified: false,
      claims,
      ...(extracted ? { extracted: { folder: argv.extract, ...extracted } } : {}),
    },
    () =>
      [
        context.output.colors.yellow(UNVERIFIED),
        ...describe(found),
        ...(extracted ? written(argv.extract as string, extracted) : []),
      ].join('\n'),
  );
}

const UNVERIFIED = 'UNVERIFIED: this is what the file claims. Nothing of it has been checked.';

/** What is not a regular file is left to `inspect`, which names the cause. */
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

async function showCms(container: Uint8Array, file: string, context: CommandContext): Promise<void> {
  const { inspectCms } = await import('../signer/inspect/index.js');
  const claims = await inspectCms(container, file);
  context.output.result({ file, kind: 'cms', verified: false, claims }, () =>
    [
      context.output.colors.yellow(UNVERIFIED),
      `${printable(file)}: a CMS container with ${claims.certificates.length} certificate(s), ${claims.crls} CRL(s), ${claims.signers.length} signer(s)`,
      ...claims.certificates.flatMap(describeCertificate),
    ].join('\n'),
  );
}

async function showAsn1(file: string, context: CommandContext): Promise<void> {
  const { asn1Lines } = await import('../signer/inspect/index.js');
  const { readBounded } = await import('../core/files.js');
  const { readObjects } = await import('../core/pem.js');
  const bytes = readBounded(file, 'file to inspect', MAX_ASN1);
  // BER, and what we do not read otherwise, is shown all the same.
  const [object] = bytes[0] === 0x30 ? [] : readObjects(bytes, file);
  const lines = await asn1Lines(object?.bytes ?? bytes);
  context.output.result({ file, kind: 'asn1', verified: false, lines }, () =>
    [context.output.colors.yellow(UNVERIFIED), ...lines.map(printable)].join('\n'),
  );
}

/** Certificates and CRLs that people look into are far smaller. */
const MAX_ASN1 = 16 * 1024 * 1024;

function describe(found: Inspection): string[] {
  const { file } = found;
  switch (found.kind) {
    case 'signature':
      return [`${printable(file)}: a signature`, ...describeSignature(found)];
    case 'certificates':
      return [
        `${printable(file)}: ${found.claims.length} certificate(s)`,
        ...found.claims.flatMap(describeCertificate),
      ];
    case 'request':
      return describeRequest(found.claims, file);
    case 'crl': {
      const c = found.claims;
      return [
        `${printable(file)}: a ${c.delta ? 'delta ' : ''}certificate revocation list`,
        `  issuer       ${printable(c.issuer)}`,
        `  number       ${c.number}`,
        `  this update  ${c.thisUpdate}`,
        `  next update  ${c.nextUpdate}`,
        `  entries      ${c.entries}`,
      ];
    }
    case 'public-key':
      return [
        `${printable(file)}: a public key`,
        `  kind         ${found.claims.key}`,
        `  fingerprint  ${found.claims.fingerprint}`,
      ];
    case 'unsigned-model':
      return [`${printable(file)}: no signature found at ${printable(found.claims.lookedFor)}`];
  }
}

/** As many names as a screen holds; `--json` lists them all. */
const SHOWN = 20;

function describeSignature(found: Extract<Inspection, { kind: 'signature' }>): string[] {
  const { claims } = found;
  const { statement: s, problem } = claims;
  const lines = [
    `  method       ${claims.method}${claims.keyHint ? `, key ${printable(claims.keyHint)}` : ''}`,
    `  signatures   ${claims.signatures}`,
    ...claims.chain.flatMap(describeCertificate),
    ...claims.timestamps.map((stamp) =>
      'problem' in stamp
        ? `  time stamp   unreadable: ${printable(stamp.problem.message)}`
        : `  time stamp   ${stamp.genTime}, ${stamp.hash}, policy ${stamp.policy}`,
    ),
  ];
  if (problem)
    return [...lines, `  payload      not a model manifest: ${printable(problem.message)} [${problem.code}]`];
  if (!s) return lines;
  const more = s.files.length > SHOWN ? [`    … and ${s.files.length - SHOWN} more`] : [];
  return [
    ...lines,
    `  format       ${s.format}`,
    `  model        ${printable(s.model)}`,
    `  hash         ${s.hash}, by ${s.method}${s.shardSize ? ` of ${s.shardSize} bytes` : ''}`,
    ...(s.rootDigest ? [`  root digest  sha256:${s.rootDigest}`] : []),
    ...(s.ignorePaths.length > 0 ? [`  not signed   ${s.ignorePaths.map(printable).join(', ')}`] : []),
    ...(s.metadata ? [`  metadata     ${printable(JSON.stringify(s.metadata))}`] : []),
    `  files        ${s.files.length}`,
    ...s.files.slice(0, SHOWN).map((name) => `    ${printable(name)}`),
    ...more,
  ];
}

function describeRequest(c: RequestClaims, file: string): string[] {
  const row = (title: string, names: readonly string[]): string[] =>
    names.length > 0 ? [`  ${title.padEnd(13)}${names.map(printable).join(', ')}`] : [];
  return [
    `${printable(file)}: a certificate request`,
    `  subject      ${printable(c.subject)}`,
    `  key          ${c.key}`,
    `  fingerprint  ${c.keyFingerprint}`,
    ...row('e-mail', c.emails),
    ...row('uri', c.uris),
    ...row('other names', c.otherNames),
    ...row('extensions', c.extensions),
  ];
}

function describeCertificate(c: CertificateClaims): string[] {
  return [
    `  certificate  ${printable(c.subject)}`,
    `    issuer       ${printable(c.issuer)}`,
    `    serial       ${c.serialNumber}`,
    `    valid        ${c.notBefore} to ${c.notAfter}`,
    `    key          ${c.key}${c.ca ? ', CA' : ''}`,
    `    fingerprint  ${c.fingerprint}`,
    ...(c.identities.length > 0 ? [`    identities   ${c.identities.map(printable).join(', ')}`] : []),
  ];
}

function written(folder: string, extracted: Extracted): string[] {
  const at = printable(folder);
  return [
    `detached view in ${at}: ${extracted.files.join(', ')}`,
    extracted.command
      ? `verify it there with: ${extracted.command}`
      : 'the bundle brings no public key; put yours there as public-key.pem',
  ];
}
