import type { Effects, Global } from './effects.js';
import { isOwned, KIND, kindOf, payloadOf } from './values.js';

/** Dicts with a special attribute that are told apart; of what is beyond, every one may have it. */
const MAX_SPECIAL = 1 << 14;

/** What a call of them makes is text that is not in the file. */
const MAKES_TEXT = new Set('builtins.str numpy.str_ numpy.unicode_ numpy.str0'.split(' '));
/** Objects that show their items, or what their constructor is given, as attributes. */
const ATTRIBUTE_HOLDERS =
  /^(types\.SimpleNamespace|scipy\.optimize\._?optimize\.OptimizeResult|sklearn\.utils(\._bunch)?\.Bunch|transformers\.tokenization_utils_base\.BatchEncoding|(pytorch_lightning\.utilities\.parsing|lightning_fabric\.utilities\.data|lightning\.fabric\.utilities\.data)\.AttributeDict)$/;
/** Calls that return an object the whole program shares, or one whose only attributes change what it calls. */
const SHARED =
  /^(logging\.getLogger|_?collections\.defaultdict|uuid\.SafeUUID|re\.RegexFlag|torch\.serialization\._get_layout|pandas\._libs\.missing\.NAType|pytz\._UTC|transformers\..*\.(\w+Strategy|\w+Names|\w+Mode|\w+Type|\w+Option)|accelerate\.utils\.dataclasses\.DistributedType)$/;

/** What the attributes of an object mean, by what made it. */
export interface Nature {
  /** Text that is not in the file. */
  readonly text: boolean;
  /** Its items, or what its constructor is given, are attributes as well. */
  readonly holder: boolean;
  /** Its state is not the pickle's to set. */
  readonly shared: boolean;
}

export function natureOf(module: string, name: string): Nature {
  const path = `${module}.${name}`;
  return { text: MAKES_TEXT.has(path), holder: ATTRIBUTE_HOLDERS.test(path), shared: SHARED.test(path) };
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

  /** A state, or what a constructor makes attributes of. */
  set(instance: number, state: number, offset: number): void {
    if (this.seen === 0) return;
    const parts = kindOf(state) === KIND.TUPLE ? this.#effects.arena.elements(state) : [state];
    if (parts && [...parts].some((part) => this.#isSpecial(part))) this.#report(instance, 'are', offset);
    // What is forgotten may be anything.
    else if (!parts || [...parts].some((part) => this.#isHidden(part)))
      this.#report(instance, 'may be', offset);
  }

  /** Items of an object that shows them as attributes. */
  items(target: number, stack: Float64Array, from: number, to: number, offset: number): void {
    if (this.seen > 0 && this.#names(stack, from, to)) this.#report(target, 'are', offset);
  }

  /** A call: of what makes text, or of what makes attributes of its arguments. */
  called({ nature }: Global, id: number, args: number, offset: number): void {
    if (nature.text) this.seen++;
    if (nature.holder) this.set(id * 16 + KIND.RESULT, args, offset);
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

  /** A mapping that a call made: its items are not in sight. */
  #isHidden(part: number): boolean {
    if (isOwned(part) || kindOf(part) !== KIND.RESULT) return false;
    return this.#effects.global(payloadOf(part))?.judgement.allowed === 'mapping';
  }

  #report(instance: number, how: 'are' | 'may be', offset: number): void {
    const of = kindOf(instance) === KIND.RESULT ? ` of ${this.#effects.label(payloadOf(instance))}` : '';
    this.#effects.sink.finding('PKL-BUILD-ATTRIBUTES', `special attributes${of} ${how} overwritten`, offset);
  }
}
