import type { InitializeHook, LoadHook, ResolveHook } from 'node:module';
import { fileURLToPath } from 'node:url';
import { allowedBuiltin } from './builtins.js';
import { Catalogue } from './catalogue.js';
import { formatOf } from './format.js';
import { type Refuse, refuser } from './refuse.js';
import { inspectSource, sessionTrailer } from './runtime-copies.js';
import type { GuardState } from './state.js';

// Runs in the hooks thread of Node: ES module imports of the guarded thread come through here.

let catalogue: Catalogue | undefined;
let refuse: Refuse;

export const initialize: InitializeHook<GuardState> = (state) => {
  refuse = refuser(state.reportFd);
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
    ready().checkSteering(specifier, importer, fileURLToPath(found.url));
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
      const text = bytes.toString('utf8');
      const watched = inspectSource(text, path, signed, refuse);
      return { format, shortCircuit: true, source: watched ? text + sessionTrailer(url) : text };
    }
    default:
      return refuse('ERR_GUARD_MODULE_FORMAT', { file: path });
  }
};

/** A data: URL can be as long as a program. */
const shown = (url: string): string => (url.length > 80 ? `${url.slice(0, 80)}…` : url);
