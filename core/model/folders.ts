import { lstatSync, realpathSync } from 'node:fs';
import { ModelsealError } from '../errors/index.js';
import { ioError } from '../files.js';

interface Folder {
  readonly path: string;
  /** What errors call it. */
  readonly name: string;
  readonly dev: number;
  readonly ino: number;
  readonly ctimeMs: number;
}

/**
 * The folders of a model as they were when they were listed. Names are looked up through folders, so whoever swaps a
 * folder for another one, or an entry of it, changes what a name means; both leave a mark on a folder that cannot be
 * set back: another inode, or a later time of change.
 */
export class ListedFolders {
  readonly #folders: Folder[] = [];

  /** To be called before the entries are read. */
  add(path: string, name: string): void {
    this.#folders.push({ path, name, ...look(path, name) });
  }

  /** @throws {ModelsealError} `ERR_MODEL_MOVED` when a folder is not as it was when it was added */
  requireUnchanged(): void {
    for (const { path, name, dev, ino, ctimeMs } of this.#folders) {
      const now = look(path, name);
      if (now.dev !== dev || now.ino !== ino || now.ctimeMs !== ctimeMs)
        throw new ModelsealError('ERR_MODEL_MOVED', { file: name });
    }
  }
}

function look(path: string, name: string): Pick<Folder, 'dev' | 'ino' | 'ctimeMs'> {
  try {
    const { dev, ino, ctimeMs } = lstatSync(path);
    // A folder that was swapped for a link to elsewhere no longer has its own path as its real path.
    if (realpathSync.native(path) !== path) throw new ModelsealError('ERR_MODEL_MOVED', { file: name });
    return { dev, ino, ctimeMs };
  } catch (error) {
    throw error instanceof ModelsealError ? error : ioError(error, name, 'model');
  }
}
