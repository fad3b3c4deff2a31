import { ModelsealError } from '../../core/errors/index.js';
import { Attributes } from './attributes.js';
import { Calls } from './calls.js';
import { Containers } from './containers.js';
import { Copies } from './copies.js';
import { Cursor } from './cursor.js';
import { countOf, DType, toShape } from './dtype.js';
import { Keys } from './keys.js';
import { misfit, NdArray } from './ndarray.js';
import { MAX_OPCODES, type UnpickleOptions } from './options.js';
import { readScalar } from './scalars.js';
import { PickleStack } from './stack.js';
import { setState } from './state.js';
import { PyObject, PyTuple, type PyValue } from './values.js';

/** Arrays of objects within arrays of objects: one level is real. */
const MAX_INNER = 4;
/** What an opcode counts for: the memory of an empty dict is that of several numbers. */
const COST = new Uint8Array(256).fill(1);
for (const op of [0x7d, 0x8f, 0x91, 0x64]) COST[op] = 6;
for (const op of [0x5d, 0x29, 0x85, 0x86, 0x87, 0x74, 0x6c]) COST[op] = 2;
for (const op of [0x63, 0x93, 0x52, 0x81, 0x92, 0x69, 0x6f]) COST[op] = 4;

/**
 * Rebuilds the data of a pickle, protocols 0 to 5, without executing anything: every opcode works on plain data, and a
 * call is looked up in an allow-list of constructors that are implemented here. Whatever else the pickle names is an
 * error that says so.
 */
export class Unpickler {
  readonly #in: Cursor;
  readonly #options: UnpickleOptions;
  readonly #stack: PickleStack;
  readonly #copies: Copies;
  readonly #attributes: Attributes;
  readonly #keys: Keys;
  readonly #calls: Calls;
  readonly #containers: Containers;
  readonly #depth: number;
  #opcodes = 0;

