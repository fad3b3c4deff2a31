import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  opendirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { ModelsealError } from '../../core/errors/index.js';
import { isGone, type Owner, ownerOf } from './owner.js';

/** Kinds of folders, by the beginning of their names. */
const PREFIX = { stage: '.modelseal-stage-', exec: 'modelseal-exec-' } as const;
const NAME = /^\.?modelseal-(?:stage|exec)-[0-9a-f]{24}$/;
/** File beside the content that says whose the folder is. */
const OWNERS = 'owners.json';
/** A folder is without owners for the first moments of its life, and after a kill in them. */
const UNOWNED_MS = 60_000;
/** Nothing is known of processes on another machine; after this, their folder counts as left. */
const FORGOTTEN_MS = 7 * 24 * 60 * 60 * 1000;

/** A folder that nobody else may enter, which goes away with its owner. The content lies one level deeper. */
export class PrivateFolder {
  readonly path: string;
  readonly content: string;
  #owners: Owner[] = [];

  private constructor(path: string, content: string) {
    this.path = path;
    this.content = content;
  }

  /**
   * Makes a folder, after removing those that dead owners left in the same place.
   *
   * @param name Of the content.
   * @throws {ModelsealError} `ERR_FILE_UNWRITABLE`
   */
  static make(parent: string, kind: keyof typeof PREFIX, name: string): PrivateFolder {
    sweep(parent);
    const path = join(parent, PREFIX[kind] + randomBytes(12).toString('hex'));
    const folder = new PrivateFolder(path, join(path, name));
    try {
      mkdirSync(path, { mode: 0o700 });
      // Against an unusual umask.
      chmodSync(path, 0o700);
      folder.addOwner(process.pid);
      mkdirSync(folder.content, { mode: 0o700 });
    } catch (error) {
      folder.remove();
      const reason = (error as NodeJS.ErrnoException).code ?? String(error);
      throw new ModelsealError('ERR_FILE_UNWRITABLE', { file: path, reason }, { cause: error });
    }
    return folder;
  }

  /** The folder is not swept while this process runs either. */
  addOwner(pid: number): void {
    this.#owners = [...this.#owners, ownerOf(pid)];
    const file = join(this.path, OWNERS);
    writeFileSync(`${file}.new`, JSON.stringify(this.#owners), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }

  remove(): void {
    removeTree(this.path);
  }
}

/** Removes what dead owners left in a folder. What cannot be removed stays, and is tried again by the next one. */
export function sweep(parent: string): void {
  let names: string[];
  try {
    names = readdirSync(parent).filter((name) => NAME.test(name));
  } catch {
    return;
  }
  for (const name of names) {
    const path = join(parent, name);
    try {
      if (isLeft(path)) removeTree(path);
    } catch {
      // Another process may be removing it at this moment.
    }
  }
}

/** Only a folder of our own user that nobody else can enter: in a shared place such a name proves nothing. */
function isLeft(path: string): boolean {
  const stat = lstatSync(path);
  if (!isOurs(stat) || (stat.mode & 0o077) !== 0) return false;
  const age = Date.now() - stat.mtimeMs;
  const owners = readOwners(path);
  if (!owners) return age > UNOWNED_MS;
  const { machine } = ownerOf(process.pid);
  return owners.every((owner) => (owner.machine === machine ? isGone(owner) : age > FORGOTTEN_MS));
}

const isOurs = (stat: Stats): boolean => stat.isDirectory() && stat.uid === (process.geteuid?.() ?? stat.uid);

function readOwners(path: string): readonly Owner[] | undefined {
  try {
    const owners = JSON.parse(readFileSync(join(path, OWNERS), 'utf8')) as readonly Owner[];
    return Array.isArray(owners) && owners.length > 0 ? owners : undefined;
  } catch {
    return undefined;
  }
}

/** Removes a folder whose folders may be read-only. */
export function removeTree(path: string): void {
  try {
    openFolders(path);
    rmSync(path, { recursive: true, force: true });
  } catch {
    // Swept later.
  }
}

function openFolders(path: string): void {
  if (!lstatSync(path).isDirectory()) return;
  chmodSync(path, 0o700);
  const folder = opendirSync(path);
  try {
    for (let entry = folder.readSync(); entry; entry = folder.readSync())
      if (entry.isDirectory()) openFolders(join(path, entry.name));
  } finally {
    folder.closeSync();
  }
}
