/**
 * Which arguments the allowed functions call, instantiate, import or set attributes from, read from the sources of Python
 * 3.11 to 3.14, NumPy 1.26 and 2.4, PyTorch 2.15, pandas 3.0, SciPy 1.17, scikit-learn 1.9 and joblib 1.6.
 */
export interface AppliedFact {
  readonly module: string;
  readonly name: string;
  /** Places of the arguments, from 0 on. */
  readonly places: readonly number[];
  readonly how: string;
  /** True where the source is C or Cython, or an older release: then nothing can be derived from what is installed. */
  readonly byHand?: true;
}

const fact = (module: string, name: string, how: string, ...places: number[]): AppliedFact => ({
  module,
  name,
  places,
  how,
});
const byHand = (...args: Parameters<typeof fact>): AppliedFact => ({ ...fact(...args), byHand: true });

const RECONSTRUCT = 'ndarray.__new__(subtype, shape, dtype), in C';
const NEW_OBJECT = 'newObj(obj): obj.__new__(obj)';

export const APPLIED_FACTS: readonly AppliedFact[] = [
  fact('copyreg', '_reconstructor', 'base.__new__(cls, state); base.__init__(obj, state)', 0, 1),
  fact('copyreg', '__newobj__', 'cls.__new__(cls, *args)', 0),
  fact('copyreg', '__newobj_ex__', 'cls.__new__(cls, *args, **kwargs)', 0),
  byHand('collections', 'defaultdict', 'default_factory() for a missing key, in C', 0),
  byHand('_collections', 'defaultdict', 'default_factory() for a missing key, in C', 0),
  byHand('array', '_array_reconstructor', 'arraytype.tp_new, in C', 0),
  byHand('numpy.core.multiarray', '_reconstruct', RECONSTRUCT, 0),
  byHand('numpy._core.multiarray', '_reconstruct', RECONSTRUCT, 0),
  byHand('numpy.core._multiarray_umath', '_reconstruct', RECONSTRUCT, 0),
  byHand('numpy._core._multiarray_umath', '_reconstruct', RECONSTRUCT, 0),
  fact('numpy.core', '_ufunc_reconstruct', 'getattr(__import__(module), name)', 0, 1),
  byHand('numpy._core', '_ufunc_reconstruct', 'getattr(__import__(module), name)', 0, 1),
  fact('numpy.ma.core', '_mareconstruct', 'ndarray.__new__(baseclass, …); subtype.__new__(subtype, …)', 0, 1),
  fact('numpy.random._pickle', '__generator_ctor', 'bit_generator_ctor(bit_generator)', 1),
  fact('numpy.random._pickle', '__randomstate_ctor', 'bit_generator_ctor(bit_generator)', 1),
  fact('numpy.random._pickle', '__bit_generator_ctor', 'bit_generator()', 0),
  byHand('numpy.random', '__generator_ctor', 'as in numpy.random._pickle', 1),
  byHand('numpy.random', '__randomstate_ctor', 'as in numpy.random._pickle', 1),
  byHand('numpy.random', '__bit_generator_ctor', 'as in numpy.random._pickle', 0),
  byHand('numpy.random.bit_generator', '__pyx_unpickle_SeedSequence', 'Cython: type.__new__(type)', 0),
  byHand(
    'numpy.random.bit_generator',
    '__pyx_unpickle_SeedlessSeedSequence',
    'Cython: type.__new__(type)',
    0,
  ),
  byHand('numpy.random._bit_generator', '__pyx_unpickle_SeedSequence', 'Cython: type.__new__(type)', 0),
  fact('torch._tensor', '_rebuild_from_type', 'func(*args).as_subclass(type); its __dict__', 0),
  fact('torch._tensor', '_rebuild_from_type_v2', 'func(*args).as_subclass(new_type); its __setstate__', 0),
  byHand(
    'torch._utils',
    '_rebuild_wrapper_subclass',
    'torch.Tensor._make_wrapper_subclass(cls, …), in C++',
    0,
  ),
  byHand(
    'torch._utils',
    '_rebuild_parameter_with_state',
    '_set_obj_state(param, state): setattr of each item',
    3,
  ),
  fact('pandas.core.indexes.base', '_new_Index', 'cls.__new__(cls, **d)', 0),
  fact('pandas.core.indexes.datetimes', '_new_DatetimeIndex', 'cls.__new__(cls, **d)', 0),
  byHand('pandas._libs.arrays', '__pyx_unpickle_NDArrayBacked', 'Cython: type.__new__(type)', 0),
  byHand('sklearn.metrics._dist_metrics', 'newObj', NEW_OBJECT, 0),
  byHand('sklearn.neighbors._ball_tree', 'newObj', NEW_OBJECT, 0),
  byHand('sklearn.neighbors._dist_metrics', 'newObj', NEW_OBJECT, 0),
  byHand('sklearn.neighbors._kd_tree', 'newObj', NEW_OBJECT, 0),
  byHand('sklearn.neighbors.ball_tree', 'newObj', NEW_OBJECT, 0),
  byHand('sklearn.neighbors.dist_metrics', 'newObj', NEW_OBJECT, 0),
  byHand('sklearn.neighbors.kd_tree', 'newObj', NEW_OBJECT, 0),
];

/** Names of which many exist: each is the same function, written by Cython for a class. */
export const GENERATED_FACTS: readonly { readonly name: RegExp; readonly places: readonly number[] }[] = [
  { name: /^__pyx_unpickle_\w+$/, places: [0] },
];
