import { MAX_BUNDLE_BYTES, STATEMENT_TYPE } from '../bundle/index.js';
import { ModelsealError } from '../errors/index.js';
import { type Json, parseStrictJson } from '../json/strict-json.js';
import { TREE_DIGEST_KEY } from '../model/index.js';
import { checkPredicate, type Predicate } from './predicates.js';
import { ATTESTATION_TYPES, type AttestationType, attestationTypeOf } from './types.js';

/** Documents of others, such as a bill of materials, are nested as their authors like. */
const MAX_DEPTH = 64;

/** Something said of one model: an in-toto Statement v1. */
export interface Attestation {
  readonly type: AttestationType;
  /** Name of the model, for people. */
  readonly name: string;
  /** What it is said of: names, sizes and digests of all files, see `treeDigest`. */
  readonly treeDigest: string;
  readonly predicate: Predicate;
}

/** @throws {ModelsealError} `ERR_ATTESTATION` */
export function encodeAttestation({ type, name, treeDigest, predicate }: Attestation): Uint8Array {
  checkPredicate(type, predicate);
  const statement = {
    _type: STATEMENT_TYPE,
    subject: [{ name, digest: { [TREE_DIGEST_KEY]: treeDigest } }],
    predicateType: ATTESTATION_TYPES[type],
    predicate,
  };
  return new Uint8Array(Buffer.from(JSON.stringify(statement)));
}

/**
 * Reads an attestation of a type that is known here.
 *
 * @param verifiedPayloadBytes Bytes that a signature was verified over; who passes others must say so.
 * @throws {ModelsealError} `ERR_JSON_*`, `ERR_ATTESTATION`
 */
export function decodeAttestation(verifiedPayloadBytes: Uint8Array): Attestation {
  const limits = { what: 'attestation', maxBytes: MAX_BUNDLE_BYTES, maxDepth: MAX_DEPTH };
  const statement = object(parseStrictJson(verifiedPayloadBytes, limits), 'the statement');
  const { _type, subject, predicateType, predicate: said, ...rest } = statement;
  const [more] = Object.keys(rest);
  if (more !== undefined) throw wrong(`it has an unknown field ${more.slice(0, 64)}`);
  if (_type !== STATEMENT_TYPE) throw wrong('it is not an in-toto Statement v1');
  const type = typeof predicateType === 'string' ? attestationTypeOf(predicateType) : undefined;
  if (type === undefined) throw wrong('its predicate type is not known');
  if (!Array.isArray(subject) || subject.length !== 1) throw wrong('it is not about one model');
  const { name, digest } = object(subject[0], 'its subject');
  const treeDigest = object(digest, 'the digest of its subject')[TREE_DIGEST_KEY];
  if (typeof name !== 'string' || name === '') throw wrong('its subject has no name');
  if (typeof treeDigest !== 'string' || !/^[0-9a-f]{64}$/.test(treeDigest))
    throw wrong('its subject has no tree digest');
  const predicate = object(said, 'its predicate');
  checkPredicate(type, predicate);
  return { type, name, treeDigest, predicate };
}

function object(value: Json | undefined, what: string): Predicate {
  if (value === undefined || value === null || typeof value !== 'object' || Array.isArray(value))
    throw wrong(`${what} is not an object`);
  return value as Predicate;
}

const wrong = (problem: string): ModelsealError => new ModelsealError('ERR_ATTESTATION', { problem });
