import type { ByteSource } from '../source.js';
import { checkArguments } from './arguments.js';
import { describeCall } from './describe.js';
import { checkDistribution, isScipyStats } from './distribution.js';
import {
  fromPython2,
  isResolver,
  type Judgement,
  judgeGlobal,
  looksLikeClass,
  mayBeDangerous,
} from './judge.js';
import { DataTypes } from './numpy.js';
import type { PickleRule } from './rules.js';
import { stringAt } from './text.js';
import { TorchStorages } from './torch.js';
import { Arena, KIND, kindOf, payloadOf } from './values.js';

/** Where a machine reports to. */
export interface PickleSink {
  finding(rule: PickleRule, message: string, offset: number): void;
  /** Bytes that the pickle hands to another unpickler: they are a file of their own. */
  nested(name: string, bytes: ByteSource): void;
  /** Takes from the budget of the scan; false ends it. */
  spend(units: number): boolean;
}

export interface Global {
  readonly module: string;
  readonly name: string;
  readonly judgement: Judgement;
  /** What Python 3 calls it. */
  readonly now: { readonly module: string; readonly name: string };
}

/** Distinct globals judged in full; a model has dozens. Of what is beyond, only danger is still looked for. */
const MAX_GLOBALS = 1 << 14;
/** Calls of one global that are described; a hostile file holds millions, and a description costs more than the call. */
const MAX_DESCRIBED = 64;
const MAX_STRINGS = 1 << 12;

/** What opcodes do besides moving values: imports, calls, state. Judges each and reports. */
export class Effects {
  readonly arena = new Arena();
  readonly types: DataTypes;
  readonly storages = new TorchStorages();
  readonly source: ByteSource;
  sink: PickleSink;
  /** True while array bytes follow a wrapper of joblib, as its loader takes them. */
  joblib = true;
  /** Imports of the current pickle: each costs as much as a hundred other opcodes. */
  imports = 0;
  /** Conditionally allowed globals that reached the stack, less those that were called and checked. */
  unchecked = 0;
  #lastUnchecked = 0;
  /** Where a global that is dangerous when called was imported last, -1 where it was not. */
  #resolver = -1;
  #flooded = false;
  readonly #globals: Global[] = [];
  readonly #ids = new Map<string, number>();
  readonly #strings = new Map<number, string | undefined>();
  /** Argument tuples whose conditionally allowed global has been accounted for. */
  readonly #settled = new Set<number>();
  readonly #described = new Map<number, number>();
  /** Dicts that have a special attribute among their keys. */
  readonly #special = new Set<number>();

  constructor(source: ByteSource, sink: PickleSink) {
    this.source = source;
    this.sink = sink;
    this.types = new DataTypes(this);
  }

  /** Between two pickles of one file, what values meant is forgotten; names already judged are kept. */
  reset(): void {
    this.imports = 0;
    this.#flooded = false;
    this.unchecked = 0;
    this.#resolver = -1;
    this.#settled.clear();
    this.#described.clear();
    this.#special.clear();
  }

  global(id: number): Global | undefined {
    return this.#globals[id];
  }

  label(id: number): string {
    const global = this.#globals[id];
    return global ? `${global.module}.${global.name}` : 'an unknown object';
  }

