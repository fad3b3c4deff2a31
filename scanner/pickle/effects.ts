import type { ByteSource } from '../../core/formats/source.js';
import { type Application, appliedBy, SAME } from './applied.js';
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
import { type Nature, natureOf, ObjectStates } from './object-state.js';
import { type Allocation, allocationOf, Resource } from './resource.js';
import type { PickleRule } from './rules.js';
import type { NamedGlobal, Sight } from './sight.js';
import { stringAt } from './text.js';
import { TorchStorages } from './torch.js';
import { Arena, isOwned, KIND, kindOf, ownedGlobal, payloadOf } from './values.js';

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
  readonly now: NamedGlobal;
  readonly allocates: Allocation | undefined;
  /** How it calls, instantiates or imports its arguments. */
  readonly applied: Application | undefined;
  readonly nature: Nature;
  /** What a call returns: an object of its own, a data type, or text or its argument. */
  readonly returns: 'object' | 'type' | 'other';
}

/** Distinct globals judged in full; a model has dozens. Of what is beyond, only danger is still looked for. */
const MAX_GLOBALS = 1 << 14;
/** Calls of one global that are described; a hostile file holds millions, and a description costs more than the call. */
const MAX_DESCRIBED = 64;
const MAX_STRINGS = 1 << 12;
/** Tuples in owned tuples are looked into this deep; data has one. */
const MAX_NESTED = 8;
/** Values that nested tuples may stand for: hashing or printing so many takes a second. */
const MAX_WEIGHT = 2 ** 26;

