import { types } from 'node:util';
import { isModelsealError } from '../../core/errors/index.js';
import { checkRange, manifestName, plain, runtimeEntries } from '../runtime/onnx/external.js';
import { findExternalTensors } from '../runtime/onnx/model.js';
import { copyOf } from './bytes.js';
import { type Catalogue, sha256 } from './catalogue.js';
import { lock } from './lock.js';
import { pristine } from './pristine.js';
import { type Refuse, tell } from './refuse.js';
import { SESSION_CHECK } from './runtime-copies.js';
import type { ReportTarget } from './state.js';

/** Taken once, as everything that foreign code could replace. */
const { isAnyArrayBuffer, isUint8Array } = types;
const { isArray } = Array;
const { keys } = Object;
const { apply, defineProperty } = Reflect;
const PlainObject = Object;

type Create = (...args: unknown[]) => Promise<unknown>;
interface SessionClass {
  create: Create;
}

/** Session options through which a runtime would read further files, or load libraries, from the disk. */
const FILE_OPTIONS =
  /external_initializers_file|ep\.context_file_path|custom_ops|\bcustomOps|backend_?path|plugin_lib|cache_path/i;

/**
 * Puts the check in front of `InferenceSession.create`: only bytes that are a file of an accepted manifest become a
 * model, and it is the checked copy that the runtime gets.
 */
export function sessionGuard(catalogue: Catalogue, refuse: Refuse, report: ReportTarget) {
  const guarded = new WeakSet<object>();

  /**
   * The data that a model reads from other files: of the given bytes, those that are signed under the name that the
   * model means, beside one place where the model itself is signed.
   */
  const boundData = (model: Uint8Array, digest: string, given: readonly External[]) => {
    let homes = catalogue.homesOf(digest);
    const files = new Map<string, Uint8Array>();
    for (const tensor of findExternalTensors(model, homes[0]?.name ?? 'model')) {
      const { location } = tensor;
      const [data, twin] = given.filter(({ path }) => plain(path) === plain(location));
      // What is given twice could be two things: what counts would be the runtime's choice.
      if (data === undefined || twin) return refuse('ERR_GUARD_SESSION_EXTERNAL', { location });
      const signed = sha256(data.bytes);
      catalogue.requireModel(signed);
      homes = homes.filter((h) => h.digestOf(manifestName(h.name, tensor)) === signed);
      const [home] = homes;
      if (home === undefined) return refuse('ERR_GUARD_SESSION_EXTERNAL', { location });
      checkRange(home.name, tensor, data.bytes.length);
      files.set(location, data.bytes);
    }
    return runtimeEntries(files);
  };

  const create =
    (original: Create, self: object): Create =>
    async (...args) => {
      const { bytes, rest } = bytesOf(args, refuse);
      // A copy of its own with nothing behind it: what is checked is what the runtime sees.
      const options = plainCopy(rest, refuse) as Record<string, unknown>;
      const given = externalData(options.externalData, refuse);
      delete options.externalData;
      pristine(() => {
        const digest = sha256(bytes);
        catalogue.requireModel(digest);
        if (FILE_OPTIONS.test(keysOf(options)))
          refuse('ERR_GUARD_SESSION_EXTERNAL', { location: 'a session option' });
        try {
          const external = boundData(bytes, digest, given);
          if (external.length > 0) options.externalData = external;
        } catch (error) {
          if (isModelsealError(error) && !error.code.startsWith('ERR_GUARD_')) tell(error, report);
          throw error;
        }
      });
      return apply(original, self, [bytes, options]);
    };

  const protect = (exports: unknown): void => {
    if (exports === null || (typeof exports !== 'object' && typeof exports !== 'function')) return;
    const named = exports as {
      InferenceSession?: SessionClass;
      TrainingSession?: SessionClass;
      default?: unknown;
    };
    for (const kind of ['InferenceSession', 'TrainingSession'] as const) {
      const session = named[kind];
      if (typeof session?.create !== 'function' || guarded.has(session)) continue;
      guarded.add(session);
      lock(
        session,
        'create',
        kind === 'InferenceSession'
          ? create(session.create, session)
          : async () => refuse('ERR_GUARD_SESSION_KIND', { name: 'TrainingSession.create' }),
      );
    }
    if (named.default !== exports && typeof named.default === 'object') protect(named.default);
  };
  Object.defineProperty(globalThis, Symbol.for(SESSION_CHECK), { value: protect });
  return protect;
}

