import { ModelsealError } from '../../core/errors/index.js';
import { permissionOf } from '../scan/pickle/allow/index.js';
import { fromPython2, isPythonName, isResolver, looksLikeClass } from '../scan/pickle/judge.js';
import { type Construction, type Constructor, constructorOf } from './constructors.js';
import { Cursor } from './cursor.js';
import { DType, setDTypeState, toShape } from './dtype.js';
import { NdArray, setArrayState } from './ndarray.js';
import { readScalar } from './scalars.js';
import { keyText, PyData, PyObject, PyReference, PyTuple, type PyValue } from './values.js';

/** Rebuilds what an operator has allowed by exact name; `'object'` for an inspectable object. */
export type Constructors = Readonly<Record<string, Constructor | 'object'>>;

export interface UnpickleOptions {
  /** Further constructors by exact name, `module.Name`. A whole module cannot be given. */
  readonly constructors?: Constructors;
  /** What persistent identifiers stand for; without it they are refused. */
  readonly persistent?: (pid: PyValue, offset: number) => PyValue;
  /** What `torch.storage._load_from_bytes` holds; without it such bytes are refused. */
  readonly nested?: (bytes: Uint8Array) => PyValue;
  /** Most opcodes run, {@link MAX_OPCODES} unless given. */
  readonly maxOpcodes?: number;
}

/** Far above any model; a value takes some fifty bytes of memory. */
export const MAX_OPCODES = 100_000_000;
/** Attributes that change what an object is or does; no data has them in its state. */
const SPECIAL_ATTRIBUTES = [
  '__class__',
  '__dict__',
  '__setstate__',
  '__reduce__',
  '__reduce_ex__',
  '__getattr__',
  '__call__',
];

/** Separates what a container gets from what lies below it. */
const MARK = Symbol('mark');
type Cell = PyValue | typeof MARK;

/**
 * Rebuilds the data of a pickle, protocols 0 to 5, without executing anything: every opcode works on plain data, and a
 * call is looked up in an allow-list of constructors that are implemented here. Whatever else the pickle names is an
 * error that says so.
 */
export class Unpickler {
  readonly #in: Cursor;
  readonly #options: UnpickleOptions;
  readonly #stack: Cell[] = [];
  readonly #memo = new Map<number, PyValue>();
  readonly #keys = new Map<string, PyTuple>();
  #opcodes = 0;

  /** @throws {ModelsealError} `ERR_UNPICKLE_CONSTRUCTOR` where an operator's constructor is no exact name. */
  constructor(bytes: Uint8Array, options: UnpickleOptions = {}, at = 0) {
    for (const name of Object.keys(options.constructors ?? {})) {
      if (!isPythonName(name) || !name.includes('.'))
        throw new ModelsealError('ERR_UNPICKLE_CONSTRUCTOR', { name });
    }
    this.#in = new Cursor(bytes, at);
    this.#options = options;
  }

  /** Offset after what has been read. */
  get position(): number {
    return this.#in.at;
  }

