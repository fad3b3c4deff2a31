import type { ModelMetadata } from '../metadata.js';
import { readHead } from './header.js';

/** The general.* keys stand first; the vocabulary, which may have megabytes, after them. */
const MAX_HEAD = 1024 * 1024;
const MAX_KEYS = 4096;
const MAX_TEXT = 1024;

/** Bytes of the fixed-size value types 0 to 12; 8 is a string and 9 an array. */
const SIZES: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};
const STRING = 8;
const ARRAY = 9;

/** The `general.*` texts of a GGUF header (versions 2 and 3, little-endian); what cannot be read ends the reading. */
export function ggufMetadata(file: string): ModelMetadata {
  const head = readHead(file, MAX_HEAD);
  if (head.length < 24 || head.toString('latin1', 0, 4) !== 'GGUF') return {};
  const version = head.readUInt32LE(4);
  if (version !== 2 && version !== 3) return {};
  const texts = new Map<string, string>();
  readTexts(head, Number(head.readBigUInt64LE(16)), texts);
  const pick = (key: string, field: string): ModelMetadata => {
    const text = texts.get(`general.${key}`);
    return text ? { [field]: text } : {};
  };
  return {
    ...pick('name', 'modelName'),
    ...pick('version', 'modelVersion'),
    ...pick('architecture', 'architecture'),
    ...pick('license', 'license'),
    frameworks: { gguf: String(version) },
  };
}

function readTexts(head: Buffer, count: number, texts: Map<string, string>): void {
  let at = 24;
  const text = (): string | undefined => {
    if (at + 8 > head.length) return undefined;
    const length = head.readBigUInt64LE(at);
    at += 8;
    if (length > BigInt(head.length - at)) return undefined;
    const from = at;
    at += Number(length);
    return head.toString('utf8', from, at);
  };
  for (let i = 0; i < Math.min(count, MAX_KEYS); i++) {
    const key = text();
    if (key === undefined || at + 4 > head.length) return;
    const type = head.readUInt32LE(at);
    at += 4;
    if (type === STRING) {
      const value = text();
      if (value === undefined) return;
      if (key.startsWith('general.') && value.length <= MAX_TEXT) texts.set(key, value);
    } else if (type === ARRAY) {
      if (!skipArray()) return;
    } else {
      const size = SIZES[type];
      if (size === undefined) return;
      at += size;
    }
  }

  /** False where the array goes beyond what was read: the keys after it are then unknown. */
  function skipArray(): boolean {
    if (at + 12 > head.length) return false;
    const type = head.readUInt32LE(at);
    const length = head.readBigUInt64LE(at + 4);
    at += 12;
    const size = SIZES[type];
    if (size !== undefined) {
      if (length * BigInt(size) > BigInt(head.length - at)) return false;
      at += Number(length) * size;
      return true;
    }
    if (type !== STRING || length > BigInt(head.length)) return false;
    for (let n = 0; n < Number(length); n++) if (text() === undefined) return false;
    return true;
  }
}
