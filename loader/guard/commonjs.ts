import Module from 'node:module';
import path from 'node:path';
import { allowedBuiltin } from './builtins.js';
import { type Catalogue, textOf } from './catalogue.js';
import { formatOf } from './format.js';
import { closedProxy, lock } from './lock.js';
import { pristine, taken } from './pristine.js';
import type { Refuse } from './refuse.js';
import { checkResolution } from './resolution.js';
import { inspectSource } from './runtime-copies.js';

/** Taken once, as everything that foreign code could replace. */
const { isAbsolute } = path;
const { apply } = Reflect;
const { parse } = JSON;
const { get, set } = WeakMap.prototype;
const drop = taken(WeakMap.prototype.delete);

/** The parts of Node's CommonJS loader that its types leave out. They have been stable for ten years. */
interface CommonJsModule {
  id: string;
  filename: string | null;
  exports: unknown;
  _compile(content: string, filename: string, format?: string): unknown;
}
interface CommonJsLoader {
  readonly wrap: unknown;
  readonly wrapper: readonly string[];
  _extensions: Record<string, (module: CommonJsModule, filename: string) => void>;
  _load(request: string, parent: CommonJsModule | undefined, isMain: boolean): unknown;
  _resolveFilename(request: string, parent: CommonJsModule | undefined, ...rest: unknown[]): string;
  prototype: CommonJsModule;
}

interface CommonJsOptions {
  readonly catalogue: Catalogue;
  readonly refuse: Refuse;
  readonly loadAddon: (module: object, filename: string) => void;
  readonly guardSessions: (exports: unknown) => void;
}

/**
 * Puts the checks into `require`: built-in modules by the list, files from checked bytes. Covers `createRequire` and
 * CommonJS files imported by ES modules, which Node loads through the same table.
 */
export function guardCommonJs({ catalogue, refuse, loadAddon, guardSessions }: CommonJsOptions): void {
  const loader = Module as unknown as CommonJsLoader;
  const compile = loader.prototype._compile;
  const checked = new WeakMap<CommonJsModule, string>();
  const closed = (name: string) => (): never => refuse('ERR_GUARD_LOADER_HOOK', { name });

  const javascript = (module: CommonJsModule, filename: string): void => {
    const { text, watched } = pristine(() => {
      const bytes = catalogue.read(filename);
      const format = formatOf(filename, bytes, catalogue);
      if (format === 'module') refuse('ERR_GUARD_REQUIRE_ESM', { file: filename });
      if (format !== 'commonjs') refuse('ERR_GUARD_MODULE_FORMAT', { file: filename });
      const source = textOf(bytes);
      return { text: source, watched: inspectSource(source, filename, catalogue, refuse) };
    });
    apply(set, checked, [module, text]);
    try {
      module._compile(text, filename, 'commonjs');
    } finally {
      drop(checked, module);
    }
    if (watched) guardSessions(module.exports);
  };

  const handlers: CommonJsLoader['_extensions'] = {
    '.js': javascript,
    '.json': (module, filename) => {
      module.exports = pristine(() => parse(textOf(catalogue.read(filename)).replace(/^\uFEFF/, '')));
    },
    '.node': (module, filename) => loadAddon(module, filename),
  };
  lock(
    loader,
    '_extensions',
    closedProxy(Object.assign(Object.create(null) as object, handlers), {
      set: closed('require.extensions'),
      defineProperty: closed('require.extensions'),
      deleteProperty: closed('require.extensions'),
      setPrototypeOf: closed('require.extensions'),
    }),
  );

  // Only the text that was just checked for this module object is compiled; the fixed format keeps Node from
  // trying the text as an ES module, whose imports it would load without asking the hooks.
  // Node puts whatever stands in `wrapper` around the text, and does not let these two be locked.
  const { wrap, wrapper } = loader;
  const [before, after] = wrapper;
  lock(loader.prototype, '_compile', function (this: CommonJsModule, content: string, filename: string) {
    const same = loader.wrap === wrap && loader.wrapper === wrapper;
    if (!same || wrapper[0] !== before || wrapper[1] !== after) closed('module.wrapper')();
    if (typeof content !== 'string' || apply(get, checked, [this]) !== content)
      refuse('ERR_GUARD_COMPILE', { file: String(filename) });
    drop(checked, this);
    return apply(compile, this, [content, filename, 'commonjs']);
  });

  const resolve = loader._resolveFilename;
  lock(
    loader,
    '_resolveFilename',
    (request: string, parent: CommonJsModule | undefined, isMain: unknown, options: unknown) => {
      const name = `${request}`;
      const importer = parent?.filename ?? undefined;
      const found = apply(resolve, loader, [name, parent, isMain, options]) as string;
      pristine(() => {
        if (isAbsolute(found)) checkResolution(catalogue, refuse, name, importer, found);
      });
      return found;
    },
  );

  const load = loader._load;
  lock(loader, '_load', (request: string, parent: CommonJsModule | undefined, isMain: boolean) => {
    // Made a string once: what is loaded is what was checked.
    const name = `${request}`;
    pristine(() => allowedBuiltin(name, refuse));
    return apply(load, loader, [name, parent, isMain]);
  });
  for (const name of ['register', 'registerHooks', 'enableCompileCache', '_preloadModules', '_initPaths']) {
    if (name in Module) lock(Module, name, closed(`module.${name}`));
  }
}