  /** The text of a string value; undefined for anything else. */
  text(value: number): string | undefined {
    const kind = kindOf(value);
    if (value < 0 || (kind !== KIND.STR && kind !== KIND.SPECIAL_STR)) return undefined;
    const offset = payloadOf(value);
    if (this.#strings.has(offset)) return this.#strings.get(offset);
    const text = stringAt(this.source, offset);
    this.sink.spend(text?.length ?? 16);
    if (this.#strings.size >= MAX_STRINGS) this.#strings.clear();
    this.#strings.set(offset, text);
    return text;
  }

  /** An import. Returns the value it pushes. */
  import(module: string | undefined, name: string | undefined, offset: number): number {
    if (module === undefined || name === undefined) {
      this.sink.finding(
        'PKL-GLOBAL-UNRESOLVED',
        'a global is imported whose module or name is not a string in the file',
        offset,
      );
      return KIND.COMPUTED;
    }
    this.imports++;
    const key = `${module}\0${name}`;
    let id = this.#ids.get(key);
    if (id === undefined) {
      if (this.#globals.length >= MAX_GLOBALS) return this.#flood(module, name, offset);
      const judgement = judgeGlobal(module, name);
      if (!judgement.allowed) {
        this.sink.finding(judgement.rule, `${module}.${name} ${judgement.why}`, offset);
      }
      const [nowModule, nowName] = fromPython2(module, name);
      const now = { module: nowModule, name: nowName };
      id = this.#globals.push({ module, name, judgement, now }) - 1;
      this.#ids.set(key, id);
    }
    if (this.#globals[id]?.judgement.allowed !== 'check') return id * 16 + KIND.GLOBAL;
    this.#lastUnchecked = offset;
    if (isResolver(name)) this.#resolver = offset;
    this.unchecked++;
    return -1 - id;
  }

  /** One more global than are judged in full: enough is known of the file, and the rest must not cost more. */
  #flood(module: string, name: string, offset: number): number {
    if (!this.#flooded) {
      this.#flooded = true;
      this.sink.finding(
        'PKL-GLOBAL-FLOOD',
        `more than ${MAX_GLOBALS} different globals are imported`,
        offset,
      );
    }
    const dot = module.indexOf('.');
    if (mayBeDangerous(dot < 0 ? module : module.slice(0, dot))) {
      const judgement = judgeGlobal(module, name);
      if (!judgement.allowed) this.sink.finding(judgement.rule, `${module}.${name} ${judgement.why}`, offset);
    }
    return KIND.COMPUTED;
  }

  /** REDUCE, INST and OBJ: calls `callee` with a tuple of arguments. Returns the result. */
  call(callee: number, args: number, offset: number): number {
    const kind = kindOf(callee);
    const id = payloadOf(callee);
    if (callee < 0) {
      this.unchecked--;
      return checkArguments(this, id, this.arena.elements(args), offset);
    }
    if (kind !== KIND.GLOBAL) {
      if (kind === KIND.RESULT || kind === KIND.COMPUTED || kind === KIND.DTYPE || kind === KIND.PERSISTENT) {
        const of = kind === KIND.RESULT ? ` (from ${this.label(id)})` : '';
        this.sink.finding('PKL-CALL-COMPUTED', `the result of another call is called${of}`, offset);
      }
      return KIND.COMPUTED;
    }
    const global = this.#globals[id];
    if (!global) return KIND.COMPUTED;
    const { judgement } = global;
    if (!judgement.allowed) this.#callCondemned(id, global, judgement.rule, args, offset);
    else if (judgement.allowed === 'ref' || judgement.allowed === 'instance') {
      const elements = this.arena.elements(args);
      if ((judgement.allowed === 'ref' || elements?.length !== 0) && this.#describes(id)) {
        this.sink.finding(
          'PKL-CALL-REFERENCE',
          `${describeCall(this, id, args)} is called, where only a reference is safe`,
          offset,
        );
      }
    }
    return this.#result(global, id, args);
  }

  /** True for the first calls of a global in each pickle. */
  #describes(id: number): boolean {
    const count = this.#described.get(id) ?? 0;
    if (count < MAX_DESCRIBED) this.#described.set(id, count + 1);
    return count < MAX_DESCRIBED;
  }

  #callCondemned(id: number, global: Global, rule: PickleRule, args: number, offset: number): void {
    if (!this.#describes(id)) return;
    if (rule === 'PKL-GLOBAL-DANGEROUS' || rule === 'PKL-GLOBAL-TRAVERSAL') {
      this.sink.finding('PKL-CALL-DANGEROUS', `loading calls ${describeCall(this, id, args)}`, offset);
    } else if (rule === 'PKL-GLOBAL-UNKNOWN' && !looksLikeClass(global.name)) {
      this.sink.finding('PKL-CALL-UNKNOWN', `loading calls ${describeCall(this, id, args)}`, offset);
    }
  }

  #result(global: Global, id: number, args: number): number {
    const { module, name } = global.now;
    if (module === 'numpy' && name === 'dtype') return this.types.create(this.arena.elements(args));
    if (module === 'copyreg' || name === '_reconstruct') {
      const first = this.arena.elements(args)?.[0];
      // Only as the type of a plain array is a memory-mapped one harmless: nothing is opened for it.
      if (name === '_reconstruct' && first !== undefined && this.isMemmap(first)) {
        this.settle(args);
        return id * 16 + KIND.RESULT;
      }
      // Below protocol 2 the instance of a distribution is made like this.
      if (
        name === '_reconstructor' &&
        first !== undefined &&
        first < 0 &&
        this.#isStateful(payloadOf(first))
      ) {
        const base = this.arena.elements(args)?.[1] ?? 0;
        if (kindOf(base) === KIND.GLOBAL && base >= 0 && this.label(payloadOf(base)).endsWith('.object')) {
          this.settle(args);
          return payloadOf(first) * 16 + KIND.RESULT;
        }
      }
      if (module === 'copyreg' && first !== undefined && kindOf(first) === KIND.GLOBAL && first >= 0) {
        return payloadOf(first) * 16 + KIND.RESULT;
      }
    }
    return id * 16 + KIND.RESULT;
  }

  /** Classes that are never called, but whose instances are data once their state has been checked. */
  #isStateful(id: number): boolean {
    const { module = '', name } = this.#globals[id]?.now ?? {};
    return isScipyStats(module) || (module === 'numpy' && name === 'vectorize');
  }

