import { belowModel } from '../core/below.js';
import type { StapledEvidence } from '../core/bundle/index.js';
import { ModelsealError } from '../core/errors/index.js';
import { readBounded } from '../core/files.js';
import {
  type Command,
  type CommandContext,
  command,
  formatBytes,
  type PassphraseArguments,
  passphraseOptions,
  passphraseSource,
  printable,
} from './terminal/index.js';
import type { ModelMetadata, SignedModel } from '../signer/index.js';

interface Arguments extends PassphraseArguments {
  model: string;
  privateKey: string;
  signingCertificate: string | undefined;
  certificateChain: string[] | undefined;
  stapleCrl: string[] | undefined;
  stapleOcsp: string[] | undefined;
  signature: string | undefined;
  force: boolean;
  ignorePaths: string[] | undefined;
  allowSymlinks: boolean;
  method: 'files' | 'shards';
  shardSize: string | undefined;
  hash: 'sha256' | 'blake2b' | 'blake3';
  allowIncomplete: boolean;
  metadata: string | undefined;
  modelName: string | undefined;
  modelVersion: string | undefined;
  trainingDate: string | undefined;
  dependency: string[] | undefined;
  detect: boolean;
  forPythonReference: boolean;
}

const RSA_READERS =
  'RSA: read by Modelseal, the Go implementation and OpenSSL; the Python reference implementation reads EC keys only';

const sign: Command = (context) =>
  command<Arguments>({
    command: 'sign <model>',
    describe: 'Sign a model folder or file',
    builder: (yargs) =>
      passphraseOptions(yargs)
        .positional('model', { type: 'string', demandOption: true, describe: 'Model folder or single file' })
        .option('private-key', {
          type: 'string',
          demandOption: true,
          describe: 'Private key, PEM or PKCS#8 DER',
        })
        .option('signing-certificate', {
          type: 'string',
          describe:
            'Certificate of the key; the chain may follow in the same file. Without it the bare key signs',
        })
        .option('certificate-chain', {
          type: 'string',
          array: true,
          describe: 'Certificates between it and the root',
        })
        .option('staple-crl', {
          type: 'string',
          array: true,
          describe:
            'CRL to send along in the signature; the Python reference implementation refuses such bundles',
        })
        .option('staple-ocsp', {
          type: 'string',
          array: true,
          describe: 'OCSP response to send along, likewise',
        })
        .option('signature', {
          type: 'string',
          describe: 'Output file [model.sig in the folder, or beside the file]',
        })
        .option('force', { type: 'boolean', default: false, describe: 'Replace an older signature' })
        .option('ignore-paths', {
          type: 'string',
          array: true,
          describe: 'Paths below the model that are not signed',
        })
        .option('allow-symlinks', {
          type: 'boolean',
          default: false,
          describe: 'Follow symbolic links that stay inside the model',
        })
        .option('method', { choices: ['files', 'shards'] as const, default: 'files' as const })
        .option('shard-size', { type: 'string', describe: 'Bytes per shard [1000000000]' })
        .option('hash', { choices: ['sha256', 'blake2b', 'blake3'] as const, default: 'sha256' as const })
        .option('allow-incomplete', {
          type: 'boolean',
          default: false,
          describe: 'Sign Git LFS pointers, missing shards and foreign indexes all the same',
        })
        .option('metadata', { type: 'string', describe: 'JSON file with facts that are signed along' })
        .option('model-name', { type: 'string', describe: 'Signed along as modelName' })
        .option('model-version', { type: 'string', describe: 'Signed along as modelVersion' })
        .option('training-date', { type: 'string', describe: 'Signed along as trainingDate, ISO 8601' })
        .option('dependency', { type: 'string', array: true, describe: 'NAME=VERSION, signed along' })
        .option('detect', {
          type: 'boolean',
          default: false,
          describe: "Read framework versions from the model's own files and sign them along",
        })
        .option('for-python-reference', {
          type: 'boolean',
          default: false,
          describe: 'Name shards and single files as the Python reference implementation wants them',
        })
        .example(
          '$0 sign ./model --private-key out/key.pem --signing-certificate out/chain.pem',
          'write ./model/model.sig',
        ) as never,
    handler: (argv) => run(argv, context),
  });
export default sign;

async function run(argv: Arguments, context: CommandContext): Promise<void> {
  const { signModel } = await import('../signer/index.js');
  const { readPrivateKey, signingKey } = await import('../core/keys/index.js');
  const { readCertificates } = await import('../core/x509/index.js');
  const [certificate, ...attached] = argv.signingCertificate
    ? readCertificates(argv.signingCertificate, 'signing certificate')
    : [];
  const chain = (argv.certificateChain ?? []).flatMap((file) => readCertificates(file, 'certificate chain'));
  const { metadata, notes } = await collectMetadata(argv);
  for (const note of notes) context.output.note(printable(note));
  const key = signingKey(await readPrivateKey(argv.privateKey, passphraseSource(argv, context)));
  const bar = context.output.progress('signing');
  let signed: SignedModel;
  try {
    signed = await signModel(argv.model, {
      key,
      certificate,
      chain: [...attached, ...chain],
      staple: await readStaple(argv),
      at: context.now(),
      signature: argv.signature,
      overwrite: argv.force,
      ignorePaths: (argv.ignorePaths ?? []).map((path) => belowModel(argv.model, path)),
      allowSymlinks: argv.allowSymlinks,
      method: argv.method,
      shardSize: argv.shardSize === undefined ? undefined : wholeNumber(argv.shardSize),
      hash: argv.hash,
      allowIncomplete: argv.allowIncomplete,
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
      metadata: signed.metadata ?? null,
      certificate: certificate?.fingerprint ?? null,
    },
    () =>
      [
        `${context.output.colors.green('signed')} ${printable(argv.model)}: ${files.length} files, ${formatBytes(signed.bytes)}`,
        `  signature    ${printable(signed.signature)}`,
        `  signed with  ${certificate ? printable(certificate.label) : 'a bare key'}`,
        `  root digest  sha256:${signed.rootDigest}`,
        ...(signed.ignored.length > 0 ? [`  not signed   ${signed.ignored.map(printable).join(', ')}`] : []),
      ].join('\n'),
  );
}

/** Evidence to send along. Each object is decoded once here: what nobody can read helps nobody. */
async function readStaple(argv: Arguments): Promise<StapledEvidence | undefined> {
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
  argv: Arguments,
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

export function wholeNumber(text: string): number {
  const value = Number(text.replaceAll('_', ''));
  if (!/^[0-9_]+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new ModelsealError('ERR_SIGN_OPTION', {
      option: '--shard-size',
      problem: `${text} is not a whole number`,
    });
  }
  return value;
}
