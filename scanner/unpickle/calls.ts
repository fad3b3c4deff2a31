import { ModelsealError } from '../../core/errors/index.js';
import { permissionOf } from '../pickle/allow/index.js';
import { fromPython2, isPythonName, isResolver, looksLikeClass } from '../pickle/judge.js';
import type { Construction, Constructor } from './construction.js';
import { constructorOf } from './constructors.js';
import type { Cursor } from './cursor.js';
import type { UnpickleOptions } from './options.js';
import { findOwned } from './owned.js';
import { PyObject, PyReference, PyTuple, type PyValue } from './values.js';

/** Constructors that call constructors: two levels are real. */
const MAX_NESTED_CALLS = 8;
/** Arguments and states up to this size are paid for by the opcodes that made them. */
const FREE_ITEMS = 64;
/** Larger ones may be fetched from the memo again and again: their items cost in all this multiple of the file. */
const COPY_FACTOR = 16;
const COPIED_ITEMS = 1 << 26;

function sizeOf(value: PyValue): number {
  if (typeof value === 'string' || value instanceof Uint8Array || Array.isArray(value)) return value.length;
  if (value instanceof Map || value instanceof Set) return value.size;
  return value instanceof PyTuple ? value.items.length : 0;
}

/** Globals, calls and instances: whatever is no plain data is looked up here, and nothing is run. */
export class Calls {
  readonly #in: Cursor;
  readonly #options: UnpickleOptions;
  #copies: number;
  /** References that are only safe where their call has been seen. */
  readonly #owned = new Set<PyReference>();
  #depth = 0;

  /** @throws {ModelsealError} `ERR_UNPICKLE_CONSTRUCTOR` where an operator's constructor is no exact name. */
  constructor(input: Cursor, options: UnpickleOptions) {
    for (const name of Object.keys(options.constructors ?? {})) {
      if (!isPythonName(name) || !name.includes('.'))
        throw new ModelsealError('ERR_UNPICKLE_CONSTRUCTOR', { name });
    }
    this.#in = input;
    this.#options = options;
    this.#copies = COPIED_ITEMS + COPY_FACTOR * input.bytes.length;
  }

