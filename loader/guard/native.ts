import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Catalogue } from './catalogue.js';
import type { Refuse } from './refuse.js';

/** Libraries that an addon finds beside itself ($ORIGIN, @loader_path). */
const LIBRARY = /\.(so(\.\d+)*|dylib|dll)$/i;

interface AddonLoader {
  /** Takes the place of `process.dlopen`. */
  readonly dlopen: (module: object, filename: string, ...flags: number[]) => void;
}

/**
 * Loads native addons from checked bytes. The system loads libraries by path only, so the checked bytes are written
 * to a folder that only this user can enter, and that copy is loaded.
 */
export function addonLoader(catalogue: Catalogue, refuse: Refuse): AddonLoader {
  const dlopen = process.dlopen as (module: object, filename: string, ...flags: number[]) => void;
  const copies = new Map<string, string>();
  let home: string | undefined;

  const copy = (filename: string): string => {
    const known = copies.get(filename);
    if (known !== undefined) return known;
    const bytes = catalogue.read(filename);
    if (home === undefined) {
      const made = mkdtempSync(join(tmpdir(), 'modelseal-addons-'));
      process.once('exit', () => rmSync(made, { recursive: true, force: true }));
      home = made;
    }
    // One folder for each addon: two packages may carry libraries of the same name.
    const folder = mkdtempSync(join(home, 'addon-'));
    const target = join(folder, basename(filename));
    for (const library of catalogue.siblings(filename).filter((f) => LIBRARY.test(f))) {
      writeFileSync(join(folder, basename(library)), catalogue.read(library), { mode: 0o500, flag: 'wx' });
    }
    writeFileSync(target, bytes, { mode: 0o500, flag: 'wx' });
    copies.set(filename, target);
    return target;
  };

  return {
    dlopen: (module, filename, ...flags) => {
      const path = String(filename);
      if (catalogue.digestOf(path) === undefined) refuse('ERR_GUARD_NATIVE_UNSIGNED', { file: path });
      dlopen.call(process, module, copy(path), ...flags);
    },
  };
}
