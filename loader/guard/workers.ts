import fs from 'node:fs';
import path from 'node:path';
import url from 'node:url';
import workers, { MessagePort, SHARE_ENV, setEnvironmentData, type WorkerOptions } from 'node:worker_threads';
import type { Catalogue } from './catalogue.js';
import { closedProxy, lock, replace } from './lock.js';
import { pristine } from './pristine.js';
import type { Refuse } from './refuse.js';
import { checkResolution } from './resolution.js';
import type { GuardState } from './state.js';

/** Under this key a worker finds the verified state of its parent. */
export const STATE_KEY = 'modelseal.guard.state';

/** Taken once, as everything that foreign code could replace. */
const { isAbsolute, join } = path;
const { fileURLToPath } = url;
const { realpathSync } = fs;
const { cwd } = process;
const { apply, construct, defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
const { getOwnPropertySymbols, keys } = Object;

/** The message that gives a worker its program; Node sends the only one. */
const LOAD_SCRIPT = 'loadScript';

/** Makes every worker start under the guard, from a signed file. */
export function guardWorkers(state: GuardState, entry: string, catalogue: Catalogue, refuse: Refuse): void {
  const { Worker } = workers;
  // As text: what a program gets hold of is a copy.
  setEnvironmentData(STATE_KEY, JSON.stringify(state));
  const set = workers.setEnvironmentData;
  const get = workers.getEnvironmentData;
  replace(workers, 'setEnvironmentData', (key: unknown, value: unknown) => {
    if (key === STATE_KEY) refuse('ERR_GUARD_WORKER_OPTION', { option: `environment data ${STATE_KEY}` });
    return set(key as never, value as never);
  });
  replace(workers, 'getEnvironmentData', (key: unknown) =>
    key === STATE_KEY ? undefined : get(key as never),
  );
  const internals = closeInternals(refuse);
  const guarded = closedProxy(Worker, {
    construct: (target, args, newTarget) => {
      const options = ownOptions(args[1], refuse);
      const file = scriptPath(args[0], refuse);
      // The worker checks again when it imports the file; here the refusal reaches the line that asked.
      pristine(() => {
        catalogue.read(file);
        checkResolution(catalogue, refuse, file, undefined, realpathSync(file));
      });
      const made = construct(
        target,
        [file, { ...options, eval: false, execArgv: ['--import', entry] }],
        newTarget,
      ) as object;
      pristine(() => internals(made));
      return made;
    },
  });
  lock(Worker.prototype, 'constructor', guarded);
  replace(workers, 'Worker', guarded);
}

/** Options that were read once: a getter could answer Node otherwise than the guard. */
function ownOptions(given: unknown, refuse: Refuse): WorkerOptions {
  const options: Record<string, unknown> = { __proto__: null };
  if (typeof given === 'object' && given !== null) {
    const names = keys(given);
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string;
      options[name] = (given as Record<string, unknown>)[name];
    }
  }
  if (options.eval) refuse('ERR_GUARD_WORKER_EVAL', {});
  if ((options.execArgv as unknown[] | undefined)?.length)
    refuse('ERR_GUARD_WORKER_OPTION', { option: 'execArgv' });
  // Node reads NODE_OPTIONS for a worker again, and what it requires would run before the guard.
  const env = options.env as NodeJS.ProcessEnv | typeof SHARE_ENV | undefined;
  if (env === SHARE_ENV) {
    if (process.env.NODE_OPTIONS)
      refuse('ERR_GUARD_WORKER_OPTION', { option: 'SHARE_ENV with NODE_OPTIONS' });
  } else {
    const copy: Record<string, unknown> = {};
    const from = (env ?? process.env) as Record<string, unknown>;
    const names = keys(from);
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string;
      if (name.toUpperCase() !== 'NODE_OPTIONS') copy[name] = from[name];
      else if (env) refuse('ERR_GUARD_WORKER_OPTION', { option: 'env.NODE_OPTIONS' });
    }
    options.env = copy;
  }
  return options as WorkerOptions;
}

/**
 * Behind symbols of a worker lie its native half, whose constructor starts workers without Node's own checks and ours,
 * and the port through which Node sends it its program. The first is closed, the second carries no further program.
 */
function closeInternals(refuse: Refuse): (worker: object) => void {
  const ports = new WeakSet<object>();
  const isOurs = WeakSet.prototype.has.bind(ports) as (port: object) => boolean;
  const add = WeakSet.prototype.add.bind(ports) as (port: object) => unknown;
  const post = MessagePort.prototype.postMessage;
  lock(
    MessagePort.prototype,
    'postMessage',
    function (this: MessagePort, message: unknown, transfer: unknown) {
      if (!isOurs(this)) return apply(post, this, [message, transfer]);
      const { type } = message as { type?: unknown };
      if (type === LOAD_SCRIPT || typeof type !== 'string') refuse('ERR_GUARD_WORKER_EVAL', {});
      return apply(post, this, [{ ...(message as object), type }, transfer]);
    },
  );
  return (worker) => {
    const symbols = getOwnPropertySymbols(worker);
    for (let i = 0; i < symbols.length; i++) {
      const value = getOwnPropertyDescriptor(worker, symbols[i] as symbol)?.value as unknown;
      if (typeof value !== 'object' || value === null) continue;
      if (value instanceof MessagePort) {
        if ((symbols[i] as symbol).description === 'kPort') add(value);
        continue;
      }
      const prototype = getPrototypeOf(value) as object;
      if (getOwnPropertyDescriptor(prototype, 'startThread') === undefined) continue;
      if (getOwnPropertyDescriptor(prototype, 'constructor')?.configurable === false) continue;
      defineProperty(prototype, 'constructor', {
        value: () => refuse('ERR_GUARD_WORKER_OPTION', { option: 'the native worker' }),
        writable: false,
        configurable: false,
        enumerable: false,
      });
    }
  };
}

function scriptPath(script: unknown, refuse: Refuse): string {
  if (script instanceof URL) {
    if (script.protocol !== 'file:') refuse('ERR_GUARD_URL', { url: script.href.slice(0, 80) });
    return fileURLToPath(script);
  }
  const text = `${script}`;
  return isAbsolute(text) ? text : join(cwd(), text);
}
