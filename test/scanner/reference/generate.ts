import { PickleBuilder, u32, u64 } from '../../support/pickle-builder.js';
import {
  APPLIERS,
  CLASSES,
  COMPANIONS,
  DATA,
  DISTRIBUTION_SOURCE,
  FORBIDDEN,
  GUARDED,
  MAPPINGS,
  REFERENCES,
  SEQUENCES,
  SETS,
  SIZED,
  SPECIAL,
} from './world.js';

/** Numbers that look random and follow from a seed (mulberry32). */
export class Dice {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  /** From 0 up to, not including, `below`. */
  roll(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below;
  }
  int(below: number): number {
    return Math.floor(this.roll(below));
  }
  chance(probability: number): boolean {
    return this.roll(1) < probability;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.int(list.length)] as T;
  }
}

const NAMES = [
  'a',
  'name',
  '_parse_arg_template',
  'default_factory',
  'subclass',
  'split',
  'format',
  'numpy',
  'sqrt',
  'PCG64',
];
const MAX_DEPTH = 5;

/** Writes one file of pickles: data and traps in any mixture, spelt in all the ways that the opcodes allow. */
export function generate(seed: number): Uint8Array {
  const dice = new Dice(seed);
  const writer = new Writer(dice);
  for (let i = dice.chance(0.1) ? 2 : 1; i > 0; i--) writer.pickle();
  return dice.chance(0.25) ? mutate(writer.b.done(), dice) : writer.b.done();
}

/** A few bytes changed, removed, doubled or moved. */
export function mutate(bytes: Uint8Array, dice: Dice): Uint8Array {
  const out = [...bytes];
  for (let i = 1 + dice.int(3); i > 0; i--) {
    const at = dice.int(out.length);
    const from = dice.int(out.length);
    const part = out.slice(from, from + 1 + dice.int(6));
    const how = dice.int(5);
    if (how === 0) out[at] = dice.int(256);
    else if (how === 1) out.splice(at, 1 + dice.int(3));
    else if (how === 2) out.splice(at, 0, ...part);
    else if (how === 3) out.splice(at, part.length, ...part);
    else
      out.splice(at, 0, dice.pick([0x30, 0x31, 0x32, 0x28, 0x52, 0x62, 0x61, 0x81, 0x85, 0x2e, 0x93, 0x94]));
  }
  return Uint8Array.from(out);
}

