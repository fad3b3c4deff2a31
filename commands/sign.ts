import type { InferredOptionTypes } from 'yargs';
import type { StapledEvidence } from '../core/bundle/index.js';
import { ModelsealError } from '../core/errors/index.js';
import { readBounded } from '../core/files.js';
import { DIGEST_CACHE, openDigestCache } from './options/digest-cache.js';
import { type PassphraseArguments, passphraseOptions } from './options/passphrase.js';
import { readSigner, SIGNING } from './options/signing.js';
import { flag, list, needed, type OptionTable, text } from './options/table.js';
import { readTree, TREE } from './options/tree.js';
import { MODEL } from './options/verification.js';
import {
  type Arguments,
  type Command,
  type CommandContext,
  command,
  formatBytes,
  parseTime,
  printable,
} from './terminal/index.js';
import type { ModelMetadata, SignedModel } from '../signer/index.js';

const OPTIONS = {
  ...SIGNING,
  'private-key': needed(SIGNING['private-key']),
  ...TREE,
  'staple-crl': list(
    'CRL to send along in the signature; the Python reference implementation refuses such bundles',
  ),
  'staple-ocsp': list('OCSP response to send along, likewise'),
  signature: text('Output file [model.sig in the folder, or beside the file]'),
  add: flag('Add a signature beside those that are there: model.2.sig beside model.sig'),
  force: flag('Replace an older signature'),
  ...DIGEST_CACHE,
  reuse: text(
    'Older signature by the same key: files that it and the digest cache agree on are not read again',
  ),
  'timestamp-url': list(
    'Time-stamp authority (RFC 3161) that shall state the time of signing; may be repeated',
  ),
  expires: text('Verifiers refuse the signature after this time'),
  metadata: text('JSON file with facts that are signed along'),
  'model-name': text('Signed along as modelName'),
  'model-version': text('Signed along as modelVersion'),
  'training-date': text('Signed along as trainingDate, ISO 8601'),
  dependency: list('NAME=VERSION, signed along'),
  detect: flag("Read framework versions from the model's own files and sign them along"),
  'for-python-reference': flag(
    'Name shards and single files as the Python reference implementation wants them',
  ),
} as const satisfies OptionTable;

type SignArguments = Arguments<InferredOptionTypes<typeof OPTIONS> & { readonly model: string }> &
  PassphraseArguments;

const RSA_READERS =
  'RSA: read by Modelseal, the Go implementation and OpenSSL; the Python reference implementation reads EC keys only';

const sign: Command = (context) =>
  command({
    command: 'sign <model>',
    describe: 'Sign a model folder or file',
    builder: (yargs) =>
      passphraseOptions(yargs)
        .positional('model', MODEL)
        .options(OPTIONS)
        .example(
          '$0 sign ./model --private-key out/key.pem --signing-certificate out/chain.pem',
          'write ./model/model.sig',
        ),
    handler: (argv) => run(argv, context),
  });
export default sign;

