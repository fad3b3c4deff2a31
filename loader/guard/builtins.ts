import { isBuiltin } from 'node:module';
import type { Refuse } from './refuse.js';

/** Built-in modules that run no code from outside the manifests. A module that Node adds later is not on the list. */
export const ALLOWED_BUILTINS: ReadonlySet<string> = new Set([
  'assert',
  'assert/strict',
  'async_hooks',
  'buffer',
  'console',
  'constants',
  'crypto',
  'dgram',
  'diagnostics_channel',
  'dns',
  'dns/promises',
  'domain',
  'events',
  'fs',
  'fs/promises',
  'http',
  'http2',
  'https',
  'module',
  'net',
  'os',
  'path',
  'path/posix',
  'path/win32',
  'perf_hooks',
  'process',
  'punycode',
  'querystring',
  'readline',
  'readline/promises',
  'stream',
  'stream/consumers',
  'stream/promises',
  'stream/web',
  'string_decoder',
  'sys',
  'timers',
  'timers/promises',
  'tls',
  'tty',
  'url',
  'util',
  'util/types',
  'v8',
  'worker_threads',
  'zlib',
]);

/** True for a built-in module that may be used; a refusal for one that may not; false for anything else. */
export function allowedBuiltin(specifier: string, refuse: Refuse): boolean {
  if (!isBuiltin(specifier)) return false;
  const name = specifier.replace(/^node:/, '');
  if (ALLOWED_BUILTINS.has(name)) return true;
  if (name === 'child_process' || name === 'cluster') return refuse('ERR_GUARD_CHILD_PROCESS', { name });
  if (name === 'vm' || name === 'repl') return refuse('ERR_GUARD_VM', { name });
  if (name === 'wasi') return refuse('ERR_GUARD_WASI', { name });
  if (name === 'inspector' || name === 'inspector/promises') return refuse('ERR_GUARD_INSPECTOR', { name });
  return refuse('ERR_GUARD_BUILTIN', { name });
}