  /** @throws {ModelsealError} `ERR_UNPICKLE_CONSTRUCTOR` where an operator's constructor is no exact name. */
  constructor(
    bytes: Uint8Array,
    options: UnpickleOptions = {},
    copies = new Copies(bytes.length),
    at = 0,
    depth = 0,
  ) {
    this.#depth = depth;
    this.#in = new Cursor(bytes, at);
    this.#options = options;
    this.#stack = new PickleStack(this.#in);
    this.#copies = copies;
    this.#attributes = new Attributes(this.#in, copies);
    this.#keys = new Keys(this.#in, copies);
    this.#calls = new Calls(this.#in, options, copies, this.#attributes, this.#keys);
    this.#containers = new Containers(this.#in, this.#keys, this.#attributes);
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
    this.#stack.clear();
    const limit = this.#options.maxOpcodes ?? MAX_OPCODES;
    for (;;) {
      const op = this.#in.opcode();
      this.#opcodes += COST[op] ?? 1;
      if (this.#opcodes > limit) throw new ModelsealError('ERR_UNPICKLE_LIMIT', { what: 'opcodes', limit });
      if (op === 0x2e) return this.#calls.result(this.#stack.pop());
      this.#run(op);
    }
  }

  #run(op: number): void {
    const stack = this.#stack;
    const input: Cursor = this.#in;
    const calls: Calls = this.#calls;
    const scalar = readScalar(op, input);
    if (scalar !== undefined) {
      stack.push(scalar);
      return;
    }
    switch (op) {
      case 0x80: // PROTO
        if (input.u8() > 5) input.malformed('its protocol does not exist');
        return;
      case 0x95: // FRAME
        input.take(8);
        return;
      case 0x28:
        stack.mark();
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
      case 0x87:
        stack.push(new PyTuple(stack.take(op - 0x84)));
        return;
      case 0x74:
        stack.push(new PyTuple(stack.popMark()));
        return;
      case 0x6c:
        stack.push(stack.popMark());
        return;
      case 0x91:
        stack.push(new Set(stack.popMark().map((v) => this.#keys.key(v))));
        return;
      case 0x64: {
        const map = new Map<PyValue, PyValue>();
        this.#containers.setItems(map, stack.popMark());
        stack.push(map);
        return;
      }
      case 0x61: {
        const item = stack.pop();
        this.#containers.append(stack.top(), [item]);
        return;
      }
      case 0x65:
      case 0x90: {
        const items = stack.popMark();
        this.#containers.append(stack.top(), items);
        return;
      }
      case 0x73: {
        const value = stack.pop();
        const key = stack.pop();
        this.#containers.setItems(stack.top(), [key, value]);
        return;
      }
      case 0x75: {
        const items = stack.popMark();
        this.#containers.setItems(stack.top(), items);
        return;
      }
      case 0x30:
        stack.drop();
        return;
      case 0x31:
        stack.popMark();
        return;
      case 0x32:
        stack.push(stack.top());
        return;
      case 0x94:
        stack.memoize();
        return;
      case 0x71:
        stack.put(input.u8());
        return;
      case 0x72:
        stack.put(input.u32());
        return;
      case 0x70:
        stack.put(input.index());
        return;
      case 0x68:
        stack.get(input.u8());
        return;
      case 0x6a:
        stack.get(input.u32());
        return;
      case 0x67:
        stack.get(input.index());
        return;
      case 0x63: {
        const module = Buffer.from(input.line(), 'latin1').toString('utf8');
        stack.push(calls.global(module, Buffer.from(input.line(), 'latin1').toString('utf8')));
        return;
      }
      case 0x93: {
        const name = stack.pop();
        const module = stack.pop();
        if (typeof name !== 'string' || typeof module !== 'string')
          input.malformed('the name of a global is no text');
        stack.push(calls.global(module, name));
        return;
      }
      case 0x52: {
        const args = stack.pop();
        const callee = stack.pop();
        if (!(args instanceof PyTuple)) input.malformed('arguments are no tuple');
        stack.push(calls.call(callee, args.items));
        return;
      }
      case 0x81: {
        const args = stack.pop();
        if (!(args instanceof PyTuple)) input.malformed('arguments are no tuple');
        stack.push(calls.instance(stack.pop(), args.items));
        return;
      }
      case 0x92: {
        const named = stack.pop();
        const args = stack.pop();
        if (!(args instanceof PyTuple) || !(named instanceof Map)) input.malformed('arguments are no tuple');
        this.#copies.pay(args.items.length);
        stack.push(calls.instance(stack.pop(), named.size > 0 ? [...args.items, named] : args.items));
        return;
      }
      case 0x69: {
        const module = Buffer.from(input.line(), 'latin1').toString('utf8');
        const cls = calls.global(module, Buffer.from(input.line(), 'latin1').toString('utf8'));
        const args = stack.popMark();
        stack.push(args.length > 0 ? calls.call(cls, args) : calls.instance(cls, []));
        return;
      }
      case 0x6f: {
        const [cls = null, ...args] = stack.popMark();
        stack.push(args.length > 0 ? calls.call(cls, args) : calls.instance(cls, []));
        return;
      }
      case 0x62: {
        const state = stack.pop();
        this.#build(stack.top(), state);
        return;
      }
      case 0x50:
        stack.push(calls.persistent(input.line()));
        return;
      case 0x51:
        stack.push(calls.persistent(stack.pop()));
        return;
      case 0x82:
      case 0x83:
      case 0x84: {
        const code = op === 0x82 ? input.u8() : op === 0x83 ? input.u8() | (input.u8() << 8) : input.u32();
        calls.extension(code);
        break;
      }
      case 0x98:
        stack.top();
        return;
      case 0x97:
        input.malformed('it needs buffers that are not part of it');
        break;
      default:
        input.malformed(`0x${op.toString(16).padStart(2, '0')} is no opcode`);
    }
  }

  #build(target: PyValue, state: PyValue): void {
    setState(target, state, this.#attributes, this.#in);
    if (target instanceof PyObject && target.class.endsWith('joblib.numpy_pickle.NumpyArrayWrapper'))
      this.#stack.replaceTop(this.#inlineArray(state));
  }

  /** joblib writes the elements of an array into the stream, right behind the state of its wrapper. */
  #inlineArray(state: PyValue): PyValue {
    const name = 'joblib.numpy_pickle.NumpyArrayWrapper';
    if (!(state instanceof Map)) return this.#calls.refuse(name, 'its state is no dict');
    const shape = toShape(state.get('shape'));
    const type = state.get('dtype');
    if (!shape || !(type instanceof DType))
      return this.#calls.refuse(name, 'its shape or data type is missing');
    if (type.hasObject) {
      if (this.#depth >= MAX_INNER)
        throw new ModelsealError('ERR_UNPICKLE_LIMIT', { what: 'nested pickles', limit: MAX_INNER });
      const inner = new Unpickler(this.#in.bytes, this.#options, this.#copies, this.#in.at, this.#depth + 1);
      inner.#opcodes = this.#opcodes;
      const value = inner.load();
      this.#opcodes = inner.#opcodes;
      this.#in.at = inner.position;
      return value;
    }
    if (typeof state.get('numpy_array_alignment_bytes') === 'number') this.#in.take(this.#in.u8());
    const length = (countOf(shape) ?? Number.NaN) * type.use().itemSize;
    const problem = misfit(type, shape, length);
    if (problem) return this.#calls.refuse(name, problem);
    return new NdArray(type, shape, this.#in.take(length), state.get('order') === 'F');
  }
}
