import { isUtf8 } from 'node:buffer';
import { DIGEST_SIZE, isHashName } from '../digest/index.js';
import { isModelsealError, ModelsealError } from '../errors/index.js';
import { type Json, parseStrictJson } from '../json/strict-json.js';
import { findMember, parseAround } from '../json/json-span.js';
import { Manifest, type Serialization, TREE_DIGEST_KEY } from '../model/index.js';
import {
  array,
  boolean,
  bounded,
  type JsonObject,
  join,
  nonEmpty,
  object,
  only,
  string,
  wrong,
} from './fields.js';
import { isoTime } from '../x509/time.js';
import { type ResourceColumns, readResources } from './resources.js';
import { MAX_BUNDLE_BYTES } from './unverified.js';

/**
 * Annotation of the subject that holds the size of each file in bytes, in the order of the resources: what a verifier
 * may have to read is then known before it reads. Written with the method `files`; the ranges of shards say it.
 */
export const SIZES_KEY = 'modelsealSizes';

/** Annotation of the subject: until when the signature is to be used, a time in UTC as `isoTime` writes it. */
export const EXPIRES_KEY = 'modelsealExpires';

export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
export const PREDICATE_TYPE = 'https://model_signing/signature/v1.0';
/** Release 0.2 of the reference implementation: the files are the subjects (OMS §5.1). Read, never written. */
export const PREDICATE_TYPE_V02 = 'https://model_signing/Digests/v0.1';
/** The same with shards as subjects. */
const PREDICATE_TYPE_V02_SHARDS = 'https://model_signing/ShardDigests/v0.1';

/** Bounds the work per entry, which is far more than parsing it; ten times the files of any published model. */
export const MAX_RESOURCES = 1_000_000;
/** Signed metadata may be nested as its author likes, within reason. */
const MAX_DEPTH = 32;

/** What a payload says about a model. */
export interface Statement {
  readonly format: 'v1.0' | 'v0.2';
  readonly manifest: Manifest;
  /** The root digest that was signed; release 0.2 signed none. */
  readonly rootDigest: string | undefined;
  /** Digest over names, sizes and digests, where the signer recorded one. */
  readonly treeDigest: string | undefined;
  /** Until when the signer wants the signature used. */
  readonly expires: Date | undefined;
  /** Signed metadata of the model. */
  readonly annotations: Readonly<Record<string, Json>> | undefined;
}

/**
 * Parses a payload as an in-toto statement about a model (OMS §8.3).
 *
 * @param verifiedPayloadBytes Bytes that a signature was verified over. Whoever passes others (`inspect`) must call the
 *   result unverified.
 * @throws {ModelsealError} `ERR_JSON_*`, `ERR_STATEMENT_*`, `ERR_HASH_UNKNOWN`, `ERR_METHOD_UNKNOWN`, `ERR_MANIFEST_*`,
 *   `ERR_NAME_*`, `ERR_BUNDLE_FIELD_*`
 */
export function decodeStatement(verifiedPayloadBytes: Uint8Array): Statement {
  return decodeColumns(verifiedPayloadBytes) ?? decodeObjects(verifiedPayloadBytes);
}

const LIMITS = { what: 'signed statement', maxBytes: MAX_BUNDLE_BYTES, maxDepth: MAX_DEPTH };

/** Any statement, with an object for each resource; says what is wrong with those that are none. */
export function decodeObjects(payload: Uint8Array): Statement {
  return decode(object(parseStrictJson(payload, LIMITS), 'statement'));
}

/** A statement with resources of the usual form, read without an object for each; undefined for any other. */
export function decodeColumns(payload: Uint8Array): Statement | undefined {
  const start = findMember(payload, ['predicate', 'resources']);
  if (start === undefined || payload.length > MAX_BUNDLE_BYTES || !isUtf8(payload)) return undefined;
  const columns = readResources(payload, start);
  if (!columns) return undefined;
  try {
    const { json, placeholder } = parseAround(payload, columns.span, LIMITS);
    return decode(object(json, 'statement'), { ...columns, placeholder });
  } catch (error) {
    // The general parser says the same, and where in the text.
    if (isModelsealError(error) && error.code.startsWith('ERR_JSON_')) return undefined;
    throw error;
  }
}

/** Resources that stand in the JSON as one unforeseeable string. */
interface Columns extends ResourceColumns {
  readonly placeholder: string;
}

function decode(statement: JsonObject, columns?: Columns): Statement {
  const type = string(statement._type, '_type');
  if (type !== STATEMENT_TYPE) throw new ModelsealError('ERR_STATEMENT_TYPE', { type: type.slice(0, 128) });
  const predicateType = string(statement.predicateType, 'predicateType');
  only(statement, '', ['_type', 'subject', 'predicateType', 'predicate']);
  const subjects = array(statement.subject, 'subject');
  if (predicateType === PREDICATE_TYPE)
    return decodeV1(subjects, object(statement.predicate, 'predicate'), columns);
  if (predicateType === PREDICATE_TYPE_V02) return decodeV02(subjects, 'files');
  if (predicateType === PREDICATE_TYPE_V02_SHARDS) return decodeV02(subjects, 'shards');
  throw new ModelsealError('ERR_STATEMENT_PREDICATE_TYPE', { predicateType: predicateType.slice(0, 128) });
}

