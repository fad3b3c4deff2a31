import { lstatSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

const NONE: ReadonlySet<string> = new Set();

/**
 * The names by which Kubernetes keeps house in a mounted volume. It writes every state of a volume into a folder of its
 * own, `..2026_06_01_…`, leads `..data` there, and every entry through `..data`. These two are other names of files
 * that are listed by their own, which is proven here entry by entry; where one is not, there is nothing to leave out.
 *
 * @param root Real path of a folder.
 */
export function volumeFolders(root: string): ReadonlySet<string> {
  try {
    const data = join(root, '..data');
    if (!lstatSync(data).isSymbolicLink()) return NONE;
    const state = realpathSync.native(data);
    const name = state.slice(root.length + 1);
    if (dirname(state) !== root || !name.startsWith('..')) return NONE;
    const linked = readdirSync(state).every(
      (entry) => realpathSync.native(join(root, entry)) === join(state, entry),
    );
    return linked ? new Set(['..data', name]) : NONE;
  } catch {
    // No such link, or one that the walk will name with its reason.
    return NONE;
  }
}
