import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { isModelsealError, ModelsealError } from '../errors/index.js';
import { readBounded } from '../files.js';
import { type HubAddress, parseHubAddress } from './address.js';

/** A commit of a repository, by which the cache names a snapshot. */
const COMMIT = /^[0-9a-f]{40}$/;
/** Blobs are named by the SHA-1 that Git has of a small file, or the SHA-256 of a large one. */
const BLOB = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const REPOSITORY = /^(models|datasets|spaces)--(.+)$/;
/** A reference holds a commit and at most a line end. */
const MAX_REFERENCE = 100;
/** Revisions that a message lists. */
const LISTED = 5;

/** Environment variables, as far as the caller lets them count. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where the Hugging Face libraries keep what they downloaded, by the variables that they read themselves.
 * @example
 * const folder = findHubModel('hf://acme/tiny', hubCache(process.env));
 */
export function hubCache(env: Environment): string {
  const { HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME, XDG_CACHE_HOME, HOME, USERPROFILE } = env;
  const named = HF_HUB_CACHE || HUGGINGFACE_HUB_CACHE;
  if (named) return home(named, env);
  if (HF_HOME) return join(home(HF_HOME, env), 'hub');
  const cache = XDG_CACHE_HOME ? home(XDG_CACHE_HOME, env) : join(HOME || USERPROFILE || '.', '.cache');
  return join(cache, 'huggingface', 'hub');
}

/** The libraries expand a leading `~` in these variables. */
const home = (path: string, { HOME, USERPROFILE }: Environment): string =>
  /^~(?=$|[\\/])/.test(path) ? join(HOME || USERPROFILE || '.', path.slice(1)) : path;

/**
 * The folder of a snapshot in the local cache. The network is never asked: what is not there was not downloaded.
 *
 * @param cache Folder of the cache, see {@link hubCache}.
 * @throws {ModelsealError} `ERR_HUB_ADDRESS`, `ERR_HUB_NOT_CACHED`, `ERR_HUB_CACHE_MALFORMED`
 * @example
 * const folder = findHubModel('hf://acme/tiny@main', hubCache(process.env));
 */
export function findHubModel(address: string, cache: string): string {
  const parsed = parseHubAddress(address);
  const repository = join(cache, `models--${parsed.name.replace('/', '--')}`);
  const commit = commitOf(parsed, repository, address);
  const snapshot = commit === undefined ? undefined : join(repository, 'snapshots', commit);
  if (snapshot === undefined || !isFolder(snapshot))
    throw new ModelsealError('ERR_HUB_NOT_CACHED', { address, cache, revisions: revisionsOf(repository) });
  return snapshot;
}

function commitOf({ revision }: HubAddress, repository: string, address: string): string | undefined {
  if (COMMIT.test(revision)) return revision;
  const file = join(repository, 'refs', ...revision.split('/'));
  let text: string;
  try {
    text = Buffer.from(readBounded(file, 'reference', MAX_REFERENCE))
      .toString('latin1')
      .trim();
  } catch (error) {
    if (isModelsealError(error, 'ERR_FILE_NOT_FOUND')) return undefined;
    throw error;
  }
  if (!COMMIT.test(text)) throw new ModelsealError('ERR_HUB_CACHE_MALFORMED', { address, file });
  return text;
}

function revisionsOf(repository: string): string[] {
  try {
    return readdirSync(join(repository, 'snapshots'))
      .filter((name) => COMMIT.test(name))
      .slice(0, LISTED);
  } catch {
    return [];
  }
}

/** A snapshot of the cache, as its path tells. */
export interface HubSnapshot {
  /** `ORG/NAME`; before a data set or an application stands what it is: `datasets/ORG/NAME`. */
  readonly name: string;
  /** The commit. */
  readonly revision: string;
}

/** What a path names, where it is a snapshot of a cache: `models--ORG--NAME/snapshots/COMMIT`. */
export function snapshotOf(path: string): HubSnapshot | undefined {
  const revision = basename(path);
  const snapshots = dirname(path);
  const [, kind, flat] = REPOSITORY.exec(basename(dirname(snapshots))) ?? [];
  if (!COMMIT.test(revision) || basename(snapshots) !== 'snapshots' || flat === undefined) return undefined;
  const name = flat.replace('--', '/');
  return { name: kind === 'models' ? name : `${kind}/${name}`, revision };
}

/** The snapshots of a folder that is a repository of the cache; undefined for any other folder. */
export function snapshotsIn(folder: string, entries: readonly string[]): string[] | undefined {
  if (!REPOSITORY.test(basename(folder)) || !entries.includes('snapshots')) return undefined;
  const snapshots = join(folder, 'snapshots');
  return readdirSync(snapshots)
    .sort()
    .map((name) => join(snapshots, name))
    .filter((path) => snapshotOf(path) !== undefined && isFolder(path));
}

/**
 * Whether a file is a blob of the repository that a folder is a snapshot of, or lies in. A link there does not lead out
 * of a model: it is how the cache keeps one.
 *
 * @param root Real path of the folder.
 * @param target Real path of the file.
 */
export function isOwnBlob(root: string, target: string): boolean {
  const blobs = dirname(target);
  if (!BLOB.test(basename(target)) || basename(blobs) !== 'blobs') return false;
  const repository = dirname(blobs);
  const [revision = ''] = root.startsWith(`${repository}${sep}snapshots${sep}`)
    ? root.slice(repository.length + 'snapshots'.length + 2).split(sep)
    : [];
  return REPOSITORY.test(basename(repository)) && COMMIT.test(revision);
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
