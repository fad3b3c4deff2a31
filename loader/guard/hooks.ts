import type { InitializeHook, LoadHook, ResolveHook } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { allowedBuiltin } from './builtins.js';
import { Catalogue, textOf } from './catalogue.js';
import { formatOf } from './format.js';
import { type Refuse, refuser } from './refuse.js';
import { checkResolution } from './resolution.js';
import { inspectSource, sessionTrailer } from './runtime-copies.js';
import type { GuardState } from './state.js';

// Runs in the hooks thread of Node: ES module imports of the guarded thread come through here.

let catalogue: Catalogue | undefined;
let refuse: Refuse;

export const initialize: InitializeHook<string> = (data) => {
  const state = JSON.parse(data) as GuardState;
  refuse = refuser(state.report);
  catalogue = new Catalogue(state.folders, refuse);
};

function ready(): Catalogue {
  if (!catalogue) throw new Error('the guard hooks were not initialised');
  return catalogue;
}

export const resolve: ResolveHook = async (specifier, context, next) => {
  if (allowedBuiltin(specifier, refuse)) return next(specifier, context);
  if (/^[a-z][a-z0-9+.-]+:/i.test(specifier) && !/^file:/i.test(specifier))
    refuse('ERR_GUARD_URL', { url: shown(specifier) });
  const found = await next(specifier, context);
  if (found.url.startsWith('file:')) {
    const importer = context.parentURL?.startsWith('file:') ? fileURLToPath(context.parentURL) : undefined;
    const file = fileURLToPath(found.url);
    // Refused here already: what Node has loaded before, such as the guard itself, it does not load again.
    if (ready().codeDigestOf(file) === undefined) ready().read(file);
    checkResolution(ready(), refuse, nameOf(specifier, importer), importer, file);
  }
  return found;
};

export const load: LoadHook = async (url, context, next) => {
  if (url.startsWith('node:')) {
    allowedBuiltin(url, refuse);
    return next(url, context);
  }
  if (!url.startsWith('file:')) refuse('ERR_GUARD_URL', { url: shown(url) });
  const signed = ready();
  const path = fileURLToPath(url);
  const bytes = signed.read(path);
  const format = formatOf(path, bytes, signed);
  switch (format) {
    // Without a source Node hands the file to the CommonJS loader, which reads and checks it again in its own thread.
    case 'commonjs':
      return { format, shortCircuit: true };
    case 'json':
      return { format, shortCircuit: true, source: bytes };
    case 'module': {
      const text = textOf(bytes);
      const watched = inspectSource(text, path, signed, refuse);
      return { format, shortCircuit: true, source: watched ? text + sessionTrailer(url) : text };
    }
    default:
      return refuse('ERR_GUARD_MODULE_FORMAT', { file: path });
  }
};

/** A specifier as a path or bare name: what looks like a URL is one, and relative ones may be encoded or have a query. */
function nameOf(specifier: string, importer: string | undefined): string {
  if (/^file:/i.test(specifier)) return fileURLToPath(specifier);
  if (/^(\.{0,2}\/|\.{1,2}$)/.test(specifier))
    return fileURLToPath(new URL(specifier, importer === undefined ? 'file:///' : pathToFileURL(importer)));
  return specifier;
}

/** A data: URL can be as long as a program. */
const shown = (url: string): string => (url.length > 80 ? `${url.slice(0, 80)}…` : url);
