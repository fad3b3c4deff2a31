import { z } from 'zod';
import { ModelsealError } from '../core/errors/index.js';
import { type Json, parseStrictJson } from '../core/json/strict-json.js';

/** Metadata is read by people and indexed by tools; more than this belongs into a file of the model. */
export const MAX_METADATA_BYTES = 1024 * 1024;
const MAX_DEPTH = 16;
const MAX_TEXT = 1024;
/** A lock file of a large project lists a few thousand packages. */
const MAX_VERSIONS = 10_000;

const text = z.string().min(1).max(MAX_TEXT);
const versions = z
  .record(z.string().min(1).max(MAX_TEXT), z.string().max(MAX_TEXT))
  .refine((map) => Object.keys(map).length <= MAX_VERSIONS, `more than ${MAX_VERSIONS} entries`);

/** What begins like this is written by the signer itself and means something to the loader. */
const RESERVED = /^modelseal[A-Z]/;
const reservedField = (value: object): string | undefined =>
  Object.keys(value).find((key) => RESERVED.test(key));

/** The named fields; every other field is free and signed as it is. */
const schema = z.looseObject({
  modelName: text.optional(),
  modelVersion: text.optional(),
  /** A day, or a time in UTC or with an offset (ISO 8601). */
  trainingDate: z.union([z.iso.date(), z.iso.datetime({ offset: true })]).optional(),
  /** Package name to version. */
  dependencies: versions.optional(),
  /** Framework name to version. */
  frameworks: versions.optional(),
});

/** Facts about a model that are signed with it. */
export interface ModelMetadata {
  readonly modelName?: string | undefined;
  readonly modelVersion?: string | undefined;
  readonly trainingDate?: string | undefined;
  readonly dependencies?: Readonly<Record<string, string>> | undefined;
  readonly frameworks?: Readonly<Record<string, string>> | undefined;
  readonly [field: string]: Json | undefined | Readonly<Record<string, string>>;
}

/**
 * Reads a metadata file: a JSON object.
 *
 * @param source Name of the file, for errors.
 * @throws {ModelsealError} `ERR_JSON_*`, `ERR_SIGN_METADATA`
 * @example
 * const metadata = parseMetadata(bytes, 'metadata.json');
 */
export function parseMetadata(bytes: Uint8Array, source: string): ModelMetadata {
  const limits = { what: 'metadata file', maxBytes: MAX_METADATA_BYTES, maxDepth: MAX_DEPTH };
  return validated(parseStrictJson(bytes, limits), source);
}

function validated(value: unknown, source: string): ModelMetadata {
  const result = schema.safeParse(value);
  const reserved = result.success ? reservedField(result.data) : undefined;
  if (reserved !== undefined)
    throw new ModelsealError('ERR_SIGN_METADATA', {
      source,
      field: reserved,
      problem: 'names that begin like this are written by the signer',
    });
  if (result.success) return result.data as ModelMetadata;
  const [issue] = result.error.issues;
  throw new ModelsealError('ERR_SIGN_METADATA', {
    source,
    field: issue?.path.join('.') || 'the whole',
    problem: issue?.message ?? 'unknown',
  });
}

/**
 * Joins metadata from several sources; a later one wins field by field, and entry by entry where a field is a map.
 * @example
 * const metadata = mergeMetadata(detectMetadata('model').metadata, { modelName: 'acme/tiny' });
 */
export function mergeMetadata(...sources: readonly ModelMetadata[]): ModelMetadata {
  const out: Record<string, ModelMetadata[string]> = {};
  for (const source of sources) {
    for (const [field, value] of Object.entries(source)) {
      if (value === undefined) continue;
      const known = out[field];
      out[field] =
        (field === 'dependencies' || field === 'frameworks') && known
          ? { ...(known as object), ...(value as object) }
          : value;
    }
  }
  return out;
}

/**
 * The annotations that carry metadata, in a fixed order of fields.
 *
 * @throws {ModelsealError} `ERR_SIGN_METADATA`
 */
export function metadataAnnotations(metadata: ModelMetadata): Record<string, Json> | undefined {
  const checked = validated(JSON.parse(JSON.stringify(metadata)), 'the caller');
  const entries = Object.entries(checked).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as Record<string, Json>);
}
