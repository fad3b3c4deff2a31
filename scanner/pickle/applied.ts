import type { Permission } from './allow/index.js';
import type { Effects } from './effects.js';
import {
  type Fits,
  globalAt,
  isArrayClass,
  isDataClass,
  isNamed,
  isNoneAt,
  isResultAt,
  isTextAt,
  type Sight,
} from './sight.js';
import { KIND } from './values.js';

// Allowed functions that call, instantiate or import what they are given. What a pickle may only refer to would be called by
// them, so each argument that they apply is judged as what is done with it. Read from the sources of Python 3.13 (copyreg,
// array), NumPy 1.26 and 2, PyTorch 2, pandas 2, scikit-learn 1 (Cython's __pyx_unpickle, newObj) and joblib 1.

/** What the scanner follows of a call whose arguments fit. Returns {@link SAME} for a result of the function itself, or another value. */
export type Followed = (effects: Effects, args: Float64Array, offset: number) => number;

/** How a function applies its arguments. */
export interface Application {
  /** Places of those that it calls, instantiates or imports, or whose items become attributes. */
  readonly places: readonly number[];
  /** Scanner and unpickler both ask this before anything else. */
  readonly fits: Fits;
  readonly follow: Followed;
}

/** The result is that of the function. */
export const SAME = Number.NEGATIVE_INFINITY;

const NONE = new Float64Array(0);
const HIDDEN = KIND.COMPUTED;
const at = (args: Float64Array, i: number): number => args[i] ?? HIDDEN;

/** The arguments from this place on are kept by the result. */
const kept =
  (from: number): Followed =>
  (effects, args, offset) => {
    effects.keepIn(args, from, args.length, offset);
    return SAME;
  };

/** `cls.__new__(cls, *args)`: as NEWOBJ does it, which judges the class. */
const newObject: Application = {
  places: [0],
  fits: (_see, args) => args.length > 0,
  follow: (effects, args, offset) =>
    effects.instantiate(at(args, 0), effects.arena.tuple(args, 1, args.length), offset),
};

/** `cls.__new__(cls, *args, **keywords)`: as NEWOBJ_EX does it. */
const newObjectWithKeywords: Application = {
  places: [0],
  fits: (_see, args) => args.length === 3,
  follow: (effects, args, offset) => {
    effects.keep(at(args, 2), offset);
    return effects.instantiate(at(args, 0), at(args, 1), offset);
  },
};

/** `object` itself, which takes no state. */
const OBJECT = /^object$/;
const BUILTINS = /^builtins$/;

/** `base.__new__(cls, state)` and `base.__init__(instance, state)`; of `object` without a state. */
const reconstructor: Application = {
  places: [0, 1, 2],
  fits: (see, args) => {
    const base = globalAt(see, args, 1);
    if (args.length !== 3 || !isNamed(base, BUILTINS, /^\w+$/) || !isDataClass(base)) return false;
    return globalAt(see, args, 0)?.permission !== 'check' || isNamed(base, BUILTINS, OBJECT);
  },
  follow: (effects, args, offset) => {
    const [cls, base, state] = [at(args, 0), at(args, 1), at(args, 2)];
    const plain = isNamed(effects.sight.global(base), BUILTINS, OBJECT);
    if (plain) effects.keep(state, offset);
    else effects.call(base, effects.arena.tuple(args, 2, 3), offset);
    const made = effects.instantiate(cls, effects.arena.tuple(NONE, 0, 0), offset);
    if (!plain) effects.states.fill(made, [state], offset);
    return made;
  },
};

/** The first argument is a class, or the first two are, whose array is made without a constructor. */
const array = (...places: number[]): Application => ({
  places,
  fits: (see, args) => places.every((place) => isArrayClass(globalAt(see, args, place))),
  follow: (effects, args, offset) => {
    effects.keepIn(args, places.length, args.length, offset);
    effects.asks(args[places.length], args[places.length + 1], offset);
    return SAME;
  },
});

/** The first argument is a class of these modules that is made without its constructor. */
const ofClass = (module?: RegExp): Application => ({
  places: [0],
  fits: (see, args) => isDataClass(globalAt(see, args, 0), module),
  follow: kept(1),
});

const BIT_GENERATOR_MODULE = /^numpy\.random\./;
const BIT_GENERATOR = /^(PCG64|PCG64DXSM|MT19937|Philox|SFC64)$/;

/** The name of one, or its class. */
function isGenerator<V>(see: Sight<V>, args: ArrayLike<V>): boolean {
  return isTextAt(see, args, 0) || isNamed(globalAt(see, args, 0), BIT_GENERATOR_MODULE, BIT_GENERATOR);
}

/** By name, or, from NumPy 2 on, by the class itself, which is called. */
const bitGenerator: Application = {
  places: [0],
  fits: (see, args) => args.length === 0 || (args.length === 1 && isGenerator(see, args)),
  follow: kept(0),
};

