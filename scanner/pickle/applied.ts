import type { Effects } from './effects.js';
import type { Judgement } from './judge.js';
import { isOwned, KIND, kindOf, payloadOf } from './values.js';

// Allowed functions that call, instantiate or import what they are given. What a pickle may only refer to would be called by
// them, so each argument that they apply is judged as what is done with it. Read from the sources of Python 3.13 (copyreg,
// array), NumPy 1.26 and 2, PyTorch 2, pandas 2, scikit-learn 1 (Cython's __pyx_unpickle, newObj) and joblib 1.

/** Returns {@link SAME} for a result of the function itself, another value, or undefined where an argument does not fit. */
export type Applied = (effects: Effects, args: Float64Array, offset: number) => number | undefined;

/** How a function applies its arguments. */
export interface Application {
  /** Places of those that it calls, instantiates or imports, or whose items become attributes. */
  readonly places: readonly number[];
  readonly judge: Applied;
}

/** The result is that of the function. */
export const SAME = Number.NEGATIVE_INFINITY;

const NONE = new Float64Array(0);
const HIDDEN = KIND.COMPUTED;
const at = (args: Float64Array, i: number): number => args[i] ?? HIDDEN;

/** A class of data: one that may be made, by calling it or without its constructor. */
function isDataClass(effects: Effects, value: number, module?: RegExp): boolean {
  if (isOwned(value) || kindOf(value) !== KIND.GLOBAL) return false;
  const global = effects.global(payloadOf(value));
  const allowed = global?.judgement.allowed;
  if (!global || allowed === undefined || allowed === 'ref' || allowed === 'check' || allowed === 'applies')
    return false;
  return module?.test(global.now.module) ?? true;
}

/** NumPy takes no other class than one of arrays, and makes it without its constructor; a mapped one opens nothing then. */
const isArrayClass = (effects: Effects, value: number): boolean =>
  effects.isMemmap(value) || isDataClass(effects, value);

const isNamed = (effects: Effects, value: number, module: RegExp, name: RegExp): boolean => {
  if (isOwned(value) || kindOf(value) !== KIND.GLOBAL) return false;
  const now = effects.global(payloadOf(value))?.now;
  return now !== undefined && module.test(now.module) && name.test(now.name);
};

/** `cls.__new__(cls, *args)`: as NEWOBJ does it. */
const newObject: Applied = (effects, args, offset) =>
  args.length === 0
    ? undefined
    : effects.instantiate(at(args, 0), effects.arena.tuple(args, 1, args.length), offset);

/** `cls.__new__(cls, *args, **keywords)`: as NEWOBJ_EX does it. */
const newObjectWithKeywords: Applied = (effects, args, offset) => {
  if (args.length !== 3) return undefined;
  effects.keep(at(args, 2), offset);
  return effects.instantiate(at(args, 0), at(args, 1), offset);
};

/** `base.__new__(cls, state)` and `base.__init__(instance, state)`; of `object` without a state. */
const reconstructor: Applied = (effects, args, offset) => {
  const [cls, base, state] = [at(args, 0), at(args, 1), at(args, 2)];
  if (args.length !== 3 || !isNamed(effects, base, /^builtins$/, /^\w+$/) || !isDataClass(effects, base))
    return undefined;
  const plain = isNamed(effects, base, /^builtins$/, /^object$/);
  if (isOwned(cls) && !plain) return undefined;
  if (plain) effects.keep(state, offset);
  else effects.call(base, effects.arena.tuple(args, 2, 3), offset);
  return effects.instantiate(cls, effects.arena.tuple(NONE, 0, 0), offset);
};

/** The first argument is a class, or the first two are, whose array is made without a constructor. */
const array =
  (classes: 1 | 2): Applied =>
  (effects, args, offset) => {
    for (let i = 0; i < classes; i++) if (!isArrayClass(effects, at(args, i))) return undefined;
    effects.keepIn(args, classes, args.length, offset);
    effects.asks(args[classes], args[classes + 1], offset);
    return SAME;
  };

/** The first argument is a class of these modules that is made without its constructor. */
const ofClass =
  (module?: RegExp): Applied =>
  (effects, args, offset) => {
    if (!isDataClass(effects, at(args, 0), module)) return undefined;
    effects.keepIn(args, 1, args.length, offset);
    return SAME;
  };

const BIT_GENERATOR_MODULE = /^numpy\.random\./;
const BIT_GENERATOR = /^(PCG64|PCG64DXSM|MT19937|Philox|SFC64)$/;

/** By name, or, from NumPy 2 on, by the class itself, which is called. */
const bitGenerator: Applied = (effects, args) => {
  const [which] = args;
  if (which === undefined || effects.text(which) !== undefined) return SAME;
  return args.length === 1 && isNamed(effects, which, BIT_GENERATOR_MODULE, BIT_GENERATOR) ? SAME : undefined;
};

/** A name, with the function that turns it into a bit generator; or, from NumPy 2 on, the bit generator. */
const generator: Applied = (effects, args) => {
  const [which, make] = args;
  const first =
    which === undefined ||
    effects.text(which) !== undefined ||
    (!isOwned(which) && kindOf(which) === KIND.RESULT) ||
    isNamed(effects, which, BIT_GENERATOR_MODULE, BIT_GENERATOR);
  const second =
    make === undefined || isNamed(effects, make, /^numpy\.random(\._pickle)?$/, /^__bit_generator_ctor$/);
  return first && second && args.length <= 2 ? SAME : undefined;
};

