import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Catalogue } from './catalogue.js';
import { pristine } from './pristine.js';
import type { Refuse } from './refuse.js';

/** Taken once, as everything that foreign code could replace. */
const { closeSync, mkdtempSync, openSync, rmSync, writeSync } = fs;
const { basename, join } = path;
const { apply } = Reflect;
const temporary = os.tmpdir();

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
  const onExit = process.once.bind(process, 'exit');
  const copies = new Map<string, string>();
  let home: string | undefined;

  const copy = (filename: string): string => {
    const known = copies.get(filename);
    if (known !== undefined) return known;
    const bytes = catalogue.read(filename);
    if (home === undefined) {
      const made = mkdtempSync(join(temporary, 'modelseal-addons-'));
      onExit(() => rmSync(made, { recursive: true, force: true }));
      home = made;
    }
    // One folder for each addon: two packages may carry libraries of the same name.
    const folder = mkdtempSync(join(home, 'addon-'));
    const target = join(folder, basename(filename));
    for (const library of catalogue.siblings(filename).filter((f) => LIBRARY.test(f))) {
      writeNew(join(folder, basename(library)), catalogue.read(library));
    }
    writeNew(target, bytes);
    copies.set(filename, target);
    return target;
  };

  return {
    dlopen: (module, filename, ...flags) => {
      const file = `${filename}`;
      const checked = pristine(() => {
        if (catalogue.codeDigestOf(file) === undefined) refuse('ERR_GUARD_NATIVE_UNSIGNED', { file });
        return copy(file);
      });
      apply(dlopen, process, flags[0] === undefined ? [module, checked] : [module, checked, flags[0]]);
    },
  };
}

function writeNew(file: string, bytes: Uint8Array): void {
  const fd = openSync(file, 'wx', 0o500);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
  } finally {
    closeSync(fd);
  }
}
