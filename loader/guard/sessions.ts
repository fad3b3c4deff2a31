import { isModelsealError } from '../../core/errors/index.js';
import { checkRange, manifestName, plain, runtimeEntries } from '../runtime/onnx/external.js';
import { findExternalTensors } from '../runtime/onnx/model.js';
import { type Catalogue, sha256 } from './catalogue.js';
import { lock } from './lock.js';
import { type Refuse, tell } from './refuse.js';
import { SESSION_CHECK } from './runtime-copies.js';

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
export function sessionGuard(catalogue: Catalogue, refuse: Refuse, reportFd: number | undefined) {
  const guarded = new WeakSet<object>();

  const verified = (bytes: Uint8Array): Uint8Array => {
    const copy = Uint8Array.from(bytes);
    const digest = sha256(copy);
    if (!catalogue.lists(digest)) refuse('ERR_GUARD_SESSION_UNVERIFIED', { digest });
    return copy;
  };

  /**
   * The data that a model reads from other files: of the given bytes, those that are signed under the name that the
   * model means, beside one place where the model itself is signed.
   */
  const boundData = (model: Uint8Array, given: ReadonlyMap<string, Uint8Array>) => {
    const homes = catalogue.homesOf(sha256(model));
    const files = new Map<string, Uint8Array>();
    for (const tensor of findExternalTensors(model, homes[0]?.name ?? 'model')) {
      const { location } = tensor;
      const data = given.get(plain(location));
      if (data === undefined) return refuse('ERR_GUARD_SESSION_EXTERNAL', { location });
      const digest = sha256(data);
      homes.splice(
        0,
        homes.length,
        ...homes.filter((h) => h.digestOf(manifestName(h.name, tensor)) === digest),
      );
      const [home] = homes;
      if (home === undefined) return refuse('ERR_GUARD_SESSION_EXTERNAL', { location });
      checkRange(home.name, tensor, data.length);
      files.set(location, data);
    }
    return runtimeEntries(files);
  };

  const create =
    (original: Create, self: object): Create =>
    async (...args) => {
      const [model, rest] = bytesOf(args, refuse);
      const bytes = verified(model);
      const options: Record<string, unknown> = { ...(rest as Record<string, unknown> | undefined) };
      if (FILE_OPTIONS.test(keysOf(options)))
        refuse('ERR_GUARD_SESSION_EXTERNAL', { location: 'a session option' });
      const given = externalData(options.externalData, verified, refuse);
      delete options.externalData;
      try {
        const external = boundData(bytes, given);
        if (external.length > 0) options.externalData = external;
      } catch (error) {
        if (isModelsealError(error)) tell(error, reportFd);
        throw error;
      }
      return original.call(self, bytes, options);
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
function bytesOf(args: readonly unknown[], refuse: Refuse): [Uint8Array, unknown] {
  const [source, second, third, fourth] = args;
  if (source instanceof Uint8Array) return [source, second];
  if (source instanceof ArrayBuffer || source instanceof SharedArrayBuffer) {
    if (typeof second !== 'number') return [new Uint8Array(source), second];
    return typeof third === 'number'
      ? [new Uint8Array(source, second, third), fourth]
      : [new Uint8Array(source, second), fourth ?? third];
  }
  return refuse('ERR_GUARD_SESSION_PATH', { path: String(source).slice(0, 200) });
}

/** By the plain location. One that is given twice could be two things: what counts would be the runtime's choice. */
function externalData(
  given: unknown,
  verified: (bytes: Uint8Array) => Uint8Array,
  refuse: Refuse,
): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  if (given === undefined) return files;
  if (!Array.isArray(given)) return refuse('ERR_GUARD_SESSION_EXTERNAL', { location: String(given) });
  for (const entry of given as unknown[]) {
    const { path, data } = (typeof entry === 'object' && entry !== null ? entry : { path: entry }) as {
      path?: unknown;
      data?: unknown;
    };
    const location = plain(String(path));
    const bytes =
      data instanceof Uint8Array ? data : data instanceof ArrayBuffer ? new Uint8Array(data) : undefined;
    if (bytes === undefined || files.has(location)) return refuse('ERR_GUARD_SESSION_EXTERNAL', { location });
    files.set(location, verified(bytes));
  }
  return files;
}

/** All keys of the options, nested ones too: `extra` spells the entries of the native configuration. */
function keysOf(options: unknown, depth = 0): string {
  if (depth > 8 || options === null || typeof options !== 'object' || ArrayBuffer.isView(options)) return '';
  return Object.entries(options)
    .map(([key, value]) => `${key}.${keysOf(value, depth + 1)}`)
    .join(' ');
}
