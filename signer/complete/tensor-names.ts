import { readSafetensors } from '../../core/formats/safetensors.js';
import { withSource } from '../detect/header.js';

/** Names of the tensors in a safetensors file; undefined where it is not one, which is the scanner's to say. */
export function tensorNames(path: string): ReadonlySet<string> | undefined {
  const { document } = withSource(path, (source) => readSafetensors(source));
  return document && new Set(Object.keys(document));
}
