import { type Gguf, GgufUnreadable, readGguf } from '../../core/formats/gguf.js';
import type { ModelMetadata } from '../metadata.js';
import { withSource } from './header.js';

const MAX_TEXT = 1024;

/** The `general.*` texts of a GGUF header; nothing where it cannot be read, which is the scanner's to say. */
export function ggufMetadata(file: string): ModelMetadata {
  const gguf = readable(file);
  if (gguf === undefined) return {};
  const pick = (key: string, field: string): ModelMetadata => {
    const text = gguf.metadata.get(`general.${key}`);
    return typeof text === 'string' && text !== '' && text.length <= MAX_TEXT ? { [field]: text } : {};
  };
  return {
    ...pick('name', 'modelName'),
    ...pick('version', 'modelVersion'),
    ...pick('architecture', 'architecture'),
    ...pick('license', 'license'),
    frameworks: { gguf: String(gguf.version) },
  };
}

function readable(file: string): Gguf | undefined {
  return withSource(file, (source) => {
    if (Buffer.from(source.read(0, 4)).toString('latin1') !== 'GGUF') return undefined;
    try {
      return readGguf(source);
    } catch (error) {
      if (error instanceof GgufUnreadable) return undefined;
      throw error;
    }
  });
}
