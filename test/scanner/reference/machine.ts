import { Calls, Finding, mustNotEscape, Raises } from './calls.js';
import {
  type Py,
  PyBytes,
  PyDict,
  PyGlobal,
  PyInstance,
  PyList,
  PyNumber,
  PyPlain,
  PySet,
  PyText,
  PyTuple,
} from './objects.js';
import { isKnown, RENAMED } from './world.js';

// A slow and obvious pickle machine, all opcodes of protocols 0 to 5, by the documentation in Python's pickletools. Nothing
// is abstract: stack, memo and marks are arrays of objects, and what escapes is looked for from object to object.

/** What becomes of a pickle. */
export type Outcome =
  /** It does what it must not. */
  | { readonly is: 'finding'; readonly why: string }
  /** It is loaded, and is data. */
  | { readonly is: 'clean' }
  /** Its opcodes do not fit each other: Python ends with an error. */
  | { readonly is: 'broken'; readonly why: string }
  /** Its values do not fit each other: Python ends with an error. */
  | { readonly is: 'raises'; readonly why: string };

class Broken extends Error {}

/** Values that nested tuples may stand for. */
const MAX_WEIGHT = 2 ** 26;
const MAX_STEPS = 20_000;

/** Loads all pickles of a file, one after the other. */
export function loadAll(bytes: Uint8Array, depth = 0): Outcome {
  try {
    let at = 0;
    do {
      at = new Machine(bytes, at, depth).load();
      while (isPadding(bytes[at])) at++;
    } while (at < bytes.length);
    return { is: 'clean' };
  } catch (error) {
    if (error instanceof Finding) return { is: 'finding', why: error.message };
    if (error instanceof Broken) return { is: 'broken', why: error.message };
    if (error instanceof Raises) return { is: 'raises', why: error.message };
    throw error;
  }
}

/** What text editors and disk blocks leave behind a pickle. */
const isPadding = (byte: number | undefined): boolean =>
  byte === 0 || byte === 10 || byte === 13 || byte === 32;

class Machine {
  readonly #bytes: Buffer;
  #at: number;
  readonly #stack: Py[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, Py>();
  readonly #calls: Calls;
  readonly #weights = new Map<Py, number>();

