import { lstatSync, type Stats } from 'node:fs';
import { ModelsealError } from '../errors/index.js';
import { ioError } from '../files.js';

/** A regular file of a model as it was listed. */
export interface ModelFile {
  /** Canonical name (OMS §6.1.2), relative to the model. */
  readonly name: string;
  /** Where to open it: real folders, links resolved. */
  readonly path: string;
  readonly size: number;
  readonly dev: number;
  readonly ino: number;
  /**
   * False while size, device and inode have not been looked up, which the first use of one of them does. In a model
   * of very many files nobody does: each is measured when it is opened.
   */
  readonly known: boolean;
}

/** A file whose folder's listing says that it is a regular one. */
export class ListedFile implements ModelFile {
  readonly name: string;
  readonly path: string;
  known = false;
  #size = 0;
  #dev = 0;
  #ino = 0;

  constructor(name: string, path: string, stat?: Stats) {
    this.name = name;
    this.path = path;
    if (stat) this.#take(stat);
  }

  get size(): number {
    this.look();
    return this.#size;
  }

  get dev(): number {
    this.look();
    return this.#dev;
  }

  get ino(): number {
    this.look();
    return this.#ino;
  }

  /** @throws {ModelsealError} `ERR_MODEL_MOVED` when there is no regular file any more, `ERR_FILE_UNREADABLE` */
  look(): void {
    if (this.known) return;
    let stat: Stats | undefined;
    try {
      stat = lstatSync(this.path, { throwIfNoEntry: false });
    } catch (error) {
      throw ioError(error, this.name, 'model');
    }
    if (!stat?.isFile()) throw new ModelsealError('ERR_MODEL_MOVED', { file: this.name });
    this.#take(stat);
  }

  #take(stat: Stats): void {
    this.#size = stat.size;
    this.#dev = stat.dev;
    this.#ino = stat.ino;
    this.known = true;
  }
}