/** A name, with the function that turns it into a bit generator; or, from NumPy 2 on, the bit generator. */
const generator: Application = {
  places: [0, 1],
  fits: (see, args) => {
    const first = args.length === 0 || isGenerator(see, args) || isResultAt(see, args, 0);
    const make = /^__bit_generator_ctor$/;
    const second = args.length < 2 || isNamed(globalAt(see, args, 1), /^numpy\.random(\._pickle)?$/, make);
    return first && second && args.length <= 2;
  },
  follow: kept(0),
};

/** `func(*args)`, made an instance of `type`, with a state: `(func, type, args, state)`. */
const tensorSubclass: Application = {
  places: [0, 1, 2, 3],
  fits: (see, args) => {
    const type = globalAt(see, args, 1);
    const known = isDataClass(type, /^torch\b/) || isNamed(type, /^torch\._tensor$/, /^Tensor$/);
    return args.length === 4 && known && isNamed(globalAt(see, args, 0), /^torch\._utils$/, /^_rebuild_\w+$/);
  },
  follow: (effects, args, offset) => {
    const tensor = effects.call(at(args, 0), at(args, 2), offset);
    effects.build(tensor, at(args, 3), offset);
    return SAME;
  },
};

/** What it calls for each key that is missing, without arguments; None for nothing. */
const factory: Application = {
  places: [0],
  fits: (see, args) => args.length === 0 || isNoneAt(see, args, 0) || isDataClass(globalAt(see, args, 0)),
  follow: kept(1),
};

/** `(data, requires_grad, hooks, state)`: the state is set as BUILD does it. */
const parameterWithState: Application = {
  places: [3],
  fits: (_see, args) => args.length === 4,
  follow: (effects, args, offset) => {
    effects.keepIn(args, 0, 3, offset);
    effects.build(KIND.PERSISTENT, at(args, 3), offset);
    return SAME;
  },
};

const NUMPY_ARRAYS = { _reconstruct: array(0) };
const RANDOM = {
  __generator_ctor: generator,
  __randomstate_ctor: generator,
  __bit_generator_ctor: bitGenerator,
};
const NEW_OBJECT = { newObj: ofClass(/^sklearn\./) };
const DEFAULT_DICT = { defaultdict: factory };

/** By module and name; `__pyx_unpickle_…`, which Cython writes for each class, follows below. */
const APPLIED: Readonly<Record<string, Readonly<Record<string, Application>>>> = {
  copyreg: {
    _reconstructor: reconstructor,
    __newobj__: newObject,
    __newobj_ex__: newObjectWithKeywords,
  },
  collections: DEFAULT_DICT,
  _collections: DEFAULT_DICT,
  array: { _array_reconstructor: ofClass(/^array$/) },
  'numpy.core.multiarray': NUMPY_ARRAYS,
  'numpy._core.multiarray': NUMPY_ARRAYS,
  'numpy.core._multiarray_umath': NUMPY_ARRAYS,
  'numpy._core._multiarray_umath': NUMPY_ARRAYS,
  'numpy.ma.core': { _mareconstruct: array(0, 1) },
  'numpy.random': RANDOM,
  'numpy.random._pickle': RANDOM,
  'torch._tensor': { _rebuild_from_type: tensorSubclass, _rebuild_from_type_v2: tensorSubclass },
  'torch._utils': {
    _rebuild_wrapper_subclass: ofClass(/^torch\b/),
    _rebuild_parameter_with_state: parameterWithState,
  },
  'pandas.core.indexes.base': { _new_Index: ofClass(/^pandas\./) },
  'pandas.core.indexes.datetimes': { _new_DatetimeIndex: ofClass(/^pandas\./) },
  'sklearn.metrics._dist_metrics': NEW_OBJECT,
  'sklearn.neighbors._ball_tree': NEW_OBJECT,
  'sklearn.neighbors._dist_metrics': NEW_OBJECT,
  'sklearn.neighbors._kd_tree': NEW_OBJECT,
  'sklearn.neighbors.ball_tree': NEW_OBJECT,
  'sklearn.neighbors.dist_metrics': NEW_OBJECT,
  'sklearn.neighbors.kd_tree': NEW_OBJECT,
};

const ANY_CLASS = ofClass();

/** A name in the allow-list that says it applies its arguments, and of which nothing is said here. */
const NOTHING_FITS: Application = { places: [], fits: () => false, follow: () => SAME };

/** How a global applies its arguments; undefined where it only stores or reads them. */
export function appliedBy(
  permission: Permission | undefined,
  { module, name }: { readonly module: string; readonly name: string },
): Application | undefined {
  if (permission === undefined) return undefined;
  const table = Object.hasOwn(APPLIED, module) ? APPLIED[module] : undefined;
  const stated = table && Object.hasOwn(table, name) ? table[name] : undefined;
  if (stated || permission !== 'applies') return stated;
  return name.startsWith('__pyx_unpickle_') ? ANY_CLASS : NOTHING_FITS;
}

/** Everything of which the table says how it applies its arguments. */
export function appliedNames(): string[] {
  return Object.entries(APPLIED).flatMap(([module, names]) =>
    Object.keys(names).map((name) => `${module}.${name}`),
  );
}