/** Kinds of which it matters that it is the same object; arrays are made of lists and tuples. */
const RETURNED: ReadonlySet<number> = new Set([
  KIND.STR,
  KIND.SPECIAL_STR,
  KIND.DICT,
  KIND.SET,
  KIND.GLOBAL,
  KIND.RESULT,
  KIND.DTYPE,
  KIND.PERSISTENT,
  KIND.COMPUTED,
]);

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
  /** Whether the pickle has made a value that must not escape. */
  owns = false;
  /** Dicts that hold a class for a wrapper of joblib; each must become the state of one. */
  readonly #lent = new Set<number>();
  readonly #resource = new Resource();
  #flooded = false;
  readonly #globals: Global[] = [];
  readonly #ids = new Map<string, number>();
  readonly #strings = new Map<number, string | undefined>();
  readonly #described = new Map<number, number>();
  readonly states = new ObjectStates(this);
  /** How the conditions that the unpickler shares look at a value. */
  readonly sight: Sight<number> = {
    global: (value) => (kindOf(value) === KIND.GLOBAL ? this.#globals[payloadOf(value)]?.now : undefined),
    text: (value) => this.text(value),
    isText: (value) => !isOwned(value) && (kindOf(value) === KIND.STR || kindOf(value) === KIND.SPECIAL_STR),
    isNone: (value) => value === KIND.OPAQUE,
    isResult: (value) => !isOwned(value) && kindOf(value) === KIND.RESULT,
  };

  constructor(source: ByteSource, sink: PickleSink) {
    this.source = source;
    this.sink = sink;
    this.types = new DataTypes(this);
  }

  /** Between two pickles of one file, what values meant is forgotten; names already judged are kept. */
  reset(): void {
    this.imports = 0;
    this.#flooded = false;
    this.owns = false;
    this.#lent.clear();
    this.#resource.reset();
    this.arena.heaviest = 0;
    this.#described.clear();
    this.states.reset();
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
      const now = { module: nowModule, name: nowName, permission: judgement.allowed };
      const allocates = allocationOf(nowModule, nowName);
      const applied = appliedBy(judgement.allowed, now);
      const nature = natureOf(nowModule, nowName);
      const other = nature.text || nature.returns !== undefined ? 'other' : 'object';
      const returns = nowModule === 'numpy' && nowName === 'dtype' ? 'type' : other;
      id = this.#globals.push({ module, name, judgement, now, allocates, applied, nature, returns }) - 1;
      this.#ids.set(key, id);
    }
    if (this.#globals[id]?.judgement.allowed !== 'check') return id * 16 + KIND.GLOBAL;
    this.owns = true;
    return ownedGlobal(id);
  }

  /** A value goes where the machine loses sight of it. */
  keep(value: number, offset: number): void {
    if (this.owns && this.#escapes(value)) this.#escaped(value, offset);
  }

  /** The same of `cells[from, to)`. */
  keepIn(cells: Float64Array, from: number, to: number, offset: number): void {
    if (!this.owns) return;
    for (let i = from; i < to; i++) this.keep(cells[i] ?? 0, offset);
  }

  #escapes(value: number): boolean {
    return (
      isOwned(value) ||
      (this.#lent.size > 0 && kindOf(value) === KIND.DICT && this.#lent.has(payloadOf(value)))
    );
  }

  #escaped(value: number, offset: number): void {
    const resolves = this.#holds(value, ({ now }) => isResolver(now.name), MAX_NESTED);
    if (resolves) {
      this.sink.finding(
        'PKL-GLOBAL-DANGEROUS',
        'a function that resolves names or calls others is passed on',
        offset,
      );
    } else {
      this.sink.finding(
        'PKL-CALL-ARGUMENTS',
        'a function that is only safe with checked arguments is passed on',
        offset,
      );
    }
  }

  /** Whether an owned value is, or holds, such a global; what is forgotten may be anything. */
  #holds(value: number, such: (global: Global) => boolean, depth: number): boolean {
    if (kindOf(value) === KIND.GLOBAL) {
      const global = isOwned(value) ? this.#globals[payloadOf(value)] : undefined;
      return global !== undefined && such(global);
    }
    if (!isOwned(value)) return false;
    const elements = this.arena.elements(value);
    return !elements || depth === 0 || elements.some((element) => this.#holds(element, such, depth - 1));
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
    if (isOwned(callee) && kind === KIND.GLOBAL) {
      this.keep(args, offset);
      return checkArguments(this, id, this.arena.elements(args), offset);
    }
    if (kind !== KIND.GLOBAL) {
      this.keep(callee, offset);
      this.keep(args, offset);
      if (kind === KIND.RESULT || kind === KIND.COMPUTED || kind === KIND.DTYPE || kind === KIND.PERSISTENT) {
        const of = kind === KIND.RESULT ? ` (from ${this.label(id)})` : '';
        this.sink.finding('PKL-CALL-COMPUTED', `the result of another call is called${of}`, offset);
      }
      return KIND.COMPUTED;
    }
    const global = this.#globals[id];
    if (!global) return KIND.COMPUTED;
    const { judgement, applied } = global;
    if (applied) return this.#apply(applied, id, args, offset);
    this.keep(args, offset);
    this.#resource.call(this, global, args, offset);
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
    if (global.nature.holder) this.states.fill(id * 16 + KIND.RESULT, this.arena.elements(args), offset);
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
    const made = id * 16 + KIND.RESULT;
    if (global.returns === 'object') return made;
    return global.returns === 'type'
      ? (this.types.create(this.arena.elements(args)) ?? made)
      : this.#returned(global.nature, args, made);
  }

  /** The result of what makes text, or returns what it is given. */
  #returned({ text, returns }: Nature, args: number, made: number): number {
    const elements = this.arena.elements(args);
    if (text && returns !== undefined && this.types.get(elements?.[0] ?? KIND.OPAQUE)?.plain) return made;
    if (text) this.states.seen++;
    if (returns === undefined) return made;
    const value = elements ? elements[returns] : KIND.COMPUTED;
    if (value === undefined || isOwned(value)) return made;
    return RETURNED.has(kindOf(value)) && !(text && kindOf(value) === KIND.STR) ? value : made;
  }

  /** Calls what calls, instantiates or imports its arguments: each of them is judged as what is done with it. */
  #apply(applied: Application, id: number, args: number, offset: number): number {
    const elements = this.arena.elements(args);
    if (elements && applied.fits(this.sight, elements)) {
      const result = applied.follow(this, elements, offset);
      return result === SAME ? id * 16 + KIND.RESULT : result;
    }
    this.keep(args, offset);
    if (this.#describes(id)) {
      this.sink.finding(
        'PKL-CALL-APPLIES',
        `${describeCall(this, id, args)} applies its arguments, and they are not those of data`,
        offset,
      );
    }
    return KIND.COMPUTED;
  }

  /** Classes that are never called, but whose instances are data once their state has been checked. */
  #isStateful(id: number): boolean {
    const { module = '', name } = this.#globals[id]?.now ?? {};
    return isScipyStats(module) || (module === 'numpy' && name === 'vectorize');
  }

  /** The state of a wrapper of joblib has been seen: its class is that of an array, and nothing is opened for it. */
  release(state: number): void {
    this.#lent.delete(payloadOf(state));
  }

  /** A size, or a shape, in the arguments of what allocates it, and the type of an element. */
  asks(size: number | undefined, type: number | undefined, offset: number): void {
    this.#resource.ask(this, size, type, offset);
  }

  /** A number of very many digits, written out: Python needs their square to read it. */
  digits(count: number, offset: number): void {
    this.sink.finding('PKL-RESOURCE', `a number of ${count} digits takes time to read`, offset);
  }

  /** Where a dict was made; the begin of the file where that is forgotten. */
  dictStart: (dict: number) => number = () => 0;

  isMemmap(value: number): boolean {
    return (
      isOwned(value) &&
      kindOf(value) === KIND.GLOBAL &&
      this.#globals[payloadOf(value)]?.now.name === 'memmap'
    );
  }

  /** NEWOBJ and NEWOBJ_EX: an instance without its constructor. Returns it. */
  instantiate(cls: number, args: number, offset: number): number {
    const kind = kindOf(cls);
    const id = payloadOf(cls);
    this.keep(args, offset);
    if (isOwned(cls) && kind === KIND.GLOBAL) {
      if (this.#isStateful(id) && this.arena.elements(args)?.length === 0) return id * 16 + KIND.RESULT;
      this.sink.finding('PKL-CALL-ARGUMENTS', `${describeCall(this, id, args)} is not for instances`, offset);
      return KIND.COMPUTED;
    }
    if (kind !== KIND.GLOBAL) {
      this.keep(cls, offset);
      this.sink.finding('PKL-CALL-COMPUTED', 'an instance of a computed class is made', offset);
      return KIND.COMPUTED;
    }
    const global = this.#globals[id];
    if (!global) return KIND.COMPUTED;
    this.#resource.call(this, global, args, offset);
    if (!global.judgement.allowed) this.#callCondemned(id, global, global.judgement.rule, args, offset);
    else if (global.judgement.allowed === 'ref' && this.#describes(id)) {
      this.sink.finding('PKL-CALL-REFERENCE', `${describeCall(this, id, args)} is no class of data`, offset);
    }
    return this.#result(global, id, args);
  }

  /** BUILD: sets the state of `instance`. */
  build(instance: number, state: number, offset: number): void {
    const kind = kindOf(instance);
    if (isOwned(state) || !this.isArrayWrapper(instance)) this.keep(state, offset);
    const shared = kind === KIND.RESULT && this.#globals[payloadOf(instance)]?.nature.shared;
    if (kind === KIND.GLOBAL || kind === KIND.COMPUTED || shared) {
      const of = kind === KIND.COMPUTED ? 'a computed object' : this.label(payloadOf(instance));
      this.sink.finding('PKL-BUILD-GLOBAL', `the state of ${of} itself is overwritten`, offset);
      return;
    }
    if (kind === KIND.RESULT) checkDistribution(this, payloadOf(instance), state, offset);
    if (kind === KIND.DTYPE) this.types.build(instance, this.arena.elements(state));
    this.states.set(instance, state, offset);
  }

  /** SETITEM and SETITEMS with `stack[from, to)` as keys and values. */
  setItems(target: number, stack: Float64Array, from: number, to: number, offset: number): void {
    const kind = kindOf(target);
    if (kind !== KIND.DICT) {
      this.keepIn(stack, from, to, offset);
      this.#fill(target, 'mapping', offset);
      if (kind === KIND.RESULT && this.#globals[payloadOf(target)]?.nature.holder)
        this.states.items(target, stack, from, to, offset);
      return;
    }
    const id = payloadOf(target);
    for (let i = from; this.owns && i < to; i++) {
      const value = stack[i] ?? 0;
      // The class that a wrapper of joblib gives its array: what was mapped from a file is a plain array then.
      if (this.isMemmap(value) && (i - from) % 2 === 1 && this.text(stack[i - 1] ?? 0) === 'subclass')
        this.#lent.add(id);
      else this.keep(value, offset);
    }
    this.arena.items(id, stack, from, to);
    this.states.note(id, stack, from, to);
  }

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
    this.keep(pid, offset);
    const elements = isOwned(pid) ? undefined : this.arena.elements(pid);
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

  /** After a pickle: its result leaves the machine, and so does every dict whose wrapper never came. */
  finish(stopped: boolean, result: number, offset: number): void {
    if (stopped) this.keep(result, offset);
    for (const dict of stopped ? this.#lent : []) this.keep(dict * 16 + KIND.DICT, offset);
    if (this.arena.heaviest > MAX_WEIGHT) {
      this.sink.finding(
        'PKL-RESOURCE',
        `tuples within tuples stand for more than ${MAX_WEIGHT} values when they are hashed or written out`,
        offset,
      );
    }
  }

  /** True for the object whose state tells of array bytes that follow in the stream. */
  isArrayWrapper(value: number): boolean {
    if (isOwned(value) || kindOf(value) !== KIND.RESULT) return false;
    const global = this.#globals[payloadOf(value)];
    return global?.name === 'NumpyArrayWrapper' && global.module.endsWith('joblib.numpy_pickle');
  }
}