async function run(argv: SignArguments, context: CommandContext): Promise<void> {
  const { signModel } = await import('../signer/index.js');
  const { metadata, notes } = await collectMetadata(argv);
  for (const note of notes) context.output.note(printable(note));
  const { key, certificate, chain } = await readSigner(argv, context);
  const bar = context.output.progress('signing');
  let signed: SignedModel;
  try {
    signed = await signModel(argv.model, {
      key,
      certificate,
      chain,
      staple: await readStaple(argv),
      at: context.now(),
      signature: argv.signature,
      add: argv.add,
      overwrite: argv.force,
      ...readTree(argv),
      allowIncomplete: argv.allowIncomplete,
      digestCache: await openDigestCache(argv, context.env),
      reuse: argv.reuse,
      timestampUrls: argv.timestampUrl,
      expires: argv.expires === undefined ? undefined : parseTime(argv.expires, '--expires'),
      metadata,
      forPythonReference: argv.forPythonReference,
      progress: bar.sink,
    });
  } finally {
    bar.done();
  }
  await context.record('sign', 'accepted', {
    model: argv.model,
    signature: signed.signature,
    rootDigest: signed.rootDigest,
    certificate: certificate?.fingerprint ?? null,
    files: signed.manifest.files().length,
  });
  if (key.publicKey.asymmetricKeyType === 'rsa') context.output.note(RSA_READERS);
  for (const warning of signed.warnings) context.output.warn(printable(warning));
  const files = signed.manifest.files();
  context.output.result(
    {
      signed: argv.model,
      signature: signed.signature,
      method: signed.method,
      hash: signed.manifest.hashType,
      files: files.length,
      bytes: signed.bytes,
      rootDigest: signed.rootDigest,
      treeDigest: signed.treeDigest,
      ignored: signed.ignored,
      warnings: signed.warnings,
      reused: signed.reused ? { files: signed.reused.files, bytes: signed.reused.bytes } : null,
      metadata: signed.metadata ?? null,
      certificate: certificate?.fingerprint ?? null,
    },
    () =>
      [
        `${context.output.colors.green('signed')} ${printable(argv.model)}: ${files.length} files, ${formatBytes(signed.bytes)}`,
        `  signature    ${printable(signed.signature)}`,
        `  signed with  ${certificate ? printable(certificate.label) : 'a bare key'}`,
        `  root digest  sha256:${signed.rootDigest}`,
        ...(argv.reuse !== undefined && signed.reused
          ? [
              `  not read     ${signed.reused.files} files, ${formatBytes(signed.reused.bytes)}, unchanged since ${printable(argv.reuse)}`,
            ]
          : []),
        ...(signed.ignored.length > 0 ? [`  not signed   ${signed.ignored.map(printable).join(', ')}`] : []),
      ].join('\n'),
  );
}

/** Evidence to send along. Each object is decoded once here: what nobody can read helps nobody. */
async function readStaple(argv: SignArguments): Promise<StapledEvidence | undefined> {
  const { stapleCrl = [], stapleOcsp = [] } = argv;
  if (stapleCrl.length + stapleOcsp.length === 0) return undefined;
  if (!argv.signingCertificate) {
    throw new ModelsealError('ERR_USAGE', {
      problem: '--staple-crl and --staple-ocsp need --signing-certificate',
    });
  }
  const { decodePemOrDer } = await import('../core/pem.js');
  const { CertificateList } = await import('../core/x509/crl.js');
  const { MAX_OCSP_BYTES, OcspResponse } = await import('../core/x509/ocsp.js');
  const crls = stapleCrl.flatMap((file) =>
    decodePemOrDer(readBounded(file, 'CRL', MAX_STAPLED_CRL), ['X509 CRL', 'CRL'], file),
  );
  const ocsp = stapleOcsp.flatMap((file) =>
    decodePemOrDer(readBounded(file, 'OCSP response', MAX_OCSP_BYTES), 'OCSP RESPONSE', file),
  );
  for (const der of crls) CertificateList.decode(der);
  for (const der of ocsp) OcspResponse.decode(der);
  return { crls, ocsp };
}

/** A CRL larger than this belongs beside the models, not into every signature. */
const MAX_STAPLED_CRL = 4 * 1024 * 1024;

/** Facts from the model's files, then from the file given, then from the options: the later, the stronger. */
async function collectMetadata(
  argv: SignArguments,
): Promise<{ metadata: ModelMetadata | undefined; notes: readonly string[] }> {
  const { detectMetadata, mergeMetadata, parseMetadata } = await import('../signer/index.js');
  const detected = argv.detect ? detectMetadata(argv.model) : undefined;
  const given = argv.metadata
    ? parseMetadata(readBounded(argv.metadata, 'metadata file', 1024 * 1024), argv.metadata)
    : {};
  const metadata = mergeMetadata(detected?.metadata ?? {}, given, {
    modelName: argv.modelName,
    modelVersion: argv.modelVersion,
    trainingDate: argv.trainingDate,
    dependencies: argv.dependency && Object.fromEntries(argv.dependency.map(pair)),
  });
  return {
    metadata: Object.keys(metadata).length > 0 ? metadata : undefined,
    notes: detected ? [`detected from: ${detected.sources.join(', ') || 'nothing'}`, ...detected.notes] : [],
  };
}

function pair(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at <= 0) {
    throw new ModelsealError('ERR_SIGN_OPTION', {
      option: '--dependency',
      problem: `${text} is not NAME=VERSION`,
    });
  }
  return [text.slice(0, at), text.slice(at + 1)];
}
