import { findFiles } from '../../scanner/walk.js';

/** Bytes of all files below a folder, through links. What cannot be looked up counts nothing; it is judged elsewhere. */
export function sizeOf(folder: string): number {
  try {
    return findFiles(folder).reduce((sum, { size }) => sum + size, 0);
  } catch {
    return 0;
  }
}