/** The forms of the first arguments of `InferenceSession.create`: a path, bytes, or a buffer with a range. */
function bytesOf(args: readonly unknown[], refuse: Refuse): { bytes: Uint8Array; rest: unknown } {
  const source = args[0];
  if (isUint8Array(source)) return { bytes: copyOf(source), rest: args[1] };
  if (isAnyArrayBuffer(source)) {
    const [from, length] = [args[1], args[2]];
    if (typeof from !== 'number') return { bytes: copyOf(source), rest: from };
    return typeof length === 'number'
      ? { bytes: copyOf(source, from, length), rest: args[3] }
      : { bytes: copyOf(source, from), rest: args[3] ?? length };
  }
  return refuse('ERR_GUARD_SESSION_PATH', { path: `${source}`.slice(0, 200) });
}

interface External {
  readonly path: string;
  readonly bytes: Uint8Array;
}

function externalData(given: unknown, refuse: Refuse): External[] {
  if (given === undefined) return [];
  if (!isArray(given)) return refuse('ERR_GUARD_SESSION_EXTERNAL', { location: `${given}` });
  const files: External[] = [];
  for (let i = 0; i < given.length; i++) {
    const entry = given[i] as unknown;
    const { path, data } = (typeof entry === 'object' && entry !== null ? entry : { path: entry }) as {
      path?: unknown;
      data?: unknown;
    };
    if (!isUint8Array(data) && !isAnyArrayBuffer(data))
      return refuse('ERR_GUARD_SESSION_EXTERNAL', { location: `${path}` });
    files[i] = { path: `${path}`, bytes: copyOf(data) };
  }
  return files;
}

/** Session options are nested a few levels deep; tensors and devices in them are left as they are. */
const MAX_OPTIONS_DEPTH = 8;

/**
 * Options as plain data: read once, so that a getter cannot answer the check and the runtime differently, and without a
 * prototype that would add some.
 */
function plainCopy(value: unknown, refuse: Refuse, depth = 0): unknown {
  if (depth > MAX_OPTIONS_DEPTH)
    return refuse('ERR_GUARD_SESSION_EXTERNAL', { location: 'options that are nested too deep' });
  if (value === undefined || value === null) return depth === 0 ? {} : value;
  if (typeof value !== 'object' || isUint8Array(value) || isAnyArrayBuffer(value)) return value;
  if (isArray(value)) {
    const list: unknown[] = [];
    for (let i = 0; i < value.length; i++) list[i] = plainCopy(value[i], refuse, depth + 1);
    return list;
  }
  const { constructor: maker } = value;
  if (maker !== undefined && maker !== PlainObject) return value;
  const copy: Record<string, unknown> = {};
  const names = keys(value);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    defineProperty(copy, name, {
      __proto__: null,
      value: plainCopy((value as Record<string, unknown>)[name], refuse, depth + 1),
      writable: true,
      enumerable: true,
      configurable: true,
    } as PropertyDescriptor);
  }
  return copy;
}

/** All keys of the options, nested ones too: `extra` spells the entries of the native configuration. */
function keysOf(options: unknown, depth = 0): string {
  if (
    depth > MAX_OPTIONS_DEPTH ||
    options === null ||
    typeof options !== 'object' ||
    ArrayBuffer.isView(options)
  )
    return '';
  return Object.entries(options)
    .map(([key, value]) => `${key}.${keysOf(value, depth + 1)}`)
    .join(' ');
}