class Writer {
  b = new PickleBuilder();
  readonly #dice: Dice;
  #memo: number[] = [];
  #memoized = 0;
  #danger = 0;
  #left = 0;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  pickle(): void {
    const dice = this.#dice;
    this.#memo = [];
    this.#memoized = 0;
    // Most are data with one trap at most: where everything is a trap, nothing is learnt.
    this.#danger = dice.pick([0, 0.02, 0.05, 0.15]);
    this.#left = 60;
    if (dice.chance(0.9)) this.b.proto(dice.int(6));
    if (dice.chance(0.1)) this.b.frame(dice.int(8));
    if (dice.chance(0.1)) this.value(1);
    this.value(0);
    this.b.stop();
  }

  #trap(): boolean {
    return this.#dice.chance(this.#danger);
  }

  /** One value on the stack, whatever it takes to get there. */
  value(depth: number): void {
    this.#left--;
    this.#plain(depth);
    this.#detour(depth);
  }

  #detour(depth: number): void {
    const { b } = this;
    const dice = this.#dice;
    if (dice.chance(0.2)) this.#put();
    if (dice.chance(0.04)) b.op('2').pop();
    if (dice.chance(0.04)) b.mark().op(dice.pick(['1', '0']));
    if (dice.chance(0.02) && depth < MAX_DEPTH) {
      this.value(depth + 1);
      b.pop();
    }
    if (dice.chance(0.02)) {
      b.mark();
      this.value(MAX_DEPTH);
      b.op('1');
    }
    if (dice.chance(0.01)) b.op(0x98);
  }

  #put(): void {
    const dice = this.#dice;
    const { b } = this;
    const index = dice.chance(0.9) ? dice.int(20) : dice.int(70_000);
    const how = dice.int(4);
    if (how === 0) {
      b.memoize();
      this.#memo.push(this.#memoized);
    } else {
      if (how === 1 && index < 256) b.op('q', Uint8Array.of(index));
      else if (how === 2) b.op('p', `${index}\n`);
      else b.op('r', u32(index));
      this.#memo.push(index);
    }
    this.#memoized = new Set(this.#memo).size;
  }

  #get(): void {
    const dice = this.#dice;
    const index = dice.chance(0.02) ? dice.int(300) : dice.pick(this.#memo);
    const how = dice.int(3);
    if (how === 0 && index < 256) this.b.op('h', Uint8Array.of(index));
    else if (how === 1) this.b.op('g', `${index}\n`);
    else this.b.op('j', u32(index));
  }

  #plain(depth: number): void {
    const dice = this.#dice;
    if (this.#trap()) {
      this.#guarded(depth);
      return;
    }
    if (this.#memo.length > 0 && dice.chance(0.15)) {
      this.#get();
      return;
    }
    const how = depth >= MAX_DEPTH || this.#left < 0 ? 0 : dice.int(10);
    if (how < 3) this.#leaf();
    else if (how < 6) this.#container(depth);
    else if (how < 7) this.#global(dice.pick([...CLASSES, ...REFERENCES, ...DATA, ...COMPANIONS]));
    else this.#object(depth);
  }

  #guarded(depth: number): void {
    const dice = this.#dice;
    if (dice.chance(0.1)) this.#global(dice.pick(FORBIDDEN));
    else if (dice.chance(0.05)) this.b.op(0x82, Uint8Array.of(dice.int(256)));
    else if (dice.chance(0.3) && depth < MAX_DEPTH) this.#guardedCall(depth);
    else this.#global(dice.pick(GUARDED));
  }

  #leaf(): void {
    const { b } = this;
    const dice = this.#dice;
    switch (dice.int(20)) {
      case 0:
        b.none();
        return;
      case 1:
        b.op(dice.pick([0x88, 0x89]));
        return;
      case 2:
        b.op('G', new Uint8Array(8));
        return;
      case 3:
        b.op('I', `${dice.pick(['00', '01', '7', '-3'])}\n`);
        return;
      case 4:
        b.op('L', '12L\n');
        return;
      case 5:
        b.op('F', '1.5\n');
        return;
      case 6:
        b.op('M', Uint8Array.of(1, 2));
        return;
      case 7:
        b.op(0x8a, Uint8Array.of(2, 1, 1));
        return;
      case 8:
        b.op(0x8b, u32(1)).raw(Uint8Array.of(5));
        return;
      case 9:
        b.bytes(new Uint8Array(dice.int(5)));
        return;
      case 10:
        b.op(0x8e, u64(2n)).raw('ab');
        return;
      case 11:
        b.op(0x96, u64(1n)).raw('x');
        return;
      case 12:
        b.op(']');
        return;
      case 13:
        b.emptyTuple();
        return;
      case 14:
        b.op(dice.pick(['}', ']']));
        return;
      case 15:
        b.op(0x8f);
        return;
      case 16:
        b.op(0x97);
        return;
      case 17:
        b.int(dice.int(70_000));
        return;
      default:
        this.#string(dice.pick(NAMES));
    }
  }

  #string(text: string): void {
    const { b } = this;
    const bytes = Buffer.from(text);
    switch (this.#dice.int(8)) {
      case 0:
        if (/['\n]/.test(text)) b.str(text);
        else b.op('S', `'${text}'\n`);
        return;
      case 1:
        if (text.includes('\n')) b.str(text);
        else b.op('V', `${text}\n`);
        return;
      case 2:
        b.op('X', u32(bytes.length)).raw(bytes);
        return;
      case 3:
        b.op(0x8d, u64(BigInt(bytes.length))).raw(bytes);
        return;
      case 4:
        b.op('T', u32(bytes.length)).raw(bytes);
        return;
      case 5:
        if (bytes.length > 255) b.str(text);
        else b.op('U', Uint8Array.of(bytes.length)).raw(bytes);
        return;
      default:
        b.str(text);
    }
  }

  #global(path: string): void {
    const dot = path.lastIndexOf('.');
    const [module, name] = [path.slice(0, dot), path.slice(dot + 1)];
    if (this.#dice.chance(0.5)) this.b.global(module, name);
    else {
      this.#string(module);
      this.#detour(MAX_DEPTH);
      this.#string(name);
      this.b.op(0x93);
    }
    if (this.#dice.chance(0.3)) this.#put();
  }

  #values(count: number, depth: number): void {
    for (let i = 0; i < count; i++) this.value(depth + 1);
  }

  #container(depth: number): void {
    const { b } = this;
    const dice = this.#dice;
    const count = dice.int(4);
    switch (dice.int(9)) {
      case 0:
        b.op(']').mark();
        this.#values(count, depth);
        b.op('e');
        return;
      case 1:
        b.op(']');
        this.value(depth + 1);
        b.op('a');
        return;
      case 2:
        b.mark();
        this.#values(count, depth);
        b.op(dice.pick(['l', 't', 0x91]));
        return;
      case 3:
        b.mark();
        this.#values(2 * count, depth);
        b.op('d');
        return;
      case 4:
        this.#dict(depth);
        return;
      case 5:
        b.dict();
        this.#values(2, depth);
        b.op('s');
        return;
      case 6:
        b.op(0x8f).mark();
        this.#values(count, depth);
        b.op(0x90);
        return;
      default: {
        const n = 1 + dice.int(3);
        this.#values(n, depth);
        b.op(0x84 + n);
      }
    }
  }

  /** A dict as states are: texts to values. */
  #dict(depth: number): void {
    const { b } = this;
    b.dict().mark();
    for (let i = this.#dice.int(3); i > 0; i--) {
      const trap = this.#trap();
      if (trap && this.#dice.chance(0.5)) this.#string(this.#dice.pick(SPECIAL));
      else if (trap) this.#call('builtins.str', depth, () => this.#string('a'));
      else this.#string(this.#dice.pick(NAMES));
      this.value(depth + 1);
    }
    b.setItems();
  }

  /** A tuple of what `parts` write. */
  #tuple(...parts: (() => void)[]): void {
    const { b } = this;
    if (parts.length > 0 && parts.length < 4 && this.#dice.chance(0.7)) {
      for (const part of parts) part();
      b.op(0x84 + parts.length);
    } else if (parts.length === 0 && this.#dice.chance(0.7)) b.emptyTuple();
    else {
      b.mark();
      for (const part of parts) part();
      b.tuple();
    }
    if (this.#dice.chance(0.15)) this.#put();
  }

  /** A call by one of the opcodes that make one. */
  #call(path: string, depth: number, ...args: (() => void)[]): void {
    const { b } = this;
    const dice = this.#dice;
    const how = dice.int(12);
    if (how === 0) {
      const dot = path.lastIndexOf('.');
      b.mark();
      for (const arg of args) arg();
      b.op('i', `${path.slice(0, dot)}\n${path.slice(dot + 1)}\n`);
    } else if (how === 1) {
      b.mark();
      this.#global(path);
      for (const arg of args) arg();
      b.op('o');
    } else {
      this.#global(path);
      this.#detour(depth + 2);
      this.#tuple(...args);
      b.reduce();
    }
  }

  #object(depth: number): void {
    const { b } = this;
    const dice = this.#dice;
    const value = (): void => this.value(depth + 1);
    switch (dice.int(13)) {
      case 0:
        this.#call(dice.pick(DATA), depth, ...(dice.chance(0.5) ? [value] : []));
        break;
      case 1: {
        this.#call(dice.pick(MAPPINGS), depth);
        if (dice.chance(0.5)) break;
        b.mark();
        this.#values(2 * dice.int(3), depth);
        b.setItems();
        break;
      }
      case 2: {
        const set = dice.chance(0.3);
        this.#call(dice.pick(set ? SETS : SEQUENCES), depth);
        b.mark();
        this.#values(dice.int(3), depth);
        b.op(set ? 0x90 : 'e');
        break;
      }
      case 3:
      case 4:
      case 5:
        this.#global(
          dice.pick([
            ...CLASSES,
            ...CLASSES,
            'builtins.object',
            'sklearn.dummy.DummyClassifier',
            'types.SimpleNamespace',
            'scipy.optimize._optimize.OptimizeResult',
          ]),
        );
        this.#detour(depth + 2);
        if (dice.chance(0.2)) {
          this.#tuple();
          b.dict().op(0x92);
        } else {
          this.#tuple(...(this.#trap() ? [value] : []));
          b.newObject();
        }
        break;
      case 6: {
        const size = (): void => {
          if (this.#trap()) b.op(0x8a, Uint8Array.of(6, 0, 0, 0, 0, 9, 0));
          else b.int(dice.int(100));
        };
        this.#call(dice.pick(Object.keys(SIZED)), depth, ...(dice.chance(0.9) ? [size] : []));
        break;
      }
      case 7:
        if (this.#trap()) {
          this.value(depth + 1);
          this.#tuple(value);
          b.reduce();
        } else this.#call('builtins.str', depth, value);
        break;
      case 8:
        this.#persistent(depth);
        break;
      case 9:
        this.#guardedCall(depth);
        break;
      default:
        this.#apply(depth);
    }
    if (dice.chance(0.35)) this.#state(depth);
    if (dice.chance(0.06)) {
      b.mark();
      this.#values(2, depth);
      b.op(dice.pick(['u', 'e', 0x90]));
    }
  }

  #state(depth: number): void {
    const how = this.#dice.int(6);
    if (how === 0) this.value(depth + 1);
    else if (how === 1)
      this.#tuple(
        () => this.b.none(),
        () => this.#dict(depth),
      );
    else this.#dict(depth);
    this.b.build();
  }

  #persistent(depth: number): void {
    const { b } = this;
    const text = (): void => this.#string(this.#dice.pick(NAMES));
    if (this.#trap()) {
      if (this.#dice.chance(0.5)) b.op('P', 'x\n');
      else {
        this.value(depth + 1);
        b.op('Q');
      }
      return;
    }
    if (this.#dice.chance(0.5))
      this.#tuple(
        () => this.#string('storage'),
        () => this.#global('torch.FloatStorage'),
        text,
        text,
        () => b.int(this.#dice.int(1000)),
      );
    else
      this.#tuple(
        () => this.#string('module'),
        () => (this.#trap() ? this.value(depth + 1) : this.#global(this.#dice.pick(CLASSES))),
        text,
        text,
      );
    b.op('Q');
  }

  /** One of the right uses of what is guarded; with a trap, another. */
  #guardedCall(depth: number): void {
    const { b } = this;
    const dice = this.#dice;
    const or = (right: () => void) => (): void => (this.#trap() ? this.value(depth + 1) : right());
    const text = (value: string) => or(() => this.#string(value));
    const global = (path: string) => or(() => this.#global(path));
    switch (dice.int(8)) {
      case 0:
        this.#call(
          'builtins.getattr',
          depth,
          global(dice.pick(['builtins.str', 'builtins.dict'])),
          text(dice.pick(['split', 'join'])),
        );
        return;
      case 1:
        this.#call('builtins.type', depth, () => this.value(depth + 1));
        return;
      case 2:
        this.#call('_codecs.encode', depth, () => this.#string('x'), text('latin1'));
        return;
      case 3:
        this.#call('logging.getLogger', depth, text('name'));
        return;
      case 4:
        this.#call('numpy.core._ufunc_reconstruct', depth, text('numpy'), text('sqrt'));
        return;
      case 5: {
        const inner = new Writer(dice);
        inner.#left = 5;
        inner.b.proto(2);
        inner.value(3);
        const bytes = inner.b.stop().done();
        this.#call(
          'torch.storage._load_from_bytes',
          depth,
          or(() => b.bytes(bytes)),
        );
        return;
      }
      case 6:
        this.#global('numpy.vectorize');
        this.#tuple();
        b.newObject();
        return;
      default:
        this.#global('scipy.stats._continuous_distns.gamma_gen');
        this.#tuple();
        b.newObject();
        if (dice.chance(0.8)) {
          b.dict().mark();
          if (dice.chance(0.5)) {
            this.#string('name');
            b.none();
          }
          text('_parse_arg_template')();
          text(DISTRIBUTION_SOURCE)();
          b.setItems().build();
        }
        return;
    }
  }

  #apply(depth: number): void {
    const { b } = this;
    const dice = this.#dice;
    const value = (): void => this.value(depth + 1);
    const or = (right: () => void) => (): void => {
      if (!this.#trap()) right();
      else if (dice.chance(0.5)) this.#global(dice.pick([...REFERENCES, ...GUARDED]));
      else value();
    };
    const global = (...paths: string[]) => or(() => this.#global(dice.pick(paths)));
    const text = (t: string) => or(() => this.#string(t));
    const none = or(() => b.none());
    const shape = or(() => this.#tuple(() => b.int(0)));
    const state = or(() => this.#dict(depth));
    const path = dice.pick(APPLIERS);
    const data = [...DATA, ...CLASSES, ...MAPPINGS];
    switch (path) {
      case 'copyreg._reconstructor':
        if (dice.chance(0.2)) {
          this.#call(path, depth, global('collections.Counter'), global('builtins.dict'), state);
          return;
        }
        this.#call(path, depth, global(...data, 'numpy.vectorize'), global('builtins.object'), none);
        return;
      case 'copyreg.__newobj__':
        this.#call(path, depth, global(...data), ...(dice.chance(0.3) ? [value] : []));
        return;
      case 'copyreg.__newobj_ex__':
        this.#call(
          path,
          depth,
          global(...data),
          or(() => this.#tuple()),
          state,
        );
        return;
      case 'collections.defaultdict':
        this.#call(path, depth, global('builtins.list', 'builtins.int', 'builtins.dict'));
        return;
      case 'array._array_reconstructor':
        this.#call(path, depth, global('array.array'), text('d'), none, none);
        return;
      case 'numpy.core.multiarray._reconstruct':
        this.#call(path, depth, global('numpy.ndarray', 'numpy.memmap'), shape, text('b'));
        return;
      case 'numpy.ma.core._mareconstruct':
        this.#call(
          path,
          depth,
          global('numpy.ma.core.MaskedArray'),
          global('numpy.ndarray'),
          shape,
          text('b'),
        );
        return;
      case 'numpy.random._pickle.__generator_ctor':
      case 'numpy.random._pickle.__randomstate_ctor':
        this.#call(
          path,
          depth,
          or(() => (dice.chance(0.5) ? this.#string('PCG64') : this.#global('numpy.random._pcg64.PCG64'))),
          ...(dice.chance(0.7) ? [global('numpy.random._pickle.__bit_generator_ctor')] : []),
        );
        return;
      case 'numpy.random._pickle.__bit_generator_ctor':
        this.#call(path, depth, text('PCG64'));
        return;
      case 'torch._tensor._rebuild_from_type_v2':
        this.#call(
          path,
          depth,
          global('torch._utils._rebuild_tensor_v2'),
          global('torch.nn.parameter.Parameter'),
          or(() => this.#tuple(value)),
          state,
        );
        return;
      case 'torch._utils._rebuild_parameter_with_state':
        this.#call(path, depth, value, none, none, state);
        return;
      case 'pandas.core.indexes.base._new_Index':
        this.#call(path, depth, global('pandas.core.indexes.base.Index'), state);
        return;
      case 'sklearn.neighbors._kd_tree.newObj':
        this.#call(path, depth, global('sklearn.neighbors._kd_tree.KDTree'));
        return;
      default:
        this.#call(path, depth, global('sklearn.linear_model._sgd_fast.Hinge'), none, none);
        return;
    }
  }
}
