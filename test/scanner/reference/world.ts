// What the reference machine knows of Python's objects. Stated anew here, by the libraries' documentation, so that a slip in
// the scanner's tables is not repeated.

/** Whoever imports one of them has lost. */
export const FORBIDDEN = [
  'os.system',
  'posix.system',
  'builtins.eval',
  'builtins.exec',
  'builtins.__import__',
  'subprocess.Popen',
  'pickle.loads',
  'functools.partial',
  'operator.attrgetter',
  'importlib.import_module',
  'torch.load',
  'numpy.load',
  'nobody.knows',
] as const;

/** May be called with any data. */
export const DATA = [
  'builtins.object',
  'builtins.float',
  'builtins.tuple',
  'builtins.frozenset',
  'builtins.complex',
  'builtins.slice',
  'datetime.date',
  'uuid.UUID',
  'numpy.uint64',
  'numpy.object_',
  'torch.jit._pickle.restore_type_tag',
  'torch.Size',
  'pathlib.PosixPath',
  'sklearn.dummy.DummyClassifier',
] as const;

/** The same, and pickles put items into them. */
export const MAPPINGS = ['builtins.dict', 'collections.OrderedDict', 'collections.Counter'] as const;
export const SEQUENCES = ['builtins.list', 'collections.deque'] as const;
export const SETS = ['builtins.set'] as const;

/** Constructors whose arguments at these places are numbers of elements. */
export const SIZED: Readonly<Record<string, readonly number[]>> = {
  'builtins.bytes': [0],
  'builtins.bytearray': [0],
  'builtins.range': [0, 1],
};

/** May be instantiated, with a state; their constructors are not for pickles. */
export const CLASSES = [
  'torch.nn.modules.linear.Linear',
  'torch.nn.modules.activation.PReLU',
  'pandas.core.frame.DataFrame',
  'pandas.core.indexes.base.Index',
  'sklearn.neighbors._kd_tree.KDTree',
] as const;

/** May be named, and nothing else. */
export const REFERENCES = [
  'sklearn.metrics._scorer.get_scorer',
  'sklearn.metrics._scorer.make_scorer',
  'numpy.sqrt',
  'math.sqrt',
  'torch.float32',
] as const;

/** Do more than data needs: only one use of each is right, and they must not be left anywhere. */
export const GUARDED = [
  'builtins.getattr',
  'builtins.type',
  'numpy.memmap',
  'numpy.vectorize',
  '_codecs.encode',
  'logging.getLogger',
  'numpy.core._ufunc_reconstruct',
  'torch.storage._load_from_bytes',
  'scipy.stats._continuous_distns.gamma_gen',
] as const;

/** Call, instantiate or import what they are given. */
export const APPLIERS = [
  'copyreg._reconstructor',
  'copyreg.__newobj__',
  'copyreg.__newobj_ex__',
  'collections.defaultdict',
  'array._array_reconstructor',
  'numpy.core.multiarray._reconstruct',
  'numpy.ma.core._mareconstruct',
  'numpy.random._pickle.__generator_ctor',
  'numpy.random._pickle.__randomstate_ctor',
  'numpy.random._pickle.__bit_generator_ctor',
  'torch._tensor._rebuild_from_type_v2',
  'torch._utils._rebuild_parameter_with_state',
  'pandas.core.indexes.base._new_Index',
  'sklearn.neighbors._kd_tree.newObj',
  'sklearn.linear_model._sgd_fast.__pyx_unpickle_Hinge',
] as const;

/** What fits the functions above, and is data by itself. */
export const COMPANIONS = [
  'numpy.ndarray',
  'torch.FloatStorage',
  'array.array',
  'numpy.random._pcg64.PCG64',
  'numpy.ma.core.MaskedArray',
  'torch.nn.parameter.Parameter',
  'torch._utils._rebuild_tensor_v2',
  'sklearn.linear_model._sgd_fast.Hinge',
] as const;

/** Attributes by which an object becomes, or calls, another. */
export const SPECIAL = [
  '__setstate__',
  '__class__',
  '__dict__',
  '__getattr__',
  '__reduce__',
  '__init__',
] as const;

/** What SciPy writes for a distribution with one parameter. */
export const DISTRIBUTION_SOURCE = `
def _parse_args(self, a,  loc=0, scale=1):
    return (a, ), loc, scale

def _parse_args_rvs(self, a,  loc=0, scale=1, size=None):
    return self._argcheck_rvs(a,  loc, scale, size=size)

def _parse_args_stats(self, a,  loc=0, scale=1, moments='mv'):
    return (a, ), loc, scale, moments
`;

const has = (list: readonly string[], path: string): boolean => list.includes(path);

export const isKnown = (path: string): boolean => !has(FORBIDDEN, path) && KNOWN.has(path);
export const isGuarded = (path: string): boolean => has(GUARDED, path);
export const isReference = (path: string): boolean => has(REFERENCES, path);
export const isApplier = (path: string): boolean => has(APPLIERS, path);
export const isClassOnly = (path: string): boolean => has(CLASSES, path);
export const isDataClass = (path: string): boolean =>
  [
    ...DATA,
    ...MAPPINGS,
    ...SEQUENCES,
    ...SETS,
    ...Object.keys(SIZED),
    ...CLASSES,
    ...COMPANIONS,
    ...EXTRA,
  ].includes(path);

const EXTRA = [
  'builtins.str',
  'builtins.int',
  'collections.defaultdict',
  'types.SimpleNamespace',
  'scipy.optimize._optimize.OptimizeResult',
];

const KNOWN = new Set<string>([
  ...DATA,
  ...MAPPINGS,
  ...SEQUENCES,
  ...SETS,
  ...Object.keys(SIZED),
  ...CLASSES,
  ...REFERENCES,
  ...GUARDED,
  ...APPLIERS,
  ...COMPANIONS,
  ...EXTRA,
]);

/** Modules of Python 2 that mean others. */
export const RENAMED: Readonly<Record<string, string>> = {
  __builtin__: 'builtins',
  copy_reg: 'copyreg',
  codecs: '_codecs',
};
