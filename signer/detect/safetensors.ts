import { parseStrictJson } from '../../core/json.js';
import type { ModelMetadata } from '../metadata.js';
import { readHead } from './header.js';
import { record } from './manifests.js';

/** The format allows 100 MB; a header with metadata worth reading is far smaller. */
const MAX_HEADER = 8 * 1024 * 1024;

/** Names of frameworks as the `format` entry abbreviates them. */
const FORMATS: Readonly<Record<string, string>> = {
  pt: 'pytorch',
  tf: 'tensorflow',
  flax: 'flax',
  mlx: 'mlx',
  np: 'numpy',
};

/** The `__metadata__` of a safetensors header: framework, and title and version of the modelspec convention. */
export function safetensorsMetadata(file: string): ModelMetadata {
  const length = readHead(file, 8);
  if (length.length < 8) return {};
  const size = length.readBigUInt64LE(0);
  if (size > BigInt(MAX_HEADER)) return {};
  const header = readHead(file, 8 + Number(size)).subarray(8);
  const json = record(
    parseStrictJson(header, { what: 'safetensors header', maxBytes: MAX_HEADER, maxDepth: 8 }),
  );
  const metadata = record(json.__metadata__);
  const { format } = metadata;
  const name = metadata['modelspec.title'];
  const version = metadata['modelspec.version'];
  const framework =
    typeof format === 'string' && Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  return {
    ...(typeof name === 'string' && name !== '' ? { modelName: name.slice(0, 1024) } : {}),
    ...(typeof version === 'string' && version !== '' ? { modelVersion: version.slice(0, 1024) } : {}),
    // The header names the framework and not its version.
    ...(framework ? { frameworks: { [framework]: '*' } } : {}),
  };
}