  /**
   * Reads one pickle from the current position.
   *
   * @throws {ModelsealError} `ERR_UNPICKLE_GLOBAL`, `ERR_UNPICKLE_CALL`, `ERR_UNPICKLE_MALFORMED`, `ERR_UNPICKLE_LIMIT`
   */
  load(): PyValue {
    this.#stack.length = 0;
    this.#memo.clear();
    const limit = this.#options.maxOpcodes ?? MAX_OPCODES;
    for (;;) {
      if (++this.#opcodes > limit) throw new ModelsealError('ERR_UNPICKLE_LIMIT', { what: 'opcodes', limit });
      const op = this.#in.opcode();
      if (op === 0x2e) return this.#pop();
      this.#run(op);
    }
  }

  #run(op: number): void {
    const stack = this.#stack;
    const scalar = readScalar(op, this.#in);
    if (scalar !== undefined) {
      stack.push(scalar);
      return;
    }
    switch (op) {
      case 0x80: // PROTO
        if (this.#in.u8() > 5) this.#malformed('its protocol does not exist');
        return;
      case 0x95: // FRAME
        this.#in.take(8);
        return;
      case 0x28:
        stack.push(MARK);
        return;
      case 0x4e:
        stack.push(null);
        return;
      case 0x88:
        stack.push(true);
        return;
      case 0x89:
        stack.push(false);
        return;
      case 0x5d:
        stack.push([]);
        return;
      case 0x7d:
        stack.push(new Map());
        return;
      case 0x8f:
        stack.push(new Set());
        return;
      case 0x29:
        stack.push(new PyTuple([]));
        return;
      case 0x85:
      case 0x86:
      case 0x87: {
        const items: PyValue[] = [];
        for (let n = op - 0x84; n > 0; n--) items.unshift(this.#pop());
        stack.push(new PyTuple(items));
        return;
      }
      case 0x74:
        stack.push(new PyTuple(this.#popMark()));
        return;
      case 0x6c:
        stack.push(this.#popMark());
        return;
      case 0x91:
        stack.push(new Set(this.#popMark().map((v) => this.#key(v))));
        return;
      case 0x64: {
        const map = new Map<PyValue, PyValue>();
        this.#setItems(map, this.#popMark());
        stack.push(map);
        return;
      }
      case 0x61: {
        const item = this.#pop();
        this.#append([item]);
        return;
      }
      case 0x65:
      case 0x90: {
        const items = this.#popMark();
        this.#append(items);
        return;
      }
      case 0x73: {
        const value = this.#pop();
        const key = this.#pop();
        this.#setItems(this.#top(), [key, value]);
        return;
      }
      case 0x75: {
        const items = this.#popMark();
        this.#setItems(this.#top(), items);
        return;
      }
      case 0x30:
        if (stack.length === 0) this.#malformed('the stack is empty');
        stack.pop();
        return;
      case 0x31:
        this.#popMark();
        return;
      case 0x32:
        stack.push(this.#top());
        return;
      case 0x94:
        this.#memo.set(this.#memo.size, this.#top());
        return;
      case 0x71:
        this.#memo.set(this.#in.u8(), this.#top());
        return;
      case 0x72:
        this.#memo.set(this.#in.u32(), this.#top());
        return;
      case 0x70:
        this.#memo.set(this.#in.index(), this.#top());
        return;
      case 0x68:
        this.#get(this.#in.u8());
        return;
      case 0x6a:
        this.#get(this.#in.u32());
        return;
      case 0x67:
        this.#get(this.#in.index());
        return;
      case 0x63: {
        const module = Buffer.from(this.#in.line(), 'latin1').toString('utf8');
        stack.push(this.#global(module, Buffer.from(this.#in.line(), 'latin1').toString('utf8')));
        return;
      }
      case 0x93: {
        const name = this.#pop();
        const module = this.#pop();
        if (typeof name !== 'string' || typeof module !== 'string')
          this.#malformed('the name of a global is no text');
        stack.push(this.#global(module, name));
        return;
      }
      case 0x52: {
        const args = this.#pop();
        const callee = this.#pop();
        if (!(args instanceof PyTuple)) this.#malformed('arguments are no tuple');
        stack.push(this.#call(callee, args.items));
        return;
      }
      case 0x81: {
        const args = this.#pop();
        if (!(args instanceof PyTuple)) this.#malformed('arguments are no tuple');
        stack.push(this.#instance(this.#pop(), args.items));
        return;
      }
      case 0x92: {
        const named = this.#pop();
        const args = this.#pop();
        if (!(args instanceof PyTuple) || !(named instanceof Map)) this.#malformed('arguments are no tuple');
        stack.push(this.#instance(this.#pop(), named.size > 0 ? [...args.items, named] : args.items));
        return;
      }
      case 0x69: {
        const module = Buffer.from(this.#in.line(), 'latin1').toString('utf8');
        const cls = this.#global(module, Buffer.from(this.#in.line(), 'latin1').toString('utf8'));
        const args = this.#popMark();
        stack.push(args.length > 0 ? this.#call(cls, args) : this.#instance(cls, []));
        return;
      }
      case 0x6f: {
        const [cls = null, ...args] = this.#popMark();
        stack.push(args.length > 0 ? this.#call(cls, args) : this.#instance(cls, []));
        return;
      }
      case 0x62: {
        const state = this.#pop();
        this.#build(this.#top(), state);
        return;
      }
      case 0x50:
        stack.push(this.#persistent(this.#in.line()));
        return;
      case 0x51:
        stack.push(this.#persistent(this.#pop()));
        return;
      case 0x82:
      case 0x83:
      case 0x84: {
        const code =
          op === 0x82 ? this.#in.u8() : op === 0x83 ? this.#in.u8() | (this.#in.u8() << 8) : this.#in.u32();
        throw new ModelsealError('ERR_UNPICKLE_GLOBAL', {
          global: `extension code ${code}`,
          offset: this.#in.here,
        });
      }
      case 0x98:
        this.#top();
        return;
      case 0x97:
        this.#malformed('it needs buffers that are not part of it');
        break;
      default:
        this.#malformed(`0x${op.toString(16).padStart(2, '0')} is no opcode`);
    }
  }

  #global(module: string, name: string): PyReference {
    const given = `${module}.${name}`;
    if (Object.hasOwn(this.#options.constructors ?? {}, given)) return new PyReference(given);
    const [realModule, realName] = fromPython2(module, name);
    // What resolves other names is no data, not even as a reference that nothing calls.
    if (permissionOf(realModule, realName) !== undefined && !isResolver(realName))
      return new AllowedReference(realModule, realName);
    throw new ModelsealError('ERR_UNPICKLE_GLOBAL', { global: given, offset: this.#in.here });
  }

  #call(callee: PyValue, args: readonly PyValue[]): PyValue {
    if (!(callee instanceof PyReference)) return this.#malformed('what is called is no global');
    const own = this.#own(callee.name);
    if (own)
      return own === 'object' ? new PyObject(callee.name, args) : own(args, this.#construction(callee.name));
    if (!(callee instanceof AllowedReference)) return this.#refuse(callee.name, 'it is only a reference');
    const make = constructorOf(callee.module, callee.local);
    if (make) return make(args, this.#construction(callee.name));
    const permission = permissionOf(callee.module, callee.local);
    if (permission === 'ref' || permission === 'check')
      return this.#refuse(callee.name, 'it may only be referred to');
    if (callee.local.startsWith('__pyx_unpickle_'))
      return new PyObject(refName(args[0]) ?? callee.name, args.slice(1));
    if (permission === 'mapping') return args.length === 0 ? new Map() : new PyObject(callee.name, args);
    if (!looksLikeClass(callee.local) && !/_ctor$/.test(callee.local)) {
      throw new ModelsealError('ERR_UNPICKLE_GLOBAL', { global: callee.name, offset: this.#in.here });
    }
    return new PyObject(callee.name, args);
  }

  #instance(cls: PyValue, args: readonly PyValue[]): PyValue {
    if (!(cls instanceof PyReference)) return this.#malformed('what is instantiated is no class');
    const own = this.#own(cls.name);
    if (own) return own === 'object' ? new PyObject(cls.name, args) : own(args, this.#construction(cls.name));
    if (!(cls instanceof AllowedReference)) return new PyObject(cls.name, args);
    const permission = permissionOf(cls.module, cls.local);
    if (permission === 'ref' || permission === 'check')
      return this.#refuse(cls.name, 'it may only be referred to');
    const make = constructorOf(cls.module, cls.local);
    if (make && cls.name !== 'builtins.object') return make(args, this.#construction(cls.name));
    return permission === 'mapping' ? new Map() : new PyObject(cls.name, args);
  }

  #own(name: string): Constructor | 'object' | undefined {
    const table = this.#options.constructors;
    return table && Object.hasOwn(table, name) ? table[name] : undefined;
  }

  #construction(name: string): Construction {
    return {
      refuse: (problem) => this.#refuse(name, problem),
      instance: (cls, args) => this.#instance(cls, args),
      call: (callee, args) => this.#call(callee, args),
      nested: (bytes) =>
        this.#options.nested?.(bytes) ?? this.#refuse(name, 'bytes within the pickle are not read here'),
    };
  }

  #build(target: PyValue, state: PyValue): void {
    for (const part of state instanceof PyTuple ? state.items : [state]) {
      const special = part instanceof Map && SPECIAL_ATTRIBUTES.find((name) => part.has(name));
      if (special) this.#refuse(special, 'a state sets this special attribute');
    }
    if (target instanceof DType) {
      const problem = setDTypeState(target, state);
      if (problem) this.#refuse('numpy.dtype', problem);
    } else if (target instanceof NdArray) {
      const problem = setArrayState(target, state);
      if (problem) this.#refuse('numpy.ndarray', problem);
    } else if (target instanceof PyObject) {
      target.state = state;
      if (target.class.endsWith('joblib.numpy_pickle.NumpyArrayWrapper'))
        this.#replaceTop(this.#inlineArray(state));
    } else if (target instanceof PyReference)
      this.#refuse(target.name, 'the state of the object itself is overwritten');
    // Attributes of containers, such as the `_metadata` of a state dict, carry no data.
    else if (target instanceof PyData) this.#malformed(`a ${target.kind} has no state`);
  }

  /** joblib writes the elements of an array into the stream, right behind the state of its wrapper. */
  #inlineArray(state: PyValue): PyValue {
    const name = 'joblib.numpy_pickle.NumpyArrayWrapper';
    if (!(state instanceof Map)) return this.#refuse(name, 'its state is no dict');
    const shape = toShape(state.get('shape'));
    const type = state.get('dtype');
    if (!shape || !(type instanceof DType)) return this.#refuse(name, 'its shape or data type is missing');
    if (type.hasObject) {
      const inner = new Unpickler(this.#in.bytes, this.#options, this.#in.at);
      const value = inner.load();
      this.#in.at = inner.position;
      return value;
    }
    if (typeof state.get('numpy_array_alignment_bytes') === 'number') this.#in.take(this.#in.u8());
    const length = shape.reduce((a, b) => a * b, 1) * type.itemSize;
    return new NdArray(type, shape, this.#in.take(length), state.get('order') === 'F');
  }

  #append(items: readonly PyValue[]): void {
    const target = this.#top();
    if (Array.isArray(target)) for (const item of items) target.push(item);
    else if (target instanceof Set) for (const item of items) target.add(this.#key(item));
    else if (target instanceof PyObject) for (const item of items) target.items.push(item);
    else this.#malformed('items are appended to what is no list');
  }

  #setItems(target: PyValue, items: readonly PyValue[]): void {
    if (items.length % 2) this.#malformed('a key has no value');
    for (let i = 0; i < items.length; i += 2) {
      const key = this.#key(items[i] ?? null);
      if (target instanceof Map) target.set(key, items[i + 1] ?? null);
      else if (target instanceof PyObject) target.items.push(new PyTuple([key, items[i + 1] ?? null]));
      else this.#malformed('items are set in what is no dict');
    }
  }

  /** Equal tuples are one key, as in Python; lists, dicts and sets are none. */
  #key(value: PyValue): PyValue {
    if (Array.isArray(value) || value instanceof Map) this.#malformed('a key is a list or dict');
    if (!(value instanceof PyTuple)) return value;
    const text = keyText(value);
    if (text === undefined) return value;
    const known = this.#keys.get(text);
    if (known) return known;
    this.#keys.set(text, value);
    return value;
  }

  #persistent(pid: PyValue): PyValue {
    const { persistent } = this.#options;
    if (persistent) return persistent(pid, this.#in.here);
    throw new ModelsealError('ERR_UNPICKLE_GLOBAL', {
      global: 'an object outside of the file',
      offset: this.#in.here,
    });
  }

  #get(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) this.#malformed('a memo entry is used that was never set');
    this.#stack.push(value);
  }

  #pop(): PyValue {
    const value = this.#stack.pop();
    if (value === undefined || value === MARK) return this.#malformed('the stack is empty');
    return value as PyValue;
  }

  #top(): PyValue {
    const value = this.#stack[this.#stack.length - 1];
    if (value === undefined || value === MARK) return this.#malformed('the stack is empty');
    return value as PyValue;
  }

  #replaceTop(value: PyValue): void {
    this.#stack[this.#stack.length - 1] = value;
  }

  #popMark(): PyValue[] {
    const at = this.#stack.lastIndexOf(MARK);
    if (at < 0) return this.#malformed('a mark is missing');
    const items = this.#stack.splice(at) as PyValue[];
    items.shift();
    return items;
  }

  #malformed(problem: string): never {
    return this.#in.malformed(problem);
  }

  #refuse(global: string, problem: string): never {
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

function refName(value: PyValue | undefined): string | undefined {
  return value instanceof PyReference ? value.name : undefined;
}