/** `func(*args)`, made an instance of `type`, with a state: `(func, type, args, state)`. */
const tensorSubclass: Applied = (effects, args, offset) => {
  const [func, type, inner, state] = [at(args, 0), at(args, 1), at(args, 2), at(args, 3)];
  const rebuilds = isNamed(effects, func, /^torch\._utils$/, /^_rebuild_\w+$/);
  const known =
    isDataClass(effects, type, /^torch\b/) || isNamed(effects, type, /^torch\._tensor$/, /^Tensor$/);
  if (args.length !== 4 || !rebuilds || !known) return undefined;
  const tensor = effects.call(func, inner, offset);
  effects.build(tensor, state, offset);
  return SAME;
};

/** What it calls for each key that is missing, without arguments; None for nothing. */
const factory: Applied = (effects, args, offset) => {
  const [make] = args;
  const none = make === undefined || make === KIND.OPAQUE;
  if (!none && !isDataClass(effects, make)) return undefined;
  effects.keepIn(args, 1, args.length, offset);
  return SAME;
};

/** `(data, requires_grad, hooks, state)`: the state is set as BUILD does it. */
const parameterWithState: Applied = (effects, args, offset) => {
  if (args.length !== 4) return undefined;
  effects.keepIn(args, 0, 3, offset);
  effects.build(KIND.PERSISTENT, at(args, 3), offset);
  return SAME;
};

const applies = (judge: Applied, ...places: number[]): Application => ({ places, judge });

const NUMPY_ARRAYS = { _reconstruct: applies(array(1), 0) };
const RANDOM = {
  __generator_ctor: applies(generator, 0, 1),
  __randomstate_ctor: applies(generator, 0, 1),
  __bit_generator_ctor: applies(bitGenerator, 0),
};
const NEW_OBJECT = { newObj: applies(ofClass(/^sklearn\./), 0) };
const DEFAULT_DICT = { defaultdict: applies(factory, 0) };
const SUBCLASS = applies(tensorSubclass, 0, 1, 2, 3);

/** By module and name; `__pyx_unpickle_…`, which Cython writes for each class, follows below. */
const APPLIED: Readonly<Record<string, Readonly<Record<string, Application>>>> = {
  copyreg: {
    _reconstructor: applies(reconstructor, 0, 1, 2),
    __newobj__: applies(newObject, 0),
    __newobj_ex__: applies(newObjectWithKeywords, 0),
  },
  collections: DEFAULT_DICT,
  _collections: DEFAULT_DICT,
  array: { _array_reconstructor: applies(ofClass(/^array$/), 0) },
  'numpy.core.multiarray': NUMPY_ARRAYS,
  'numpy._core.multiarray': NUMPY_ARRAYS,
  'numpy.core._multiarray_umath': NUMPY_ARRAYS,
  'numpy._core._multiarray_umath': NUMPY_ARRAYS,
  'numpy.ma.core': { _mareconstruct: applies(array(2), 0, 1) },
  'numpy.random': RANDOM,
  'numpy.random._pickle': RANDOM,
  'torch._tensor': { _rebuild_from_type: SUBCLASS, _rebuild_from_type_v2: SUBCLASS },
  'torch._utils': {
    _rebuild_wrapper_subclass: applies(ofClass(/^torch\b/), 0),
    _rebuild_parameter_with_state: applies(parameterWithState, 3),
  },
  'pandas.core.indexes.base': { _new_Index: applies(ofClass(/^pandas\./), 0) },
  'pandas.core.indexes.datetimes': { _new_DatetimeIndex: applies(ofClass(/^pandas\./), 0) },
  'sklearn.metrics._dist_metrics': NEW_OBJECT,
  'sklearn.neighbors._ball_tree': NEW_OBJECT,
  'sklearn.neighbors._dist_metrics': NEW_OBJECT,
  'sklearn.neighbors._kd_tree': NEW_OBJECT,
  'sklearn.neighbors.ball_tree': NEW_OBJECT,
  'sklearn.neighbors.dist_metrics': NEW_OBJECT,
  'sklearn.neighbors.kd_tree': NEW_OBJECT,
};

const ANY_CLASS = applies(ofClass(), 0);

/** A name in the allow-list that says it applies its arguments, and of which nothing is said here. */
const NOTHING_FITS = applies(() => undefined);

/** How a global applies its arguments; undefined where it only stores or reads them. */
export function appliedBy(
  { allowed }: Judgement,
  { module, name }: { readonly module: string; readonly name: string },
): Application | undefined {
  if (allowed === undefined) return undefined;
  const table = Object.hasOwn(APPLIED, module) ? APPLIED[module] : undefined;
  const stated = table && Object.hasOwn(table, name) ? table[name] : undefined;
  if (stated || allowed !== 'applies') return stated;
  return name.startsWith('__pyx_unpickle_') ? ANY_CLASS : NOTHING_FITS;
}

/** Everything of which the table says how it applies its arguments. */
export function appliedNames(): string[] {
  return Object.entries(APPLIED).flatMap(([module, names]) =>
    Object.keys(names).map((name) => `${module}.${name}`),
  );
}