  constructor(bytes: Uint8Array, at: number, depth: number) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#at = at;
    this.#calls = new Calls((inner) => {
      if (depth > 3) throw new Raises('pickles within pickles');
      const outcome = loadAll(inner, depth + 1);
      if (outcome.is === 'finding') throw new Finding(`within: ${outcome.why}`);
      if (outcome.is === 'broken') throw new Broken(`within: ${outcome.why}`);
      if (outcome.is === 'raises') throw new Raises(`within: ${outcome.why}`);
    });
  }

  /** @returns Where the pickle ends. */
  load(): number {
    for (let steps = 0; steps < MAX_STEPS; steps++) {
      const op = this.#take(1)[0] ?? 0;
      if (op === 0x2e) {
        mustNotEscape(this.#pop());
        if (Math.max(0, ...this.#weights.values()) > MAX_WEIGHT)
          throw new Finding('it stands for too many values');
        return this.#at;
      }
      this.#run(op);
    }
    throw new Raises('it is too long for this machine');
  }

  get #fence(): number {
    return this.#marks.at(-1) ?? 0;
  }
  #take(n: number): Buffer {
    if (this.#at + n > this.#bytes.length) throw new Broken('it ends too early');
    this.#at += n;
    return this.#bytes.subarray(this.#at - n, this.#at);
  }
  #number(n: number): number {
    let value = 0;
    for (const [i, byte] of this.#take(n).entries()) value += byte * 2 ** (8 * i);
    return value;
  }
  #signed(): number {
    return this.#number(4) | 0;
  }
  #line(): string {
    const end = this.#bytes.indexOf(10, this.#at);
    if (end < 0) throw new Broken('a line does not end');
    const line = this.#bytes.toString('latin1', this.#at, end);
    this.#at = end + 1;
    return line;
  }
  #push(...values: Py[]): void {
    this.#stack.push(...values);
  }
  #pop(): Py {
    if (this.#stack.length <= this.#fence) throw new Broken('the stack is empty');
    return this.#stack.pop() as Py;
  }
  #top(): Py {
    const value = this.#pop();
    this.#push(value);
    return value;
  }
  /** What lies above the last mark, which is removed. */
  #slice(): Py[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw new Broken('a mark is missing');
    return this.#stack.splice(mark);
  }
  #put(index: number): void {
    const top = this.#top();
    if (index < 0) throw new Raises('a negative index');
    this.#memo.set(index, top);
  }
  #get(index: number): void {
    const value = this.#memo.get(index);
    if (!value) throw new Broken('a memo entry that was never set');
    this.#push(value);
  }
  #tuple(items: readonly Py[]): PyTuple {
    const tuple = new PyTuple(items);
    let weight = 1;
    for (const item of items) weight += this.#weights.get(item) ?? 1;
    this.#weights.set(tuple, weight);
    return tuple;
  }
  #text(bytes: Buffer): void {
    this.#push(new PyText(bytes.toString('utf8')));
  }
  #count(n: number): number {
    if (n < 0) throw new Broken('a negative length');
    return n;
  }
  #decimal(text: string): bigint {
    const digits = text.trim().replace(/L$/, '');
    if (!/^[+-]?\d+$/.test(digits)) throw new Raises('it is no number');
    return BigInt(digits.replace(/^\+/, ''));
  }
  #index(): number {
    const line = this.#line();
    if (line.includes('L')) throw new Raises('it is no number');
    return Number(this.#decimal(line));
  }

  #import(module: string, name: string): Py {
    const path = `${RENAMED[module] ?? module}.${name}`;
    if (name.includes('.') || !isKnown(path)) throw new Finding(`${path} is imported`);
    return new PyGlobal(path);
  }

  #run(op: number): void {
    const calls: Calls = this.#calls;
    switch (op) {
      case 0x80: // PROTO
        if (this.#number(1) > 5) throw new Broken('no such protocol');
        return;
      case 0x95: {
        // FRAME
        const length = this.#number(8);
        if (this.#at + length > this.#bytes.length) throw new Raises('a frame is longer than the file');
        return;
      }
      case 0x28: // MARK
        this.#marks.push(this.#stack.length);
        return;
      case 0x30: // POP
        if (this.#marks.length > 0 && this.#stack.length === this.#fence) this.#marks.pop();
        else this.#pop();
        return;
      case 0x31: // POP_MARK
        this.#slice();
        return;
      case 0x32: // DUP
        this.#push(this.#top());
        return;
      case 0x4e: // NONE
      case 0x88: // NEWTRUE
      case 0x89: // NEWFALSE
      case 0x97: // NEXT_BUFFER
        this.#push(new PyPlain());
        return;
      case 0x98: // READONLY_BUFFER
        this.#top();
        return;
      case 0x47: // BINFLOAT
        this.#take(8);
        this.#push(new PyPlain());
        return;
      case 0x4a: // BININT
        this.#push(new PyNumber(BigInt(this.#signed())));
        return;
      case 0x4b: // BININT1
        this.#push(new PyNumber(BigInt(this.#number(1))));
        return;
      case 0x4d: // BININT2
        this.#push(new PyNumber(BigInt(this.#number(2))));
        return;
      case 0x8a: // LONG1
      case 0x8b: {
        // LONG4
        const bytes = this.#take(op === 0x8a ? this.#number(1) : this.#count(this.#signed()));
        let value = 0n;
        for (const [i, byte] of bytes.entries()) value |= BigInt(byte) << BigInt(8 * i);
        if ((bytes.at(-1) ?? 0) > 127) value -= 1n << BigInt(8 * bytes.length);
        this.#push(new PyNumber(value));
        return;
      }
      case 0x49: {
        // INT
        const line = this.#line();
        if (line.includes('L')) throw new Raises('it is no number');
        this.#push(line === '00' || line === '01' ? new PyPlain() : new PyNumber(this.#decimal(line)));
        return;
      }
      case 0x4c: // LONG
        this.#push(new PyNumber(this.#decimal(this.#line())));
        return;
      case 0x46: // FLOAT
        if (!/^[+-]?\d+(\.\d*)?(e[+-]?\d+)?$/.test(this.#line().trim())) throw new Raises('it is no number');
        this.#push(new PyPlain());
        return;
      case 0x53: {
        // STRING
        const line = this.#line().trim();
        const quoted = /^(['"])([^\\]*)\1$/.exec(line);
        if (!quoted) throw new Raises('it is not quoted, or has escapes');
        this.#push(new PyText(quoted[2] ?? ''));
        return;
      }
      case 0x56: {
        // UNICODE
        const line = this.#line();
        if (line.includes('\\')) throw new Raises('escapes are not read here');
        this.#push(new PyText(line));
        return;
      }
      case 0x55: // SHORT_BINSTRING
        this.#push(new PyText(this.#take(this.#number(1)).toString('latin1')));
        return;
      case 0x54: // BINSTRING
        this.#push(new PyText(this.#take(this.#count(this.#signed())).toString('latin1')));
        return;
      case 0x8c: // SHORT_BINUNICODE
        this.#text(this.#take(this.#number(1)));
        return;
      case 0x58: // BINUNICODE
        this.#text(this.#take(this.#number(4)));
        return;
      case 0x8d: // BINUNICODE8
        this.#text(this.#take(this.#number(8)));
        return;
      case 0x43: // SHORT_BINBYTES
        this.#push(new PyBytes(this.#take(this.#number(1))));
        return;
      case 0x42: // BINBYTES
        this.#push(new PyBytes(this.#take(this.#number(4))));
        return;
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        this.#push(new PyBytes(this.#take(this.#number(8))));
        return;
      case 0x5d: // EMPTY_LIST
        this.#push(new PyList());
        return;
      case 0x7d: // EMPTY_DICT
        this.#push(new PyDict());
        return;
      case 0x8f: // EMPTY_SET
        this.#push(new PySet());
        return;
      case 0x29: // EMPTY_TUPLE
        this.#push(this.#tuple([]));
        return;
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: {
        // TUPLE3
        const items: Py[] = [];
        for (let n = op - 0x84; n > 0; n--) items.unshift(this.#pop());
        this.#push(this.#tuple(items));
        return;
      }
      case 0x74: // TUPLE
        this.#push(this.#tuple(this.#slice()));
        return;
      case 0x6c: {
        // LIST
        const list = new PyList();
        calls.append(list, this.#slice(), 'sequence');
        this.#push(list);
        return;
      }
      case 0x91: {
        // FROZENSET
        const set = new PySet();
        calls.append(set, this.#slice(), 'set');
        this.#push(set);
        return;
      }
      case 0x64: {
        // DICT
        const dict = new PyDict();
        calls.setItems(dict, pairs(this.#slice()));
        this.#push(dict);
        return;
      }
      case 0x61: {
        // APPEND
        const value = this.#pop();
        calls.append(this.#top(), [value], 'sequence');
        return;
      }
      case 0x65: // APPENDS
      case 0x90: {
        // ADDITEMS
        const items = this.#slice();
        const target = this.#top();
        if (items.length > 0) calls.append(target, items, op === 0x65 ? 'sequence' : 'set');
        return;
      }
      case 0x73: {
        // SETITEM
        const value = this.#pop();
        const key = this.#pop();
        calls.setItems(this.#top(), [[key, value]]);
        return;
      }
      case 0x75: {
        // SETITEMS
        const items = this.#slice();
        const target = this.#top();
        if (items.length > 0) calls.setItems(target, pairs(items));
        return;
      }
      case 0x94: // MEMOIZE
        this.#put(this.#memo.size);
        return;
      case 0x71: // BINPUT
        this.#put(this.#number(1));
        return;
      case 0x72: // LONG_BINPUT
        this.#put(this.#number(4));
        return;
      case 0x70: // PUT
        this.#put(this.#index());
        return;
      case 0x68: // BINGET
        this.#get(this.#number(1));
        return;
      case 0x6a: // LONG_BINGET
        this.#get(this.#number(4));
        return;
      case 0x67: // GET
        this.#get(this.#index());
        return;
      case 0x63: {
        // GLOBAL
        const module = this.#line();
        this.#push(this.#import(module, this.#line()));
        return;
      }
      case 0x93: {
        // STACK_GLOBAL
        const name = this.#pop();
        const module = this.#pop();
        for (const part of [module, name]) {
          if (part instanceof PyInstance && part.of === 'builtins.str')
            throw new Finding('a name is computed');
          if (part.kind !== 'text') throw new Raises('a name is no text');
        }
        this.#push(this.#import((module as PyText).text, (name as PyText).text));
        return;
      }
      case 0x82: // EXT1
      case 0x83: // EXT2
      case 0x84: // EXT4
        this.#take([1, 2, 4][op - 0x82] ?? 0);
        throw new Finding('an extension code');
      case 0x52: {
        // REDUCE
        const args = this.#pop();
        this.#push(calls.call(this.#pop(), args));
        return;
      }
      case 0x81: {
        // NEWOBJ
        const args = this.#pop();
        this.#push(calls.instantiate(this.#pop(), args));
        return;
      }
      case 0x92: {
        // NEWOBJ_EX
        const keywords = this.#pop();
        const args = this.#pop();
        this.#push(calls.instantiate(this.#pop(), args, keywords));
        return;
      }
      case 0x69: {
        // INST
        const module = this.#line();
        const cls = this.#import(module, this.#line());
        this.#push(calls.call(cls, this.#tuple(this.#slice())));
        return;
      }
      case 0x6f: {
        // OBJ
        const [cls, ...args] = this.#slice();
        if (!cls) throw new Broken('OBJ without a class');
        this.#push(calls.call(cls, this.#tuple(args)));
        return;
      }
      case 0x62: {
        // BUILD
        const state = this.#pop();
        calls.build(this.#top(), state);
        return;
      }
      case 0x50: // PERSID
        this.#line();
        throw new Finding('an object outside of the file');
      case 0x51: // BINPERSID
        this.#push(calls.persistent(this.#pop()));
        return;
      default:
        throw new Broken(`0x${op.toString(16)} is no opcode`);
    }
  }
}

function pairs(items: readonly Py[]): [Py, Py][] {
  if (items.length % 2 === 1) throw new Raises('a key without a value');
  const out: [Py, Py][] = [];
  for (let i = 0; i < items.length; i += 2) out.push([items[i] as Py, items[i + 1] as Py]);
  return out;
}
