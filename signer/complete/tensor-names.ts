import { isModelsealError } from '../../core/errors/index.js';
import { parseStrictJson } from '../../core/json.js';
import { readHead } from '../detect/header.js';
import { record } from '../detect/manifests.js';

/** The bound of the format itself. */
const MAX_HEADER = 100_000_000;

/** Names of the tensors in a safetensors file; undefined where it is not one, which is the scanner's to say. */
export function tensorNames(path: string): ReadonlySet<string> | undefined {
  const length = readHead(path, 8);
  if (length.length < 8) return undefined;
  const size = length.readBigUInt64LE(0);
  if (size > BigInt(MAX_HEADER)) return undefined;
  const header = readHead(path, 8 + Number(size)).subarray(8);
  try {
    const json = parseStrictJson(header, { what: 'safetensors header', maxBytes: MAX_HEADER, maxDepth: 8 });
    return new Set(Object.keys(record(json)));
  } catch (error) {
    if (isModelsealError(error)) return undefined;
    throw error;
  }
}
