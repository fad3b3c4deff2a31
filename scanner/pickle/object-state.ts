import type { Effects } from './effects.js';
import { isOwned, KIND, kindOf, payloadOf } from './values.js';

const SPECIAL = new Set(
  '__setstate__ __class__ __dict__ __reduce__ __reduce_ex__ __getattr__ __getattribute__ __setattr__ __call__ __del__ __init__ __new__ __globals__ __builtins__ __code__ __closure__ __defaults__ __bases__ __subclasses__ __mro__ __getitem__ __setitem__ __enter__ __exit__ __iter__ __next__ __import__ __loader__ __spec__'.split(
    ' ',
  ),
);

/** Attributes that change what an object is or does; no data has them in its state. */
export const isSpecialAttribute = (name: string): boolean => SPECIAL.has(name);

/** Dicts with a special attribute that are told apart; of what is beyond, every one may have it. */
const MAX_SPECIAL = 1 << 14;

/** What a call of them makes is text that is not in the file. */
const MAKES_TEXT = new Set('builtins.str numpy.str_ numpy.unicode_ numpy.str0'.split(' '));
/** NumPy's scalar of a type and bytes: text of a type of text, and before release 2.4 the object itself of that of objects. */
const SCALAR = /^numpy\._?core\.(multiarray|_multiarray_umath)\.scalar$/;
/** Functions that return their first argument, whatever it is. */
const RETURNS = /^(numpy\.(object_|object0)|torch\.jit\._pickle\.\w+)$/;
/** Objects that show their items, or what their constructor is given, as attributes. */
const ATTRIBUTE_HOLDERS =
  /^(types\.SimpleNamespace|scipy\.optimize\._?optimize\.OptimizeResult|sklearn\.utils(\._bunch)?\.Bunch|transformers\.tokenization_utils_base\.BatchEncoding|(pytorch_lightning\.utilities\.parsing|lightning_fabric\.utilities\.data|lightning\.fabric\.utilities\.data)\.AttributeDict)$/;
/** Calls that return an object the whole program shares, or one whose only attributes change what it calls. */
const SHARED =
  /^(logging\.getLogger|_?collections\.defaultdict|uuid\.SafeUUID|re\.RegexFlag|torch\.serialization\._get_layout|pandas\._libs\.missing\.NAType|pytz\._UTC|transformers\..*\.(\w+Strategy|\w+Names|\w+Mode|\w+Type|\w+Option)|accelerate\.utils\.dataclasses\.DistributedType)$/;

/** Beside a dict, a mapping is made of pairs in whatever holds them; what they are is not in sight. */
const MAY_HOLD_PAIRS: ReadonlySet<number> = new Set([
  KIND.LIST,
  KIND.SET,
  KIND.TUPLE,
  KIND.RESULT,
  KIND.COMPUTED,
]);

/** What the attributes of an object mean, by what made it. */
export interface Nature {
  /** Text that is not in the file. */
  readonly text: boolean;
  /** Its items, or what its constructor is given, are attributes as well. */
  readonly holder: boolean;
  /** Its state is not the pickle's to set. */
  readonly shared: boolean;
  /** Place of the argument that the call may return as it is. */
  readonly returns: number | undefined;
}

export function natureOf(module: string, name: string): Nature {
  const path = `${module}.${name}`;
  const scalar = SCALAR.test(path);
  return {
    text: scalar || MAKES_TEXT.has(path),
    holder: ATTRIBUTE_HOLDERS.test(path),
    shared: SHARED.test(path),
    returns: scalar ? 1 : RETURNS.test(path) ? 0 : undefined,
  };
}

/**
 * Attributes that pickles set: by BUILD, by a function that does the same, or by items of what shows them as attributes. One
 * called `__setstate__` is called by the next BUILD, `__class__` makes an object another.
 */
export class ObjectStates {
  /** Strings seen that name a special attribute, or that a call made; while there are none, keys need no look. */
  seen = 0;
  /** Dicts that have one among their keys. */
  readonly #special = new Set<number>();
  readonly #effects: Effects;

  constructor(effects: Effects) {
    this.#effects = effects;
  }

  reset(): void {
    this.seen = 0;
    this.#special.clear();
  }

  /** Items of a dict. */
  note(dict: number, stack: Float64Array, from: number, to: number): void {
    if (this.seen > 0 && this.#names(stack, from, to) && this.#special.size < MAX_SPECIAL)
      this.#special.add(dict);
  }

  /** A state. */
  set(instance: number, state: number, offset: number): void {
    if (this.seen === 0) return;
    const parts = kindOf(state) === KIND.TUPLE ? this.#effects.arena.elements(state) : [state];
    this.#judge(instance, parts, (part) => this.#isHidden(part, part === state), offset);
  }

  /** What a constructor makes attributes of, or another class fills this one with. */
  fill(instance: number, parts: ArrayLike<number> | undefined, offset: number): void {
    if (this.seen === 0 || isOwned(instance) || kindOf(instance) !== KIND.RESULT) return;
    if (this.#effects.global(payloadOf(instance))?.nature.holder)
      this.#judge(instance, parts, (part) => MAY_HOLD_PAIRS.has(kindOf(part)), offset);
  }

  /** Items of an object that shows them as attributes. */
  items(target: number, stack: Float64Array, from: number, to: number, offset: number): void {
    if (this.seen > 0 && this.#names(stack, from, to)) this.#report(target, 'are', offset);
  }

  /** @param parts Undefined where they are forgotten, and may be anything. */
  #judge(
    instance: number,
    parts: ArrayLike<number> | undefined,
    isHidden: (part: number) => boolean,
    offset: number,
  ): void {
    const all = parts && Array.from(parts);
    if (all?.some((part) => this.#isSpecial(part))) this.#report(instance, 'are', offset);
    else if (!all || all.some(isHidden)) this.#report(instance, 'may be', offset);
  }

  #names(stack: Float64Array, from: number, to: number): boolean {
    for (let i = from; i < to; i += 2) {
      const key = stack[i] ?? 0;
      if (isOwned(key)) continue;
      const kind = kindOf(key);
      if (kind === KIND.SPECIAL_STR) return true;
      if (kind === KIND.RESULT && this.#effects.global(payloadOf(key))?.nature.text) return true;
    }
    return false;
  }

  #isSpecial(part: number): boolean {
    if (isOwned(part) || kindOf(part) !== KIND.DICT) return false;
    return this.#special.has(payloadOf(part)) || this.#special.size >= MAX_SPECIAL;
  }

  /** A mapping that a call made, or, for the whole state, a pair: what they hold is not in sight. */
  #isHidden(part: number, whole: boolean): boolean {
    if (isOwned(part) || kindOf(part) !== KIND.RESULT) return false;
    const now = this.#effects.global(payloadOf(part))?.now;
    return now?.permission === 'mapping' || (whole && now?.module === 'builtins' && now.name === 'tuple');
  }

  #report(instance: number, how: 'are' | 'may be', offset: number): void {
    const of = kindOf(instance) === KIND.RESULT ? ` of ${this.#effects.label(payloadOf(instance))}` : '';
    this.#effects.sink.finding('PKL-BUILD-ATTRIBUTES', `special attributes${of} ${how} overwritten`, offset);
  }
}
