import { ModelsealError } from '../../core/errors/index.js';
import { type Permission, permissionOf } from '../pickle/allow/index.js';
import { type Application, appliedBy } from '../pickle/applied.js';
import { unfitArguments } from '../pickle/arguments.js';
import { fromPython2, isPythonName, isResolver, looksLikeClass } from '../pickle/judge.js';
import { type Nature, natureOf } from '../pickle/object-state.js';
import type { NamedGlobal, Sight } from '../pickle/sight.js';
import type { Attributes } from './attributes.js';
import type { Construction, Constructor } from './construction.js';
import { constructorOf } from './constructors.js';
import type { Copies } from './copies.js';
import type { Cursor } from './cursor.js';
import type { Keys } from './keys.js';
import type { UnpickleOptions } from './options.js';
import { findOwned } from './owned.js';
import { PyObject, PyReference, PyTuple, type PyValue } from './values.js';

/** Constructors that call constructors: two levels are real. */
const MAX_NESTED_CALLS = 8;

/** Globals, calls and instances: whatever is no plain data is looked up here, and nothing is run. */
export class Calls {
  readonly #in: Cursor;
  readonly #options: UnpickleOptions;
  readonly #copies: Copies;
  readonly #attributes: Attributes;
  readonly #keys: Keys;
  readonly #sight: Sight<PyValue> = {
    global: (value) => this.#global(value),
    text: (value) => this.#attributes.spelled(value),
    isText: (value) => typeof value === 'string' && !this.#attributes.isComputed(value),
    isNone: (value) => value === null,
    isResult: (value) => value instanceof PyObject,
  };
  /** References that are only safe where their call has been seen. */
  readonly #owned = new Set<PyReference>();
  /** What is known of the names that have been met: all of them are on the allow-list. */
  readonly #names = new Map<string, Known>();
  #depth = 0;

  /** @throws {ModelsealError} `ERR_UNPICKLE_CONSTRUCTOR` where an operator's constructor is no exact name. */
  constructor(input: Cursor, options: UnpickleOptions, copies: Copies, attributes: Attributes, keys: Keys) {
    for (const name of Object.keys(options.constructors ?? {})) {
      if (!isPythonName(name) || !name.includes('.'))
        throw new ModelsealError('ERR_UNPICKLE_CONSTRUCTOR', { name });
    }
    this.#in = input;
    this.#options = options;
    this.#copies = copies;
    this.#attributes = attributes;
    this.#keys = keys;
  }

  /** A reference to what may be named; nothing is imported. */
  global(module: string, name: string): PyReference {
    const given = `${module}.${name}`;
    if (Object.hasOwn(this.#options.constructors ?? {}, given)) return new PyReference(given);
    const [realModule, realName] = fromPython2(module, name);
    const permission = permissionOf(realModule, realName);
    // What resolves other names is no data, not even as a reference that nothing calls.
    if (permission !== undefined && !isResolver(realName)) {
      const reference = new AllowedReference(this.#known(realModule, realName, permission));
      if (permission === 'check') this.#owned.add(reference);
      return reference;
    }
    throw new ModelsealError('ERR_UNPICKLE_GLOBAL', { global: given, offset: this.#in.here });
  }

  #known(module: string, name: string, permission: Permission): Known {
    const key = `${module}.${name}`;
    const known = this.#names.get(key);
    if (known) return known;
    const global = { module, name, permission };
    const made = { global, applied: appliedBy(permission, global), nature: natureOf(module, name) };
    this.#names.set(key, made);
    return made;
  }

  /** The result of the pickle, in which no reference may be left that is only safe where its call has been seen. */
  result(value: PyValue): PyValue {
    const left = findOwned(value, this.#owned);
    return left ? this.refuse(left.name, 'it is passed on uncalled') : value;
  }

  /** What a reference stands for in the conditions that the scanner shares: an operator's own constructor is a class of data. */
  #global(value: PyValue): NamedGlobal | undefined {
    if (!(value instanceof PyReference)) return undefined;
    if (value instanceof AllowedReference) return value.known.global;
    const dot = value.name.lastIndexOf('.');
    return this.#own(value.name) === undefined
      ? undefined
      : { module: value.name.slice(0, dot), name: value.name.slice(dot + 1), permission: 'call' };
  }

  /** REDUCE, INST and OBJ. */
  call(callee: PyValue, args: readonly PyValue[]): PyValue {
    if (!(callee instanceof PyReference)) return this.#in.malformed('what is called is no global');
    const own = this.#own(callee.name);
    if (own) return own === 'object' ? new PyObject(callee.name, args) : this.#make(own, args, callee.name);
    if (!(callee instanceof AllowedReference)) return this.refuse(callee.name, 'it is only a reference');
    const { nature } = callee.known;
    if (nature.holder) for (const arg of args) this.#attributes.filled(arg);
    return this.#attributes.made(this.#called(callee, args), nature);
  }

  #called(callee: AllowedReference, args: readonly PyValue[]): PyValue {
    const { global, applied } = callee.known;
    const { module, name, permission } = global;
    if (applied && !applied.fits(this.#sight, args))
      return this.refuse(callee.name, 'it would apply arguments that are not those of data');
    if (permission === 'instance' && args.length > 0)
      return this.refuse(callee.name, 'its constructor is not for pickles');
    if (permission === 'ref') return this.refuse(callee.name, 'it may only be referred to');
    const unfit = permission === 'check' ? unfitArguments(name, this.#sight, args) : undefined;
    if (unfit !== undefined) return this.refuse(callee.name, `it is called ${unfit}`);
    const make = constructorOf(module, name);
    if (make) return this.#make(make, args, callee.name);
    if (permission === 'check') return this.refuse(callee.name, 'it may only be referred to');
    if (name.startsWith('__pyx_unpickle_'))
      return new PyObject(refName(args[0]) ?? callee.name, args.slice(1));
    if (permission === 'mapping') return args.length === 0 ? new Map() : new PyObject(callee.name, args);
    if (!looksLikeClass(name) && !/_ctor$/.test(name)) {
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
    return this.#attributes.made(this.#instance(cls, args), cls.known.nature);
  }

  #instance(cls: AllowedReference, args: readonly PyValue[]): PyValue {
    const { module, name, permission } = cls.known.global;
    if (permission === 'ref' || permission === 'check' || permission === 'applies')
      return this.refuse(cls.name, 'it may only be referred to');
    if (cls.known.nature.returns === 0) return this.refuse(cls.name, 'it returns what it is given');
    const make = constructorOf(module, name);
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
      fill: (instance, items) => this.#fill(instance, items),
      key: (value) => this.#keys.key(value),
      state: (state) => this.#attributes.state(state),
      nested: (bytes) =>
        this.#options.nested?.(bytes) ?? this.refuse(name, 'bytes within the pickle are not read here'),
    };
  }

  #fill(instance: PyValue, items: PyValue): void {
    if (this.#attributes.holds(instance)) this.#attributes.filled(items);
    if (instance instanceof PyObject) instance.items.push(items);
    else if (instance instanceof Map && items instanceof Map)
      for (const [key, value] of items) instance.set(key, value);
  }

  /** Runs a constructor of our own. */
  #make(make: Constructor, args: readonly PyValue[], name: string): PyValue {
    if (this.#depth >= MAX_NESTED_CALLS)
      throw new ModelsealError('ERR_UNPICKLE_LIMIT', { what: 'nested calls', limit: MAX_NESTED_CALLS });
    this.#copies.pay(args.length);
    for (const arg of args) this.#copies.charge(arg instanceof PyTuple ? arg.items : arg);
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
    this.#in.refuse(global, problem);
  }
}

/** A name of the allow-list, and what the scanner's tables say of it. */
interface Known {
  readonly global: NamedGlobal & { readonly permission: Permission };
  readonly applied: Application | undefined;
  readonly nature: Nature;
}

/** A global of the allow-list. */
class AllowedReference extends PyReference {
  readonly known: Known;

  constructor(known: Known) {
    super(`${known.global.module}.${known.global.name}`);
    this.known = known;
  }
}

function refName(value: PyValue | undefined): string | undefined {
  return value instanceof PyReference ? value.name : undefined;
}
