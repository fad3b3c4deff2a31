import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  ATTESTATION_NAMES,
  type AttestationType,
  encodeAttestation,
  type Predicate,
} from '../core/attestation/index.js';
import { encodeBundle, matchSignature, UnverifiedBundle } from '../core/bundle/index.js';
import { IN_TOTO_PAYLOAD_TYPE, preAuthEncoding } from '../core/dsse.js';
import { ModelsealError } from '../core/errors/index.js';
import { readBounded, writeAtomic } from '../core/files.js';
import type { SigningKey } from '../core/keys/index.js';
import { parseStrictJson } from '../core/json/strict-json.js';
import { checkOptions, is, type OptionTable } from '../core/options.js';
import type { ProgressSink } from '../core/progress.js';
import { Certificate } from '../core/x509/index.js';
import { digestModel } from './digest.js';
import { materialOf } from './material.js';
import { SERIALIZATION, type SerializationOptions } from './serialization.js';

/** Models are described in less; larger documents are refused before they are parsed. */
const MAX_PREDICATE_BYTES = 16 * 1024 * 1024;

/** The options of hashing must be those that the model is signed with: its tree digest follows from them. */
export interface AttestOptions extends SerializationOptions {
  readonly key: SigningKey;
  readonly certificate?: Certificate | undefined;
  readonly chain?: readonly Certificate[] | undefined;
  readonly at: Date;
  readonly type: AttestationType;
  /** What is said of the model. */
  readonly predicate: Predicate;
  /** Refuse a model whose tree digest is another: it changed since it was looked at. */
  readonly expected?: string | undefined;
  /** File to write; `MODEL.TYPE.attestation.json` beside the model without it. */
  readonly out?: string | undefined;
  readonly overwrite?: boolean | undefined;
  readonly timestampUrls?: readonly string[] | undefined;
  readonly progress?: ProgressSink | undefined;
}

const ATTEST: OptionTable<AttestOptions> = {
  ...SERIALIZATION,
  key: is.object,
  certificate: is.made(Certificate),
  chain: is.list(is.made(Certificate)),
  at: is.time,
  type: is.one(...ATTESTATION_NAMES),
  predicate: is.object,
  expected: is.text,
  out: is.text,
  overwrite: is.flag,
  timestampUrls: is.list(is.text),
  progress: is.call,
};

export interface AttestedModel {
  readonly file: string;
  readonly type: AttestationType;
  readonly treeDigest: string;
  readonly warnings: readonly string[];
}

/**
 * Signs a statement about a model, bound to its tree digest, as an in-toto attestation in a Sigstore bundle.
 *
 * @throws {ModelsealError} `ERR_ATTESTATION`, `ERR_SIGN_*`, `ERR_KEY_*`, `ERR_MODEL_*`, `ERR_FILE_*`, `ERR_TIMESTAMP_*`
 * @example
 * const predicate = readPredicate('card.json');
 * await attestModel('model', { key, certificate, chain, at: new Date(), type: 'model-card', predicate });
 */
export async function attestModel(path: string, options: AttestOptions): Promise<AttestedModel> {
  checkOptions('attestModel', options, ATTEST);
  const { key, type, predicate, certificate, expected } = options;
  const warnings: string[] = [];
  const material = materialOf(options, warnings);
  const { ignorePaths, allowSymlinks, method, shardSize, hash, progress } = options;
  const model = await digestModel(path, { ignorePaths, allowSymlinks, method, shardSize, hash, progress });
  const { treeDigest } = model;
  if (expected !== undefined && expected !== treeDigest)
    throw new ModelsealError('ERR_TREE_DIGEST', { recorded: expected, computed: treeDigest });
  const payload = encodeAttestation({ type, name: model.manifest.modelName, treeDigest, predicate });
  const signature = await key.sign(preAuthEncoding(IN_TOTO_PAYLOAD_TYPE, payload));
  let bytes = new Uint8Array(Buffer.from(encodeBundle(payload, [signature], material)));
  const bundle = UnverifiedBundle.parse(bytes);
  const [made] = bundle.signatures;
  if (!made || matchSignature(bundle, made, certificate?.publicKey() ?? key.publicKey) !== 'dsse')
    throw new ModelsealError('ERR_SIGN_SELF_CHECK', { problem: 'the signature is not valid' });
  const file = options.out ?? `${realpathSync.native(resolve(path))}.${type}.attestation.json`;
  if (options.timestampUrls?.length) {
    const { withTimestamps } = await import('./timestamp/index.js');
    bytes = new Uint8Array(await withTimestamps(bytes, file, { urls: options.timestampUrls }));
  }
  writeAtomic(file, bytes, { overwrite: options.overwrite ?? false });
  return { file, type, treeDigest, warnings: [...warnings, ...model.warnings] };
}

/**
 * A predicate from a file. @throws {ModelsealError} `ERR_FILE_*`, `ERR_JSON_*`, `ERR_ATTESTATION`
 * @example
 * const predicate = readPredicate('card.json');
 */
export function readPredicate(file: string): Predicate {
  const bytes = readBounded(file, 'predicate', MAX_PREDICATE_BYTES);
  const json = parseStrictJson(bytes, { what: 'predicate', maxBytes: MAX_PREDICATE_BYTES, maxDepth: 60 });
  if (json === null || typeof json !== 'object' || Array.isArray(json))
    throw new ModelsealError('ERR_ATTESTATION', { problem: `${file} is not a JSON object` });
  return json;
}