  /** Accounts for the one conditionally allowed global that a tuple or dict holds, however often it is fetched. */
  settle(holder: number): void {
    if (this.#settled.has(holder) || this.#settled.size >= MAX_GLOBALS) return;
    this.#settled.add(holder);
    this.unchecked--;
  }

  isMemmap(value: number): boolean {
    return value < 0 && this.#globals[payloadOf(value)]?.now.name === 'memmap';
  }

  /** NEWOBJ and NEWOBJ_EX: an instance without its constructor. Returns it. */
  instantiate(cls: number, args: number, offset: number): number {
    const kind = kindOf(cls);
    const id = payloadOf(cls);
    if (cls < 0) {
      this.unchecked--;
      if (this.#isStateful(id) && this.arena.elements(args)?.length === 0) return id * 16 + KIND.RESULT;
      this.sink.finding('PKL-CALL-ARGUMENTS', `${describeCall(this, id, args)} is not for instances`, offset);
      return KIND.COMPUTED;
    }
    if (kind !== KIND.GLOBAL) {
      this.sink.finding('PKL-CALL-COMPUTED', 'an instance of a computed class is made', offset);
      return KIND.COMPUTED;
    }
    const global = this.#globals[id];
    if (!global) return KIND.COMPUTED;
    if (!global.judgement.allowed) this.#callCondemned(id, global, global.judgement.rule, args, offset);
    else if (global.judgement.allowed === 'ref' && this.#describes(id)) {
      this.sink.finding('PKL-CALL-REFERENCE', `${describeCall(this, id, args)} is no class of data`, offset);
    }
    return this.#result(global, id, args);
  }

  /** BUILD: sets the state of `instance`. */
  build(instance: number, state: number, offset: number): void {
    const kind = kindOf(instance);
    if (kind === KIND.GLOBAL) {
      this.sink.finding(
        'PKL-BUILD-GLOBAL',
        `the state of ${this.label(payloadOf(instance))} itself is overwritten`,
        offset,
      );
      return;
    }
    if (kind === KIND.RESULT) checkDistribution(this, payloadOf(instance), state, offset);
    if (kind === KIND.DTYPE) this.types.build(instance, this.arena.elements(state));
    if (this.#special.size === 0) return;
    const parts = kindOf(state) === KIND.TUPLE ? (this.arena.elements(state) ?? [state]) : [state];
    for (const part of parts) {
      if (part < 0 || kindOf(part) !== KIND.DICT || !this.#special.has(payloadOf(part))) continue;
      const of = kind === KIND.RESULT ? ` of ${this.label(payloadOf(instance))}` : '';
      this.sink.finding('PKL-BUILD-ATTRIBUTES', `special attributes${of} are overwritten`, offset);
    }
  }

  /** SETITEM and SETITEMS with `stack[from, to)` as keys and values. */
  setItems(target: number, stack: Float64Array, from: number, to: number, offset: number): void {
    const kind = kindOf(target);
    if (kind !== KIND.DICT) {
      this.#fill(target, 'mapping', offset);
      return;
    }
    const id = payloadOf(target);
    this.arena.items(id, stack, from, to);
    if (this.specialStrings === 0) return;
    for (let i = from; i < to; i += 2) {
      const key = stack[i] ?? 0;
      if (key >= 0 && kindOf(key) === KIND.SPECIAL_STR && this.#special.size < MAX_GLOBALS)
        this.#special.add(id);
    }
  }

  /** Strings seen that name a special attribute; while there are none, keys need no look. */
  specialStrings = 0;

  /** APPEND and ADDITEMS on something that no literal made. */
  append(target: number, how: 'sequence' | 'set', offset: number): void {
    const kind = kindOf(target);
    if (kind !== KIND.LIST && kind !== KIND.SET) this.#fill(target, how, offset);
  }

  #fill(target: number, how: 'mapping' | 'sequence' | 'set', offset: number): void {
    const kind = kindOf(target);
    const id = payloadOf(target);
    if (kind === KIND.GLOBAL) {
      this.sink.finding('PKL-BUILD-GLOBAL', `items of ${this.label(id)} itself are set`, offset);
    } else if (kind === KIND.RESULT) {
      const judgement = this.#globals[id]?.judgement;
      if (judgement?.allowed && judgement.allowed !== how) {
        this.sink.finding('PKL-ITEMS-OBJECT', `items are put into ${this.label(id)}, no ${how}`, offset);
      }
    } else if (kind === KIND.COMPUTED || kind === KIND.PERSISTENT) {
      this.sink.finding('PKL-ITEMS-OBJECT', 'items are put into a computed object', offset);
    }
  }

  /** PERSID and BINPERSID. Returns the object referred to. */
  persistent(pid: number, offset: number): number {
    const elements = pid >= 0 ? this.arena.elements(pid) : undefined;
    if (!elements || !this.storages.note(this, elements)) {
      this.sink.finding('PKL-PERSISTENT-ID', 'an object outside of the file is referred to', offset);
      return KIND.PERSISTENT;
    }
    // Whole models of early releases carry their classes as ('module', class, file, source).
    return elements.length === 4 ? (elements[1] ?? KIND.PERSISTENT) : KIND.PERSISTENT;
  }

  extension(code: number, offset: number): number {
    this.sink.finding('PKL-EXTENSION-CODE', `extension code ${code} is imported`, offset);
    return KIND.COMPUTED;
  }

  /** After a pickle: conditionally allowed globals must all have been called in sight. */
  finish(stopped: boolean): void {
    if (this.unchecked > 0 && this.#resolver >= 0) {
      this.sink.finding(
        'PKL-GLOBAL-DANGEROUS',
        'a function that resolves names or calls others is passed on',
        this.#resolver,
      );
    } else if (this.unchecked > 0 && stopped) {
      this.sink.finding(
        'PKL-CALL-ARGUMENTS',
        'a function that is only safe with checked arguments is passed on',
        this.#lastUnchecked,
      );
    }
    this.unchecked = 0;
  }
}
