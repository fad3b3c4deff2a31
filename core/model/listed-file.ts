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

/** A file whose folder's listing says that it is a regular one. */
export class ListedFile implements ModelFile {
  readonly name: string;
  /** Where its path is not that of the folder and the end of its name. */
  readonly #path: string | undefined;
  readonly #folder: string;
  readonly #cut: number;
  #stat: Pick<Stats, 'size' | 'dev' | 'ino'> | undefined;

  private constructor(name: string, folder: string, cut: number, path: string | undefined) {
    this.name = name;
    this.#folder = folder;
    this.#cut = cut;
    this.#path = path;
  }

  /**
   * A file that lies in a folder under the last component of its name. There may be very many: nothing is put together
   * before it is used.
   *
   * @param folder Real path of the folder.
   * @param cut Length of the folder's name in the model, with its slash.
   */
  static in(folder: string, name: string, cut: number): ListedFile {
    return new ListedFile(name, folder, cut, undefined);
  }

  /** A file that lies elsewhere: a single one, or what a link leads to. */
  static at(path: string, name: string, stat: Stats): ListedFile {
    const file = new ListedFile(name, '', 0, path);
    file.#take(stat);
    return file;
  }

  get path(): string {
    return this.#path ?? this.#folder + sep + this.name.slice(this.#cut);
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
    return this.#take(stat);
  }

  #take({ size, dev, ino }: Stats): Pick<Stats, 'size' | 'dev' | 'ino'> {
    this.#stat = { size, dev, ino };
    return this.#stat;
  }
}