  /** A reference to what may be named; nothing is imported. */
  global(module: string, name: string): PyReference {
    const given = `${module}.${name}`;
    if (Object.hasOwn(this.#options.constructors ?? {}, given)) return new PyReference(given);
    const [realModule, realName] = fromPython2(module, name);
    const permission = permissionOf(realModule, realName);
    // What resolves other names is no data, not even as a reference that nothing calls.
    if (permission !== undefined && !isResolver(realName)) {
      const reference = new AllowedReference(realModule, realName);
      if (permission === 'check') this.#owned.add(reference);
      return reference;
    }
    throw new ModelsealError('ERR_UNPICKLE_GLOBAL', { global: given, offset: this.#in.here });
  }

  /** The result of the pickle, in which no reference may be left that is only safe where its call has been seen. */
  result(value: PyValue): PyValue {
    const left = findOwned(value, this.#owned);
    return left ? this.refuse(left.name, 'it is passed on uncalled') : value;
  }

  /** REDUCE, INST and OBJ. */
  call(callee: PyValue, args: readonly PyValue[]): PyValue {
    if (!(callee instanceof PyReference)) return this.#in.malformed('what is called is no global');
    const own = this.#own(callee.name);
    if (own) return own === 'object' ? new PyObject(callee.name, args) : this.#make(own, args, callee.name);
    if (!(callee instanceof AllowedReference)) return this.refuse(callee.name, 'it is only a reference');
    const permission = permissionOf(callee.module, callee.local);
    if (permission === 'applies' && !args.every((arg) => mayBeApplied(callee, arg)))
      return this.refuse(callee.name, 'it would apply what may only be referred to');
    if (permission === 'instance' && args.length > 0)
      return this.refuse(callee.name, 'its constructor is not for pickles');
    if (callee.local === 'defaultdict' && !isFactory(args[0]))
      return this.refuse(callee.name, 'it would call what may only be referred to');
    const make = constructorOf(callee.module, callee.local);
    if (make) return this.#make(make, args, callee.name);
    if (permission === 'ref' || permission === 'check')
      return this.refuse(callee.name, 'it may only be referred to');
    if (callee.local.startsWith('__pyx_unpickle_'))
      return new PyObject(refName(args[0]) ?? callee.name, args.slice(1));
    if (permission === 'mapping') return args.length === 0 ? new Map() : new PyObject(callee.name, args);
    if (!looksLikeClass(callee.local) && !/_ctor$/.test(callee.local)) {
      throw new ModelsealError('ERR_UNPICKLE_GLOBAL', { global: callee.name, offset: this.#in.here });
    }
    return new PyObject(callee.name, args);
  }

  /** NEWOBJ and NEWOBJ_EX. */
  instance(cls: PyValue, args: readonly PyValue[]): PyValue {
    if (!(cls instanceof PyReference)) return this.#in.malformed('what is instantiated is no class');
    const own = this.#own(cls.name);
    if (own) return own === 'object' ? new PyObject(cls.name, args) : this.#make(own, args, cls.name);
    if (!(cls instanceof AllowedReference))
      return cls.name === 'builtins.object'
        ? new PyObject(cls.name, args)
        : this.refuse(cls.name, 'it may only be referred to');
    const permission = permissionOf(cls.module, cls.local);
    if (permission === 'ref' || permission === 'check')
      return this.refuse(cls.name, 'it may only be referred to');
    const make = constructorOf(cls.module, cls.local);
    if (make && cls.name !== 'builtins.object') return this.#make(make, args, cls.name);
    return permission === 'mapping' && args.length === 0 ? new Map() : new PyObject(cls.name, args);
  }

  #own(name: string): Constructor | 'object' | undefined {
    const table = this.#options.constructors;
    return table && Object.hasOwn(table, name) ? table[name] : undefined;
  }

  #construction(name: string): Construction {
    return {
      refuse: (problem) => this.refuse(name, problem),
      instance: (cls, args) => this.instance(cls, args),
      call: (callee, args) => this.call(callee, args),
      nested: (bytes) =>
        this.#options.nested?.(bytes) ?? this.refuse(name, 'bytes within the pickle are not read here'),
    };
  }

  /** Pays for looking at every item of `value`, or of each of several values. */
  charge(value: PyValue): void {
    const size = sizeOf(value);
    if (size <= FREE_ITEMS) return;
    this.#copies -= size;
    if (this.#copies < 0)
      throw new ModelsealError('ERR_UNPICKLE_LIMIT', { what: 'items copied', limit: COPIED_ITEMS });
  }

  /** Runs a constructor of our own. */
  #make(make: Constructor, args: readonly PyValue[], name: string): PyValue {
    if (this.#depth >= MAX_NESTED_CALLS)
      throw new ModelsealError('ERR_UNPICKLE_LIMIT', { what: 'nested calls', limit: MAX_NESTED_CALLS });
    if (args.length > FREE_ITEMS) this.#copies -= args.length;
    for (let i = 0; i < args.length && i < FREE_ITEMS; i++) this.charge(args[i] ?? null);
    this.#depth++;
    const made = make(args, this.#construction(name));
    this.#depth--;
    return made;
  }

  /** PERSID and BINPERSID. */
  persistent(pid: PyValue): PyValue {
    const { persistent } = this.#options;
    if (persistent) return persistent(pid, this.#in.here);
    throw new ModelsealError('ERR_UNPICKLE_GLOBAL', {
      global: 'an object outside of the file',
      offset: this.#in.here,
    });
  }

  extension(code: number): never {
    throw new ModelsealError('ERR_UNPICKLE_GLOBAL', {
      global: `extension code ${code}`,
      offset: this.#in.here,
    });
  }

  refuse(global: string, problem: string): never {
    throw new ModelsealError('ERR_UNPICKLE_CALL', { global, problem, offset: this.#in.here });
  }
}

/** A global of the allow-list. */
class AllowedReference extends PyReference {
  readonly module: string;
  readonly local: string;

  constructor(module: string, local: string) {
    super(`${module}.${local}`);
    this.module = module;
    this.local = local;
  }
}

/** What a defaultdict may call for a missing key: a class of data. */
function isFactory(value: PyValue | undefined): boolean {
  if (!(value instanceof AllowedReference)) return true;
  const permission = permissionOf(value.module, value.local);
  return permission !== 'ref' && permission !== 'applies' && permission !== 'check';
}

/** Libraries whose functions make nothing but classes of their own. */
const OWN_CLASSES = /^(numpy\.random|pandas|sklearn|torch)\b/;

/** What an allowed function may call or instantiate: a class of data, and three functions that take nothing but data. */
function mayBeApplied(by: AllowedReference, value: PyValue): boolean {
  if (!(value instanceof AllowedReference)) return true;
  const { module, local } = value;
  const permission = permissionOf(module, local);
  const library = OWN_CLASSES.exec(by.module)?.[0];
  if (library !== undefined && !module.startsWith(library)) return false;
  if (permission === 'ref') return module === 'torch._tensor' && local === 'Tensor';
  if (permission === 'applies') return local === '__bit_generator_ctor';
  return permission !== 'check' || local === 'memmap';
}

function refName(value: PyValue | undefined): string | undefined {
  return value instanceof PyReference ? value.name : undefined;
}
