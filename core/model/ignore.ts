import { ModelsealError } from '../errors/index.js';
import { byCodePoint } from './names.js';

/** Excluded from every model at its top level (OMS §6.2), as the reference implementation excludes them. */
export const DEFAULT_IGNORED: readonly string[] = ['.git', '.gitattributes', '.github', '.gitignore'];

/** No model excludes this many paths one by one. */
const MAX_IGNORED = 10_000;

/**
 * Paths below the model that are not part of it (OMS §6.2.1): exact relative paths, a folder with everything below it.
 * No patterns: a `*` is a character of a name.
 */
export class IgnoreRules {
  readonly paths: readonly string[];
  readonly #set: ReadonlySet<string>;

  private constructor(paths: readonly string[]) {
    this.paths = paths;
    this.#set = new Set(paths);
  }

  /**
   * @param paths Relative to the model. A leading `./`, a trailing `/` and doubled separators are dropped.
   * @param from Whose word the paths are: a wrong one of the caller is a wrong call, not a refusal of the model.
   * @throws {ModelsealError} `ERR_MANIFEST_IGNORE_PATH`, `ERR_USAGE` for a path that is absolute, leads out, or is the
   *   model itself
   */
  static from(paths: Iterable<string>, from: 'manifest' | 'caller' = 'manifest'): IgnoreRules {
    const clean = new Set<string>();
    for (const path of paths) {
      clean.add(normalized(path, from));
      if (clean.size > MAX_IGNORED) {
        throw new ModelsealError('ERR_BUNDLE_TOO_MANY', {
          what: 'excluded paths',
          count: clean.size,
          limit: MAX_IGNORED,
        });
      }
    }
    return new IgnoreRules([...clean].sort(byCodePoint));
  }

  /** True for an excluded path; a walker asks for every folder on the way down and so never enters one. */
  has(name: string): boolean {
    return this.#set.has(name);
  }

  /** True for an excluded path and everything below it. */
  covers(name: string): boolean {
    for (let end = name.length; end > 0; end = name.lastIndexOf('/', end - 1)) {
      if (this.#set.has(name.slice(0, end))) return true;
    }
    return false;
  }
}

function normalized(path: string, from: 'manifest' | 'caller'): string {
  const bad = (problem: string): never => {
    if (from === 'caller')
      throw new ModelsealError('ERR_USAGE', { problem: `"${path}" is no path inside the model: ${problem}` });
    throw new ModelsealError('ERR_MANIFEST_IGNORE_PATH', { path, problem });
  };
  if (path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path)) bad('it is absolute');
  if (path.includes('\0') || /\p{Surrogate}/u.test(path)) bad('it is not a path');
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) bad('it leads out of the model');
  if (parts.length === 0) bad('it is the model itself');
  return parts.join('/');
}
