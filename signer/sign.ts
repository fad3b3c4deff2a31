import { lstatSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  decodeStatement,
  encodeBundle,
  encodeStatement,
  matchSignature,
  type StapledEvidence,
  UnverifiedBundle,
} from '../core/bundle/index.js';
import { type CacheUse, DigestCache } from '../core/digest/index.js';
import { IN_TOTO_PAYLOAD_TYPE, preAuthEncoding } from '../core/dsse.js';
import { ModelsealError } from '../core/errors/index.js';
import { ioError } from '../core/files.js';
import type { SigningKey } from '../core/keys/index.js';
import {
  DEFAULT_IGNORED,
  IgnoreRules,
  type Manifest,
  manifestOf,
  measureModel,
  type Serialization,
  treeDigestOf,
  walkModel,
} from '../core/model/index.js';
import { checkOptions, is, type OptionTable } from '../core/options.js';
import type { ProgressSink } from '../core/progress.js';
import { Certificate } from '../core/x509/index.js';
import { completenessProblems } from './complete/index.js';
import { materialOf } from './material.js';
import { type ModelMetadata, metadataAnnotations } from './metadata.js';
import { signedBefore } from './reuse.js';
import { SERIALIZATION, type SerializationOptions, serializationOf } from './serialization.js';
import { chooseTarget, writeSignature } from './target.js';

export interface SignOptions extends SerializationOptions {
  readonly key: SigningKey;
  /** The certificate of the key; without it the signature is of the key method. */
  readonly certificate?: Certificate | undefined;
  /** Certificates above it, in any order. The root is left out of the bundle. */
  readonly chain?: readonly Certificate[] | undefined;
  /** CRLs and OCSP responses, DER, to send along: an extension that some other readers refuse. */
  readonly staple?: StapledEvidence | undefined;
  /** Time at which the certificates must be valid. */
  readonly at: Date;
  /** Where to write the signature; `model.sig` in the folder, or beside a single file, without it. */
  readonly signature?: string | undefined;
  /** Add a signature beside those that are there: `model.2.sig` beside `model.sig`. */
  readonly add?: boolean | undefined;
  /** Replace an existing signature. */
  readonly overwrite?: boolean | undefined;
  /** Digests of files are kept here for later; on their own they are not used for signing. */
  readonly digestCache?: DigestCache | undefined;
  /**
   * An older signature by the same key. What it says of a file is signed again without reading the file where the digest
   * cache, which is needed for it, says the same and that the file is unchanged.
   */
  readonly reuse?: string | undefined;
  /** Sign pointers, unfinished downloads and weights that do not belong together all the same; a warning names them. */
  readonly allowIncomplete?: boolean | undefined;
  /** Time-stamp authorities that shall state when it was signed; each is asked for a token. */
  readonly timestampUrls?: readonly string[] | undefined;
  /** Verifiers refuse the signature after this time. */
  readonly expires?: Date | undefined;
  /** Signed along, as annotations of the subject. */
  readonly metadata?: ModelMetadata | undefined;
  /**
   * Depart from the specification where the Python reference implementation (up to 1.1) does and would else refuse the
   * signature: it adds the shard size to the algorithm of a shard, and calls a single file ".".
   */
  readonly forPythonReference?: boolean | undefined;
  readonly progress?: ProgressSink | undefined;
}

const SIGN: OptionTable<SignOptions> = {
  ...SERIALIZATION,
  key: is.object,
  certificate: is.made(Certificate),
  chain: is.list(is.made(Certificate)),
  staple: is.object,
  at: is.time,
  signature: is.text,
  add: is.flag,
  overwrite: is.flag,
  allowIncomplete: is.flag,
  digestCache: is.made(DigestCache),
  reuse: is.text,
  timestampUrls: is.list(is.text),
  expires: is.time,
  metadata: is.object,
  forPythonReference: is.flag,
  progress: is.call,
};

/** What was signed and where the signature is. */
export interface SignedModel {
  readonly signature: string;
  readonly method: 'certificate' | 'key';
  readonly manifest: Manifest;
  readonly rootDigest: string;
  readonly treeDigest: string;
  readonly bytes: number;
  readonly ignored: readonly string[];
  readonly warnings: readonly string[];
  readonly metadata: ModelMetadata | undefined;
  /** What was signed without being read again. */
  readonly reused: CacheUse | undefined;
}

/**
 * Signs a model folder or a single file and writes an OMS v1.0 bundle. The new signature is read back and verified
 * before it is written, and written in one piece or not at all.
 *
 * @throws {ModelsealError} `ERR_SIGN_*`, `ERR_KEY_*`, `ERR_MODEL_*`, `ERR_NAME_*`, `ERR_FILE_*`, `ERR_TIMESTAMP_*`,
 *   `ERR_FETCH_*`, and what reading `reuse` throws
 * @example
 * const [certificate, ...chain] = readCertificates('ada/chain.pem', 'certificate chain');
 * const key = signingKey(await readPrivateKey('ada/key.pem', passphrase));
 * await signModel('model', { key, certificate, chain, at: new Date() });
 */