function decodeV1(subjects: readonly Json[], predicate: JsonObject, columns: Columns | undefined): Statement {
  if (subjects.length !== 1)
    throw new ModelsealError('ERR_STATEMENT_SUBJECT_COUNT', { count: subjects.length });
  const subject = object(subjects[0], 'subject[0]');
  const name = nonEmpty(subject.name, 'subject[0].name');
  const digests = object(subject.digest, 'subject[0].digest');
  const recorded = hexDigest(digests.sha256, 'subject[0].digest.sha256');
  const tree = digests[TREE_DIGEST_KEY];
  only(predicate, 'predicate', ['serialization', 'resources']);
  const serialization = readSerialization(object(predicate.serialization, 'predicate.serialization'));
  const annotations =
    subject.annotations === undefined ? undefined : object(subject.annotations, 'subject[0].annotations');
  const { [SIZES_KEY]: recordedSizes, [EXPIRES_KEY]: expires, ...metadata } = annotations ?? {};
  const sizes = recordedSizes === undefined ? undefined : readSizes(recordedSizes);
  const manifest = columns
    ? manifestOfColumns(name, serialization, predicate.resources, columns, sizes)
    : manifestOfObjects(name, serialization, predicate.resources, sizes);
  const computed = manifest.rootDigest();
  if (computed !== recorded) throw new ModelsealError('ERR_MANIFEST_ROOT_DIGEST', { recorded, computed });
  return {
    format: 'v1.0',
    manifest,
    rootDigest: recorded,
    treeDigest: tree === undefined ? undefined : hexDigest(tree, `subject[0].digest.${TREE_DIGEST_KEY}`),
    expires: expires === undefined ? undefined : readExpiry(expires),
    annotations: Object.keys(metadata).length === 0 ? undefined : metadata,
  };
}

function readSizes(value: Json): number[] {
  const field = `subject[0].annotations.${SIZES_KEY}`;
  const sizes = array(value, field);
  bounded(SIZES_KEY, sizes.length, MAX_RESOURCES);
  if (!sizes.every((size) => typeof size === 'number')) throw wrong(field, 'an array of numbers');
  return sizes as number[];
}

/** One spelling, to the second; what cannot be read as a time must not mean "for ever". */
function readExpiry(value: Json): Date {
  const field = `subject[0].annotations.${EXPIRES_KEY}`;
  const time = new Date(string(value, field));
  if (isoTime(time) !== value) throw wrong(field, 'a time in UTC, to the second');
  return time;
}

function manifestOfObjects(
  name: string,
  serialization: Serialization,
  value: Json | undefined,
  sizes: readonly number[] | undefined,
): Manifest {
  const resources = array(value, 'predicate.resources');
  bounded('resources', resources.length, MAX_RESOURCES);
  const items = resources.map((entry, i) => readResource(entry, i, serialization));
  return Manifest.from(name, serialization, items, sizes);
}

function manifestOfColumns(
  name: string,
  serialization: Serialization,
  value: Json | undefined,
  { names, digests, algorithm, placeholder }: Columns,
  sizes: readonly number[] | undefined,
): Manifest {
  // Not where the resources are: something else of that name was read.
  if (value !== placeholder) throw wrong('predicate.resources', 'an array');
  bounded('resources', names.length, MAX_RESOURCES);
  const { hashType } = serialization;
  // Names are alike in all entries, so that the first one stands for all.
  checkAlgorithm(algorithm, names[0] ?? '', serialization);
  if (digests.size !== DIGEST_SIZE[hashType])
    throw new ModelsealError('ERR_MANIFEST_DIGEST', { name: names[0] ?? '', algorithm: hashType });
  return Manifest.of(name, serialization, names, digests, sizes);
}

function readSerialization(s: JsonObject): Serialization {
  const at = 'predicate.serialization';
  only(s, at, ['method', 'hash_type', 'shard_size', 'allow_symlinks', 'ignore_paths']);
  const method = string(s.method, `${at}.method`);
  if (method !== 'files' && method !== 'shards') {
    throw new ModelsealError('ERR_METHOD_UNKNOWN', { method: method.slice(0, 64) });
  }
  // Releases 0.3 append the shard size here too (OMS §11); a number that is not the shard size stays an unknown hash.
  const named = string(s.hash_type, `${at}.hash_type`);
  const suffix = method === 'shards' ? `-sharded-${String(s.shard_size)}` : '';
  const hashType = suffix !== '' && named.endsWith(suffix) ? named.slice(0, -suffix.length) : named;
  if (!isHashName(hashType))
    throw new ModelsealError('ERR_HASH_UNKNOWN', { algorithm: hashType.slice(0, 64) });
  if (s.shard_size !== undefined && typeof s.shard_size !== 'number')
    throw wrong(`${at}.shard_size`, 'a number');
  const ignore = s.ignore_paths === undefined ? [] : array(s.ignore_paths, `${at}.ignore_paths`);
  return {
    method,
    hashType,
    ...(s.shard_size === undefined ? {} : { shardSize: s.shard_size }),
    allowSymlinks: boolean(s.allow_symlinks, `${at}.allow_symlinks`),
    ignorePaths: ignore.map((path, i) => nonEmpty(path, join(`${at}.ignore_paths`, i))),
  };
}

