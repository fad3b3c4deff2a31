import { createHash, createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { closeSync, existsSync, readSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { ModelsealError } from '../errors/index.js';
import { ioError, openRegular, readBounded } from '../files.js';

/**
 * Integrity records as they were kept before models were signed: `metadata.json` with a checksum and an optional
 * HMAC, and `MODEL.sig.json` with a SHA-256 digest. Neither says who made the model: a checksum has no key, and an
 * HMAC key is shared with everyone who verifies. They are read so that nothing has to be trusted twice on the way
 * to signed bundles.
 */
export type IntegrityRecord = {
  readonly form: 'metadata' | 'sig';
  /** The record's own path. */
  readonly file: string;
  /** SHA-256 of the model file, lower-case hexadecimal. */
  readonly checksum?: string;
  /** HMAC-SHA256 over the model file, lower-case hexadecimal. */
  readonly hmac?: string;
  /** Protections that the record claims and that its content cannot prove, for instance a post-quantum MAC. */
  readonly claims: readonly string[];
  /** Descriptive fields: name, version, training date, dependencies. */
  readonly description: Readonly<Record<string, unknown>>;
};

/** Records are a few hundred bytes; those with post-quantum keys a few kilobytes. */
const MAX_RECORD = 1024 * 1024;

const HEX256 = /^[0-9a-f]{64}$/i;
const hex = z.string().regex(HEX256, 'is not 64 hexadecimal digits');

const metadataSchema = z.looseObject({
  checksum: hex.optional(),
  checksum_algorithm: z.string().optional(),
  signature: hex.optional(),
  signature_algorithm: z.string().optional(),
});

const sigSchema = z.looseObject({
  signature_version: z.string().optional(),
  sha256: hex.optional(),
  pqc: z.looseObject({ enabled: z.boolean().optional(), algorithm: z.string().nullish() }).optional(),
});

/**
 * Finds the record of a model file: `FILE.sig.json` first, since it names its file, then `metadata.json` beside it.
 *
 * @throws {ModelsealError} `ERR_RECORD_NOT_FOUND`
 */
export function findRecord(model: string): string {
  const candidates = [`${model}.sig.json`, join(dirname(model), 'metadata.json')];
  const found = candidates.find((file) => existsSync(file));
  if (found === undefined) throw new ModelsealError('ERR_RECORD_NOT_FOUND', { file: model });
  return found;
}

/**
 * Reads a record strictly; its form is told by its name.
 *
 * @throws {ModelsealError} `ERR_RECORD_MALFORMED`, `ERR_RECORD_ALGORITHM`, `ERR_FILE_NOT_FOUND`
 */
export function readRecord(file: string): IntegrityRecord {
  const value = parseJson(readBounded(file, 'integrity record', MAX_RECORD), file);
  return basename(file).endsWith('.sig.json') ? fromSig(value, file) : fromMetadata(value, file);
}

function fromMetadata(value: unknown, file: string): IntegrityRecord {
  const { checksum, checksum_algorithm, signature, signature_algorithm, ...description } = check(
    metadataSchema,
    value,
    file,
  );
  if (checksum !== undefined) accept(file, 'checksum_algorithm', checksum_algorithm ?? 'sha256', 'sha256');
  if (signature !== undefined)
    accept(file, 'signature_algorithm', signature_algorithm ?? 'hmac-sha256', 'hmac-sha256');
  return {
    form: 'metadata',
    file,
    ...(checksum === undefined ? {} : { checksum: checksum.toLowerCase() }),
    ...(signature === undefined ? {} : { hmac: signature.toLowerCase() }),
    claims: [],
    description,
  };
}

function fromSig(value: unknown, file: string): IntegrityRecord {
  const { sha256, pqc, ...description } = check(sigSchema, value, file);
  return {
    form: 'sig',
    file,
    ...(sha256 === undefined ? {} : { checksum: sha256.toLowerCase() }),
    claims: pqc?.enabled ? [pqc.algorithm ?? 'a post-quantum signature'] : [],
    description,
  };
}

function accept(file: string, field: string, algorithm: string, accepted: string): void {
  if (algorithm.toLowerCase() !== accepted)
    throw new ModelsealError('ERR_RECORD_ALGORITHM', { file, field, algorithm });
}

function check<T>(schema: z.ZodType<T>, value: unknown, file: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const problem = issue ? `${issue.path.join('.') || 'the document'} ${issue.message}` : 'wrong shape';
  throw new ModelsealError('ERR_RECORD_MALFORMED', { file, problem });
}

function parseJson(bytes: Uint8Array, file: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch {
    throw new ModelsealError('ERR_RECORD_MALFORMED', { file, problem: 'not JSON in UTF-8' });
  }
}

/** SHA-256 and, with a key, HMAC-SHA256 of a file in one pass; both hexadecimal. */
export function digestFile(file: string, key?: KeyObject): { checksum: string; hmac?: string } {
  const fd = openRegular(file, 'model');
  try {
    const hash = createHash('sha256');
    const mac = key && createHmac('sha256', key);
    const chunk = Buffer.allocUnsafe(512 * 1024);
    for (let n = readSync(fd, chunk); n > 0; n = readSync(fd, chunk)) {
      hash.update(chunk.subarray(0, n));
      mac?.update(chunk.subarray(0, n));
    }
    return { checksum: hash.digest('hex'), ...(mac ? { hmac: mac.digest('hex') } : {}) };
  } catch (error) {
    throw ioError(error, file, 'model');
  } finally {
    closeSync(fd);
  }
}

/** Compares two hexadecimal digests in constant time. */
export function sameDigest(a: string, b: string): boolean {
  const left = Buffer.from(a, 'hex');
  const right = Buffer.from(b, 'hex');
  return left.length === right.length && left.length > 0 && timingSafeEqual(left, right);
}