export async function signModel(path: string, options: SignOptions): Promise<SignedModel> {
  checkOptions('signModel', options, SIGN);
  const { key, at } = options;
  const warnings: string[] = [];
  const material = materialOf(
    { key, certificate: options.certificate, chain: options.chain, staple: options.staple, at },
    warnings,
  );
  const annotations = options.metadata && metadataAnnotations(options.metadata);
  const { root, single } = locate(path);
  const overwrite = options.overwrite ?? false;
  const target = chooseTarget(root, single, options.signature, overwrite, options.add ?? false);
  const rules = IgnoreRules.from(
    single
      ? []
      : [
          ...DEFAULT_IGNORED,
          ...(target.insideAs ? [target.insideAs] : []),
          ...target.others,
          ...(options.ignorePaths ?? []),
        ],
    'caller',
  );
  const serialization = serializationOf(options, rules);
  const reuse = reusable(options, serialization);
  const tree = walkModel(path, { ignore: rules, allowSymlinks: serialization.allowSymlinks });
  if (tree.files.length === 0) throw new ModelsealError('ERR_MODEL_EMPTY', { model: path });
  const [incomplete, ...more] = completenessProblems(tree);
  if (incomplete && !options.allowIncomplete) throw incomplete;
  if (incomplete) warnings.push(...[incomplete, ...more].map((problem) => problem.message));
  const measured = await measureModel(tree, serialization, {
    progress: options.progress,
    cache: options.digestCache,
    reuse,
  });
  if (measured.items.length === 0) throw new ModelsealError('ERR_MODEL_EMPTY', { model: path });
  if (measured.cache?.problem !== undefined)
    warnings.push(`the digest cache ${measured.cache.file}: ${measured.cache.problem}`);
  const manifest = manifestOf(measured, options.forPythonReference && single ? '.' : undefined);
  const treeDigest = treeDigestOf(measured);
  const payload = encodeStatement(manifest, {
    treeDigest,
    annotations,
    expires: checkedExpiry(options),
    sizes: serialization.method === 'files' ? measured.items.sizes : undefined,
    referenceNames: options.forPythonReference,
  });
  const signature = await key.sign(preAuthEncoding(IN_TOTO_PAYLOAD_TYPE, payload));
  const bundle = new Uint8Array(Buffer.from(encodeBundle(payload, [signature], material)));
  selfCheck(bundle, options, manifest.rootDigest());
  writeSignature(target, await timestamped(bundle, target.file, options.timestampUrls), overwrite);
  return {
    signature: target.file,
    method: 'chain' in material ? 'certificate' : 'key',
    manifest,
    rootDigest: manifest.rootDigest(),
    treeDigest,
    bytes: measured.bytes,
    ignored: tree.ignored,
    warnings: [...warnings, ...tree.warnings],
    metadata: options.metadata,
    reused: measured.cache,
  };
}

/** @throws {ModelsealError} `ERR_SIGN_OPTION`, `ERR_SIGN_REUSE` */
function reusable(
  { reuse, digestCache, certificate, key }: SignOptions,
  serialization: Serialization,
): (resource: string, digest: string) => boolean {
  if (reuse === undefined) return () => false;
  if (digestCache === undefined) {
    const problem = 'a signature does not know which files changed since; that takes a digest cache';
    throw new ModelsealError('ERR_SIGN_OPTION', { option: 'reuse', problem });
  }
  return signedBefore(reuse, certificate?.publicKey() ?? key.publicKey, serialization);
}

/** Nobody waits for the network, nor loads its code, without being asked to. */
async function timestamped(
  bundle: Uint8Array,
  file: string,
  urls: readonly string[] = [],
): Promise<Uint8Array> {
  if (urls.length === 0) return bundle;
  const { withTimestamps } = await import('./timestamp/index.js');
  return withTimestamps(bundle, file, { urls });
}

/** Whole seconds, as it will be read. */
function checkedExpiry({ expires, at }: SignOptions): Date | undefined {
  if (expires === undefined) return undefined;
  // Written so that an invalid Date (NaN) refuses.
  if (expires > at) return new Date(Math.floor(expires.getTime() / 1000) * 1000);
  throw new ModelsealError('ERR_SIGN_OPTION', { option: 'expires', problem: 'the time lies in the past' });
}

function locate(path: string): { root: string; single: boolean } {
  try {
    const root = realpathSync.native(resolve(path));
    return { root, single: !lstatSync(root).isDirectory() };
  } catch (error) {
    throw ioError(error, path, 'model');
  }
}

/** Reads the bundle as a verifier would: parse, verify over the received bytes, then decode. */
function selfCheck(bytes: Uint8Array, options: SignOptions, rootDigest: string): void {
  const bundle = UnverifiedBundle.parse(bytes);
  const key = options.certificate?.publicKey() ?? options.key.publicKey;
  const [signature] = bundle.signatures;
  if (!signature || matchSignature(bundle, signature, key) !== 'dsse') {
    throw new ModelsealError('ERR_SIGN_SELF_CHECK', { problem: 'the signature is not valid' });
  }
  if (decodeStatement(bundle.payload).rootDigest !== rootDigest) {
    throw new ModelsealError('ERR_SIGN_SELF_CHECK', { problem: 'it is of another manifest' });
  }
}