/** Fields that we do not know are ignored here, and only here (OMS §5.2.1). */
function readResource(entry: Json, index: number, serialization: Serialization): ManifestItem {
  const { hashType } = serialization;
  if (isUsual(entry) && entry.algorithm === hashType) return entry;
  // What fields are called is put together only for those that need a closer look: it would take most of the time.
  const at = `predicate.resources[${index}]`;
  const resource = object(entry, at);
  const name = string(resource.name, `${at}.name`);
  checkAlgorithm(string(resource.algorithm, `${at}.algorithm`), name, serialization);
  return { name, digest: string(resource.digest, `${at}.digest`) };
}

function checkAlgorithm(algorithm: string, name: string, serialization: Serialization): void {
  const expected = serialization.hashType;
  if (algorithm === expected || algorithm === referenceShardAlgorithm(serialization)) return;
  const shown = algorithm.slice(0, 64);
  if (!isHashName(algorithm.replace(/-sharded-[0-9]+$/, '')))
    throw new ModelsealError('ERR_HASH_UNKNOWN', { algorithm: shown });
  throw new ModelsealError('ERR_MANIFEST_ALGORITHM', { name, algorithm: shown, expected });
}

interface ManifestItem {
  readonly name: string;
  readonly digest: string;
}

function isUsual(entry: Json): entry is { name: string; digest: string; algorithm: string } {
  if (entry === null || typeof entry !== 'object' || Array.isArray(entry)) return false;
  return (
    typeof entry.name === 'string' && typeof entry.digest === 'string' && typeof entry.algorithm === 'string'
  );
}

/**
 * How the Python reference implementation, up to 1.1, names the algorithm of a shard, where OMS §6.3.2 wants the name
 * of the hash alone. The number must be the shard size of the manifest.
 */
export function referenceShardAlgorithm(serialization: Serialization): string | undefined {
  return serialization.shardSize === undefined
    ? undefined
    : `${serialization.hashType}-sharded-${serialization.shardSize}`;
}

/** Release 0.2: one subject per file or shard. An annotation names the hash; the digest stands under `sha256` always. */
function decodeV02(subjects: readonly Json[], method: 'files' | 'shards'): Statement {
  bounded('subjects', subjects.length, MAX_RESOURCES);
  let shared: string | undefined;
  const items = subjects.map((entry, i) => {
    const at = `subject[${i}]`;
    const subject = object(entry, at);
    const name = string(subject.name, `${at}.name`);
    const annotations =
      subject.annotations === undefined ? {} : object(subject.annotations, `${at}.annotations`);
    const algorithm = string(
      annotations.actual_hash_algorithm ?? 'file-sha256',
      `${at}.annotations.actual_hash_algorithm`,
    );
    shared ??= algorithm;
    if (algorithm !== shared) {
      throw new ModelsealError('ERR_MANIFEST_ALGORITHM', {
        name,
        algorithm: algorithm.slice(0, 64),
        expected: shared.slice(0, 64),
      });
    }
    const digest = object(subject.digest, `${at}.digest`);
    return { name, digest: string(digest.sha256, `${at}.digest.sha256`) };
  });
  return {
    format: 'v0.2',
    manifest: Manifest.from('model', serializationV02(method, shared ?? 'file-sha256'), items),
    rootDigest: undefined,
    treeDigest: undefined,
    expires: undefined,
    annotations: undefined,
  };
}

/** `file-sha256` for files, `file-sha256-1000000000` for shards of that size. */
function serializationV02(method: 'files' | 'shards', algorithm: string): Serialization {
  const [, hashType = '', size] =
    (method === 'files'
      ? /^(?:file-)?([a-z0-9]+)$/.exec(algorithm)
      : /^file-([a-z0-9]+)-([1-9][0-9]{0,14})$/.exec(algorithm)) ?? [];
  if (!isHashName(hashType))
    throw new ModelsealError('ERR_HASH_UNKNOWN', { algorithm: algorithm.slice(0, 64) });
  return {
    method,
    hashType,
    ...(size === undefined ? {} : { shardSize: Number(size) }),
    allowSymlinks: false,
    ignorePaths: [],
  };
}

function hexDigest(value: Json | undefined, field: string): string {
  const text = string(value, field);
  if (!/^[0-9a-f]{64}$/.test(text)) throw wrong(field, 'a SHA-256 digest in lower-case hexadecimal');
  return text;
}
