import { lstatSync, type Stats } from 'node:fs';
import { sep } from 'node:path';
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

/** Where files lie, in common for all of them. */
export interface Place {
  /** Real path of the folder, or of the file itself. */
  readonly path: string;
  /** Length of the folder's name in the model, with its slash; absent where the path is that of the file. */
  readonly cut?: number;
}

/** A file whose folder's listing says that it is a regular one. There may be very many: it holds as little as it can. */
export class ListedFile implements ModelFile {
  readonly name: string;
  readonly #place: Place;
  #stat: Pick<Stats, 'size' | 'dev' | 'ino'> | undefined;

  /** @param stat What is known of it already. */
  constructor(name: string, place: Place, stat?: Stats) {
    this.name = name;
    this.#place = place;
    this.#stat = stat && { size: stat.size, dev: stat.dev, ino: stat.ino };
  }

  get path(): string {
    const { path, cut } = this.#place;
    return cut === undefined ? path : path + sep + this.name.slice(cut);
  }

  get known(): boolean {
    return this.#stat !== undefined;
  }

  get size(): number {
    return this.look().size;
  }

  get dev(): number {
    return this.look().dev;
  }

  get ino(): number {
    return this.look().ino;
  }

  /** @throws {ModelsealError} `ERR_MODEL_MOVED` when there is no regular file any more, `ERR_FILE_UNREADABLE` */
  look(): Pick<Stats, 'size' | 'dev' | 'ino'> {
    if (this.#stat) return this.#stat;
    let stat: Stats | undefined;
    try {
      stat = lstatSync(this.path, { throwIfNoEntry: false });
    } catch (error) {
      throw ioError(error, this.name, 'model');
    }
    if (!stat?.isFile()) throw new ModelsealError('ERR_MODEL_MOVED', { file: this.name });
    this.#stat = { size: stat.size, dev: stat.dev, ino: stat.ino };
    return this.#stat;
  }
}
