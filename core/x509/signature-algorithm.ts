import { context, DerReader, Tag } from '../der/index.js';
import { ModelsealError } from '../errors/index.js';
import { type AlgorithmIdentifier, readAlgorithm } from './algorithm.js';

/** Hashes by the names node:crypto gives them. */
export type HashName = 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';

/** What a signature AlgorithmIdentifier means. */
export interface SignatureAlgorithm {
  /** For messages and policies: `sha256WithRSA`, `ecdsaWithSHA384`, `RSASSA-PSS SHA-256`, `Ed25519`. */
  readonly name: string;
  readonly scheme: 'rsa' | 'rsa-pss' | 'ecdsa' | 'ed25519' | 'dsa';
  /** Undefined for Ed25519, which brings its own. */
  readonly hash: HashName | undefined;
  /** RSA-PSS only. */
  readonly saltLength?: number;
}

const rsa = (name: string, hash: HashName): SignatureAlgorithm => ({ name, scheme: 'rsa', hash });
const ecdsa = (name: string, hash: HashName): SignatureAlgorithm => ({ name, scheme: 'ecdsa', hash });

/** Signature algorithms by identifier (RFC 3279, 4055, 5758, 8410); whether one is good enough is for a policy. */
const TABLE: ReadonlyMap<string, SignatureAlgorithm> = new Map([
  ['1.2.840.113549.1.1.4', rsa('md5WithRSA', 'md5')],
  ['1.2.840.113549.1.1.5', rsa('sha1WithRSA', 'sha1')],
  ['1.2.840.113549.1.1.14', rsa('sha224WithRSA', 'sha224')],
  ['1.2.840.113549.1.1.11', rsa('sha256WithRSA', 'sha256')],
  ['1.2.840.113549.1.1.12', rsa('sha384WithRSA', 'sha384')],
  ['1.2.840.113549.1.1.13', rsa('sha512WithRSA', 'sha512')],
  ['1.2.840.10045.4.1', ecdsa('ecdsaWithSHA1', 'sha1')],
  ['1.2.840.10045.4.3.1', ecdsa('ecdsaWithSHA224', 'sha224')],
  ['1.2.840.10045.4.3.2', ecdsa('ecdsaWithSHA256', 'sha256')],
  ['1.2.840.10045.4.3.3', ecdsa('ecdsaWithSHA384', 'sha384')],
  ['1.2.840.10045.4.3.4', ecdsa('ecdsaWithSHA512', 'sha512')],
  ['1.2.840.10040.4.3', { name: 'dsaWithSHA1', scheme: 'dsa', hash: 'sha1' }],
  ['1.3.101.112', { name: 'Ed25519', scheme: 'ed25519', hash: undefined }],
]);

const RSASSA_PSS = '1.2.840.113549.1.1.10';
const MGF1 = '1.2.840.113549.1.1.8';
const HASHES: ReadonlyMap<string, HashName> = new Map([
  ['1.3.14.3.2.26', 'sha1'],
  ['2.16.840.1.101.3.4.2.4', 'sha224'],
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
]);

/**
 * Resolves an AlgorithmIdentifier, parameters included.
 *
 * @throws {ModelsealError} `ERR_SIGNATURE_ALGORITHM_UNKNOWN`, `ERR_SIGNATURE_ALGORITHM_PARAMETERS`
 */
export function signatureAlgorithm(identifier: AlgorithmIdentifier): SignatureAlgorithm {
  if (identifier.oid === RSASSA_PSS) return pss(identifier);
  const known = TABLE.get(identifier.oid);
  if (!known) throw new ModelsealError('ERR_SIGNATURE_ALGORITHM_UNKNOWN', { algorithm: identifier.oid });
  const { parameters } = identifier;
  // RFC 4055 §5: NULL with RSA, and absent must be accepted too. RFC 5758 §3.2, RFC 8410 §3: absent with the others.
  const isNull = parameters?.length === 2 && parameters[0] === Tag.NULL;
  if (parameters !== undefined && !(known.scheme === 'rsa' && isNull)) throw badParameters(known.name);
  return known;
}

function badParameters(algorithm: string): ModelsealError {
  return new ModelsealError('ERR_SIGNATURE_ALGORITHM_PARAMETERS', { algorithm });
}

/** RSASSA-PSS-params (RFC 4055 §3.1): one hash for message and mask, trailer field 1. */
function pss(identifier: AlgorithmIdentifier): SignatureAlgorithm {
  if (!identifier.parameters) throw badParameters('RSASSA-PSS');
  const reader = DerReader.open(identifier.parameters, Tag.SEQUENCE, 'RSASSA-PSS-params');
  const hashField = reader.enterOptional(context(0), 'hashAlgorithm');
  const hash = hashField ? readHash(hashField) : 'sha1';
  hashField?.finish('hashAlgorithm');
  let maskHash: HashName = 'sha1';
  const maskField = reader.enterOptional(context(1), 'maskGenAlgorithm');
  if (maskField) {
    const mask = maskField.enter(Tag.SEQUENCE, 'maskGenAlgorithm');
    if (mask.oid('maskGenAlgorithm') !== MGF1) throw badParameters('RSASSA-PSS');
    maskHash = readHash(mask);
    mask.finish('maskGenAlgorithm');
    maskField.finish('maskGenAlgorithm');
  }
  const saltField = reader.enterOptional(context(2), 'saltLength');
  const saltLength = saltField ? saltField.smallInteger('saltLength') : 20;
  saltField?.finish('saltLength');
  const trailer = reader.enterOptional(context(3), 'trailerField');
  if (trailer && trailer.smallInteger('trailerField') !== 1) throw badParameters('RSASSA-PSS');
  trailer?.finish('trailerField');
  reader.finish('RSASSA-PSS-params');
  // A mask hash of its own would be legal; nobody writes it, and a weak one would pass unseen by a policy on hashes.
  if (maskHash !== hash) throw badParameters('RSASSA-PSS');
  return { name: `RSASSA-PSS ${hash.replace('sha', 'SHA-')}`, scheme: 'rsa-pss', hash, saltLength };
}

function readHash(reader: DerReader): HashName {
  const { oid, parameters } = readAlgorithm(reader, 'hashAlgorithm');
  const hash = HASHES.get(oid);
  if (!hash || (parameters && !(parameters.length === 2 && parameters[0] === Tag.NULL))) {
    throw badParameters('RSASSA-PSS');
  }
  return hash;
}
