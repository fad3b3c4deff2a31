import crypto from 'node:crypto';
import v8 from 'node:v8';
import { allowedBuiltin } from './builtins.js';
import { lock, replace } from './lock.js';
import { pristine } from './pristine.js';
import type { Refuse } from './refuse.js';

type Getter = (name: string) => unknown;

/** Closes the doors of `process`, `v8` and `crypto` that lead around the module loader. */
export function guardProcess(refuse: Refuse, dlopen: (...args: unknown[]) => void): void {
  const open = process as unknown as Record<string, unknown>;
  const binding = (name: string) => (wanted: unknown) =>
    refuse('ERR_GUARD_BINDING', { name: `process.${name}(${String(wanted)})` });
  lock(process, 'binding', binding('binding'));
  lock(process, '_linkedBinding', binding('_linkedBinding'));
  lock(process, 'dlopen', dlopen);
  if (typeof open.getBuiltinModule === 'function') {
    const get = open.getBuiltinModule as Getter;
    lock(process, 'getBuiltinModule', (wanted: string) => {
      const name = `${wanted}`;
      pristine(() => allowedBuiltin(name, refuse));
      return get(name);
    });
  }
  if ('execve' in process)
    lock(process, 'execve', () => refuse('ERR_GUARD_CHILD_PROCESS', { name: 'process.execve' }));
  for (const name of ['_debugProcess', '_debugEnd']) {
    if (name in process)
      lock(process, name, () => refuse('ERR_GUARD_INSPECTOR', { name: `process.${name}` }));
  }
  replace(v8, 'setFlagsFromString', (flags: unknown) =>
    refuse('ERR_GUARD_V8_FLAGS', { flags: String(flags) }),
  );
  // An OpenSSL engine is a shared library chosen by name or path.
  replace(crypto, 'setEngine', () => refuse('ERR_GUARD_NATIVE_ENGINE', { name: 'crypto.setEngine' }));
}

/** Node starts a debugger on SIGUSR1; a listener of our own takes the signal instead. */
export function takeDebugSignal(): void {
  if (process.platform !== 'win32') process.on('SIGUSR1', () => {});
}
