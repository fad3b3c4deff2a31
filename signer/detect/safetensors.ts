import { readSafetensors } from '../../core/formats/safetensors.js';
import type { ModelMetadata } from '../metadata.js';
import { withSource } from './header.js';

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
  const { metadata } = withSource(file, (source) => readSafetensors(source, MAX_HEADER));
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
