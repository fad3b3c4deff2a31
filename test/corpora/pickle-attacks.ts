import { type PickleBuilder, pickle, u32, u64 } from '../support/pickle-builder.js';
import type { Case } from './pickle-case.js';

// Attacks that were thought of while the scanner was read as its enemy would read it; each beside a harmless twin that
// differs by the one fault.

type Step = (b: PickleBuilder) => PickleBuilder;
type Rule = NonNullable<Case['rule']>;

const ref =
  (module: string, name: string): Step =>
  (b) =>
    b.stackGlobal(module, name);
const str =
  (text: string): Step =>
  (b) =>
    b.str(text);
const int =
  (value: number): Step =>
  (b) =>
    Math.abs(value) < 2 ** 31
      ? b.int(value)
      : b.op(0x8a, new Uint8Array([8, ...u64(BigInt.asUintN(64, BigInt(value)))]));
const none: Step = (b) => b.none();
const tuple =
  (...items: Step[]): Step =>
  (b) => {
    b.mark();
    for (const item of items) item(b);
    return b.tuple();
  };
const dict =
  (...items: Step[]): Step =>
  (b) => {
    b.dict().mark();
    for (const item of items) item(b);
    return b.setItems();
  };
const list =
  (...items: Step[]): Step =>
  (b) => {
    b.op(']').mark();
    for (const item of items) item(b);
    return b.op('e');
  };
const call =
  (module: string, name: string, ...args: Step[]): Step =>
  (b) =>
    tuple(...args)(b.stackGlobal(module, name)).reduce();
const make =
  (module: string, name: string, ...args: Step[]): Step =>
  (b) =>
    tuple(...args)(b.stackGlobal(module, name)).newObject();
const set =
  (object: Step, state: Step): Step =>
  (b) =>
    state(object(b)).build();
const item =
  (object: Step, key: Step, value: Step): Step =>
  (b) =>
    value(key(object(b).mark())).setItems();

const SCORER = ref('sklearn.metrics._scorer', 'get_scorer');
const SQRT = ref('numpy', 'sqrt');
const RESULT_CLASS = ref('scipy.optimize._optimize', 'OptimizeResult');
const LINEAR = make('torch.nn.modules.linear', 'Linear');
const TEXT_TYPE = call('numpy', 'dtype', str('U12'), int(0), int(1));
const UCS4_NAME: Step = (b) => b.bytes(Buffer.from('__setstate__'.replace(/./g, '$&\0\0\0'), 'latin1'));
const RETURNS: readonly (readonly [string, string])[] = [
  ['numpy', 'object_'],
  ['torch.jit._pickle', 'restore_type_tag'],
];
const COMPUTED_NAME = call('builtins', 'str', (b) => b.bytes(Buffer.from('__setstate__')), str('ascii'));
const HOLDERS: readonly (readonly [string, string])[] = [
  ['scipy.optimize._optimize', 'OptimizeResult'],
  ['sklearn.utils._bunch', 'Bunch'],
  ['transformers.tokenization_utils_base', 'BatchEncoding'],
  ['pytorch_lightning.utilities.parsing', 'AttributeDict'],
];

/** What is wrong, the rule that says so, the attack, and what differs by its one fault. */
type Pair = readonly [name: string, rule: Rule, bad: Step, good: Step];

const ATTRIBUTES: readonly Pair[] = [
  ...HOLDERS.map(
    ([module, name]): Pair => [
      `an item of ${name} that the next BUILD calls`,
      'PKL-BUILD-ATTRIBUTES',
      item(make(module, name), str('__setstate__'), SCORER),
      item(make(module, name), str('x'), SCORER),
    ],
  ),
  ...HOLDERS.map(
    ([module, name]): Pair => [
      `an item of ${name} with a computed name`,
      'PKL-BUILD-ATTRIBUTES',
      item(make(module, name), COMPUTED_NAME, SCORER),
      item(make(module, name), str('y'), SCORER),
    ],
  ),
  [
    'an OptimizeResult called with what the next BUILD calls',
    'PKL-BUILD-ATTRIBUTES',
    call('scipy.optimize._optimize', 'OptimizeResult', dict(str('__setstate__'), SCORER)),
    call('scipy.optimize._optimize', 'OptimizeResult', dict(str('x'), SCORER)),
  ],
  [
    'a namespace of a mapping with a special attribute',
    'PKL-BUILD-ATTRIBUTES',
    call('types', 'SimpleNamespace', dict(str('__setstate__'), SCORER)),
    call('types', 'SimpleNamespace', dict(str('x'), SCORER)),
  ],
  [
    'a namespace of a mapping that a call made',
    'PKL-BUILD-ATTRIBUTES',
    call('types', 'SimpleNamespace', call('builtins', 'dict', list(tuple(str('__class__'), SCORER)))),
    call('types', 'SimpleNamespace', call('builtins', 'dict', list(tuple(str('x'), SCORER)))),
  ],
  [
    'a state with a name that NEWOBJ computes',
    'PKL-BUILD-ATTRIBUTES',
    set(
      LINEAR,
      dict(
        make('builtins', 'str', (b) => b.bytes(Buffer.from('__setstate__')), str('ascii')),
        SCORER,
      ),
    ),
    set(LINEAR, dict(str('name'), SCORER)),
  ],
  [
    'a state with a name that an array scalar holds',
    'PKL-BUILD-ATTRIBUTES',
    set(LINEAR, dict(call('numpy.core.multiarray', 'scalar', TEXT_TYPE, UCS4_NAME), SCORER)),
    set(LINEAR, dict(str('name'), call('numpy.core.multiarray', 'scalar', TEXT_TYPE, UCS4_NAME))),
  ],
  [
    'a state with a name that a scalar of objects returns',
    'PKL-BUILD-ATTRIBUTES',
    set(
      LINEAR,
      dict(
        call(
          'numpy.core.multiarray',
          'scalar',
          call('numpy', 'dtype', str('O8'), int(0), int(1)),
          str('__setstate__'),
        ),
        SCORER,
      ),
    ),
    set(LINEAR, dict(str('name'), SCORER)),
  ],
  [
    'slots in a pair that a call made',
    'PKL-BUILD-ATTRIBUTES',
    set(LINEAR, call('builtins', 'tuple', list(none, dict(str('__setstate__'), SCORER)))),
    set(LINEAR, call('builtins', 'tuple', list(none, dict(str('name'), SCORER)))),
  ],
  [
    'bytes of a number in a tuple that a call made',
    'PKL-RESOURCE',
    (b) => call('builtins', 'tuple', list(int(10 ** 11)))(ref('builtins', 'bytes')(b)).reduce(),
    (b) => tuple(int(10))(ref('builtins', 'bytes')(b)).reduce(),
  ],
  ...RETURNS.map(
    ([module, name]): Pair => [
      `a state with a name that ${name} returns`,
      'PKL-BUILD-ATTRIBUTES',
      set(LINEAR, dict(call(module, name, str('__setstate__')), SCORER)),
      set(LINEAR, dict(call(module, name, str('name')), SCORER)),
    ],
  ),
  ...RETURNS.map(
    ([module, name]): Pair => [
      `the state of a class that ${name} returns`,
      'PKL-BUILD-GLOBAL',
      set(
        call(module, name, ref('torch.nn.modules.linear', 'Linear')),
        tuple(none, dict(str('forward'), SCORER)),
      ),
      set(call(module, name, LINEAR), tuple(none, dict(str('forward'), SCORER))),
    ],
  ),
  [
    'a mapping that another class fills with what the next BUILD calls',
    'PKL-BUILD-ATTRIBUTES',
    call(
      'copyreg',
      '_reconstructor',
      RESULT_CLASS,
      ref('builtins', 'dict'),
      dict(str('__setstate__'), SCORER),
    ),
    call('copyreg', '_reconstructor', RESULT_CLASS, ref('builtins', 'dict'), dict(str('x'), SCORER)),
  ],
  [
    'a mapping that is made of pairs',
    'PKL-BUILD-ATTRIBUTES',
    call('scipy.optimize._optimize', 'OptimizeResult', list(tuple(str('__setstate__'), SCORER))),
    call('scipy.optimize._optimize', 'OptimizeResult', list(tuple(str('x'), SCORER))),
  ],
  [
    'a namespace of pairs in a tuple',
    'PKL-BUILD-ATTRIBUTES',
    call('types', 'SimpleNamespace', tuple(tuple(str('__class__'), SCORER))),
    call('types', 'SimpleNamespace', tuple(tuple(str('x'), SCORER))),
  ],
  [
    'a state with a computed name',
    'PKL-BUILD-ATTRIBUTES',
    set(LINEAR, dict(COMPUTED_NAME, SCORER)),
    set(LINEAR, dict(str('name'), SCORER)),
  ],
  [
    'a state whose name NumPy computes',
    'PKL-BUILD-ATTRIBUTES',
    set(
      LINEAR,
      dict(
        call('numpy', 'str_', (b) => b.bytes(Buffer.from('__class__'))),
        SCORER,
      ),
    ),
    set(LINEAR, dict(str('other'), SCORER)),
  ],
  [
    'slots with a computed name',
    'PKL-BUILD-ATTRIBUTES',
    set(LINEAR, tuple(none, dict(COMPUTED_NAME, SCORER))),
    set(LINEAR, tuple(none, dict(str('name'), SCORER))),
  ],
  [
    'a state that is the result of dict',
    'PKL-BUILD-ATTRIBUTES',
    set(LINEAR, call('builtins', 'dict', list(tuple(str('__setstate__'), SCORER)))),
    set(LINEAR, call('builtins', 'dict', list(tuple(str('name'), SCORER)))),
  ],
  [
    'slots that are an ordered dict',
    'PKL-BUILD-ATTRIBUTES',
    set(LINEAR, tuple(none, item(call('collections', 'OrderedDict'), str('__class__'), SCORER))),
    set(LINEAR, tuple(none, item(call('collections', 'OrderedDict'), str('name'), SCORER))),
  ],
  [
    'a parameter whose state is set by the function that rebuilds it',
    'PKL-BUILD-ATTRIBUTES',
    call('torch._utils', '_rebuild_parameter_with_state', none, none, none, dict(str('__class__'), SCORER)),
    call('torch._utils', '_rebuild_parameter_with_state', none, none, none, dict(str('name'), SCORER)),
  ],
  [
    'a parameter with slots',
    'PKL-BUILD-ATTRIBUTES',
    call(
      'torch._utils',
      '_rebuild_parameter_with_state',
      none,
      none,
      none,
      tuple(none, dict(str('__setstate__'), SCORER)),
    ),
    call(
      'torch._utils',
      '_rebuild_parameter_with_state',
      none,
      none,
      none,
      tuple(none, dict(str('name'), SCORER)),
    ),
  ],
  [
    'a tensor subclass with a state of special attributes',
    'PKL-BUILD-ATTRIBUTES',
    call(
      'torch._tensor',
      '_rebuild_from_type_v2',
      ref('torch._utils', '_rebuild_tensor_v2'),
      ref('torch.nn.parameter', 'Parameter'),
      tuple(none),
      dict(str('__class__'), SCORER),
    ),
    call(
      'torch._tensor',
      '_rebuild_from_type_v2',
      ref('torch._utils', '_rebuild_tensor_v2'),
      ref('torch.nn.parameter', 'Parameter'),
      tuple(none),
      dict(str('name'), SCORER),
    ),
  ],
  [
    'a special attribute behind sixteen thousand others',
    'PKL-BUILD-ATTRIBUTES',
    (b) => {
      for (let i = 0; i < 1 << 14; i++) dict(str('__class__'), none)(b).pop();
      return set(LINEAR, dict(str('__setstate__'), SCORER))(b);
    },
    (b) => {
      for (let i = 0; i < 1 << 14; i++) dict(str('name'), none)(b).pop();
      return set(LINEAR, dict(str('name'), SCORER))(b);
    },
  ],
  [
    'slots that have been forgotten',
    'PKL-BUILD-ATTRIBUTES',
    (b) => {
      tuple(
        none,
        dict(str('__setstate__'), SCORER),
      )(b)
        .put(0)
        .pop();
      for (let i = 0; i < 1 << 17; i++) b.emptyTuple().pop();
      return LINEAR(b).get(0).build();
    },
    (b) => {
      tuple(
        none,
        dict(str('name'), SCORER),
      )(b)
        .put(0)
        .pop();
      for (let i = 0; i < 1 << 17; i++) b.emptyTuple().pop();
      return LINEAR(b).get(0).build();
    },
  ],
];

const STATES: readonly Pair[] = [
  [
    'the state of the class of a value',
    'PKL-BUILD-GLOBAL',
    set(call('builtins', 'type', LINEAR), tuple(none, dict(str('forward'), SCORER))),
    set(LINEAR, tuple(none, dict(str('forward'), SCORER))),
  ],
  [
    'the state of a method',
    'PKL-BUILD-GLOBAL',
    set(call('builtins', 'getattr', ref('builtins', 'str'), str('split')), dict(str('x'), none)),
    call('builtins', 'getattr', ref('builtins', 'str'), str('split')),
  ],
  [
    'the state of the root logger',
    'PKL-BUILD-GLOBAL',
    set(
      call('logging', 'getLogger'),
      dict(str('disabled'), (b) => b.op(0x88)),
    ),
    call('logging', 'getLogger'),
  ],
  [
    'the state of a member of an enumeration',
    'PKL-BUILD-GLOBAL',
    set(call('re', 'RegexFlag', int(2)), dict(str('_value_'), int(0))),
    call('re', 'RegexFlag', int(2)),
  ],
  [
    'the state of a ufunc that NumPy resolves',
    'PKL-BUILD-GLOBAL',
    set(call('numpy.core', '_ufunc_reconstruct', str('numpy'), str('sqrt')), dict(str('x'), none)),
    call('numpy.core', '_ufunc_reconstruct', str('numpy'), str('sqrt')),
  ],
  [
    'the factory of a defaultdict, by its slot',
    'PKL-BUILD-GLOBAL',
    set(call('collections', 'defaultdict', none), tuple(none, dict(str('default_factory'), SCORER))),
    call('collections', 'defaultdict', none),
  ],
  [
    'a wrapper of joblib whose type is two',
    'PKL-GLOBAL-DANGEROUS',
    (b) => wrapper(b, 'u1,u8').raw('\0'.repeat(2)).stop().global('os', 'system'),
    (b) => wrapper(b, 'u1').raw('\0'.repeat(2)),
  ],
];

function wrapper(b: PickleBuilder, type: string): PickleBuilder {
  return set(
    make('joblib.numpy_pickle', 'NumpyArrayWrapper'),
    dict(str('shape'), tuple(int(2)), str('dtype'), call('numpy', 'dtype', str(type))),
  )(b);
}

const CALLS: readonly Pair[] = [
  [
    'what NumPy resolves, called',
    'PKL-CALL-REFERENCE',
    (b) =>
      call(
        'numpy.core',
        '_ufunc_reconstruct',
        str('sklearn.metrics._scorer'),
        str('get_scorer'),
      )(b)
        .str('x')
        .tuple1()
        .reduce(),
    call('numpy.core', '_ufunc_reconstruct', str('sklearn.metrics._scorer'), str('get_scorer')),
  ],
  [
    'what NumPy resolves, as an instance',
    'PKL-CALL-REFERENCE',
    (b) =>
      call(
        'numpy._core',
        '_ufunc_reconstruct',
        str('sklearn.metrics._scorer'),
        str('get_scorer'),
      )(b)
        .emptyTuple()
        .newObject(),
    call('numpy._core', '_ufunc_reconstruct', str('sklearn.metrics._scorer'), str('get_scorer')),
  ],
  [
    'a factory that is only a reference',
    'PKL-CALL-APPLIES',
    call('collections', 'defaultdict', SCORER),
    call('collections', 'defaultdict', ref('builtins', 'list')),
  ],
  [
    'a factory that is computed',
    'PKL-CALL-APPLIES',
    call('collections', 'defaultdict', call('builtins', 'type', LINEAR)),
    call('collections', 'defaultdict', ref('builtins', 'int')),
  ],
  [
    'a factory asked for by a chain of maps',
    'PKL-CALL-APPLIES',
    call(
      'builtins',
      'dict',
      call('collections', 'ChainMap', call('_collections', 'defaultdict', SCORER), dict(str('x'), none)),
    ),
    call(
      'builtins',
      'dict',
      call(
        'collections',
        'ChainMap',
        call('_collections', 'defaultdict', ref('builtins', 'dict')),
        dict(str('x'), none),
      ),
    ),
  ],
  [
    'a distance that the tree calls',
    'PKL-CALL-REFERENCE',
    call('sklearn.neighbors._ball_tree', 'BallTree', none, int(40), SCORER),
    call('sklearn.neighbors._ball_tree', 'newObj', ref('sklearn.neighbors._ball_tree', 'BallTree')),
  ],
  [
    'a distance that another tree calls',
    'PKL-CALL-REFERENCE',
    call('sklearn.neighbors._kd_tree', 'KDTree', none, int(40), SQRT),
    call('sklearn.neighbors._kd_tree', 'newObj', ref('sklearn.neighbors._kd_tree', 'KDTree')),
  ],
  [
    'a distance made of a function',
    'PKL-CALL-REFERENCE',
    call('sklearn.metrics._dist_metrics', 'PyFuncDistance', SCORER),
    call('sklearn.metrics._dist_metrics', 'newObj', ref('sklearn.metrics._dist_metrics', 'PyFuncDistance')),
  ],
  [
    'items of a user list, handed to an attribute of it',
    'PKL-ITEMS-OBJECT',
    (b) => list(int(1))(set(make('collections', 'UserList'), dict(str('extend'), SCORER))(b)).op('a'),
    set(make('collections', 'UserList'), dict(str('data'), list())),
  ],
  [
    'a call by OBJ of a function for references',
    'PKL-CALL-REFERENCE',
    (b) => SCORER(b.mark()).str('x').op('o'),
    (b) => ref('collections', 'OrderedDict')(b.mark()).op('o'),
  ],
  [
    'a call by INST of a function for references',
    'PKL-CALL-REFERENCE',
    (b) => b.mark().str('x').op('i', 'sklearn.metrics._scorer\nget_scorer\n'),
    (b) => b.mark().op('i', 'collections\nOrderedDict\n'),
  ],
  [
    'a call of a class that PyTorch refers to',
    'PKL-CALL-REFERENCE',
    (b) => tuple(str('module'), SCORER, str('f'), str('s'))(b).op('Q').str('x').tuple1().reduce(),
    (b) => tuple(str('module'), ref('torch.nn.modules.linear', 'Linear'), str('f'), str('s'))(b).op('Q'),
  ],
  [
    'a function behind copyreg behind copyreg',
    'PKL-CALL-REFERENCE',
    call('copyreg', '__newobj_ex__', SCORER, tuple(str('x')), dict()),
    call('copyreg', '__newobj_ex__', ref('collections', 'OrderedDict'), tuple(), dict()),
  ],
  [
    'a second pickle that is broken after it has called',
    'PKL-CALL-APPLIES',
    (b) =>
      call('numpy.random._pickle', '__generator_ctor', str('id'), SCORER)(b.none().stop().proto(4)).get(9),
    (b) => call('numpy.random._pickle', '__generator_ctor', str('PCG64'))(b.none().stop().proto(4)),
  ],
  [
    'a pickle without protocol that is broken after it has called',
    'PKL-CALL-APPLIES',
    (b) => call('copyreg', '_reconstructor', SCORER, SCORER, none)(b).get(200),
    call('copyreg', '_reconstructor', ref('collections', 'OrderedDict'), ref('builtins', 'object'), none),
  ],
];

/** A pickle that copies `what` again and again, of a size that is data once. */
const again =
  (what: Step, callee: Step, times: number): Step =>
  (b) => {
    what(b).put(0).pop();
    callee(b).put(1).pop().op(']').mark();
    for (let i = 0; i < times; i++) b.get(1).get(0).tuple1().reduce();
    return b.op('e');
  };
const many =
  (count: number): Step =>
  (b) => {
    b.op(']').mark();
    for (let i = 0; i < count; i++) b.none();
    return b.op('e');
  };
const manyKeys =
  (count: number): Step =>
  (b) => {
    b.dict().mark();
    for (let i = 0; i < count; i++) b.op('J', u32(i)).none();
    return b.setItems();
  };
const text =
  (length: number): Step =>
  (b) =>
    b.str('x'.repeat(length));
const bytes =
  (length: number): Step =>
  (b) =>
    b.bytes(new Uint8Array(length));
const members =
  (count: number): Step =>
  (b) => {
    b.op(0x8f).mark();
    for (let i = 0; i < count; i++) b.op('J', u32(i));
    return b.op(0x90);
  };

const HUGE = 10 ** 11;
const storage: Step = (b) =>
  tuple(str('storage'), ref('torch', 'FloatStorage'), str('0'), str('cpu'), int(4))(b).op('Q');
const tensor = (name: string, size: number, stride: number): Step =>
  call('torch._utils', name, storage, int(0), tuple(int(size)), tuple(int(stride)));

const RESOURCES: readonly Pair[] = [
  ...(
    [
      ['list', many(20_000), ref('builtins', 'list')],
      ['tuple', many(20_000), ref('builtins', 'tuple')],
      ['deque', many(20_000), ref('collections', 'deque')],
      ['set', members(5_000), ref('builtins', 'set')],
      ['frozenset', members(5_000), ref('builtins', 'frozenset')],
      ['dict', manyKeys(5_000), ref('builtins', 'dict')],
      ['Counter', manyKeys(5_000), ref('collections', 'Counter')],
      ['OrderedDict', manyKeys(5_000), ref('collections', 'OrderedDict')],
      ['bytearray', bytes(20_000), ref('builtins', 'bytearray')],
      ['text', text(20_000), ref('numpy', 'str_')],
      ['array', many(20_000), ref('numpy', 'matrix')],
      ['tensor', many(20_000), ref('torch', 'FloatTensor')],
    ] as const
  ).map(
    ([name, what, callee]): Pair => [
      `copies of a ${name} in the memo`,
      'PKL-RESOURCE',
      again(what, callee, 900),
      again(what, callee, 2),
    ],
  ),
  [
    'a void array of a large type',
    'PKL-RESOURCE',
    call('numpy', 'ndarray', tuple(int(1000)), str('V100000000')),
    call('numpy', 'ndarray', tuple(int(10)), str('V1')),
  ],
  [
    'an array of a large type as an object',
    'PKL-RESOURCE',
    call('numpy', 'ndarray', tuple(int(1000)), call('numpy', 'dtype', str('S1000000000'))),
    call('numpy', 'ndarray', tuple(int(10)), call('numpy', 'dtype', str('S10'))),
  ],
  [
    'an array of two types',
    'PKL-RESOURCE',
    call('numpy', 'ndarray', tuple(int(1000)), str('f8,V100000000')),
    call('numpy', 'ndarray', tuple(int(10)), str('f8')),
  ],
  [
    'an array of a subarray type',
    'PKL-RESOURCE',
    call('numpy', 'ndarray', tuple(int(1000)), str('(100000000,)f8')),
    call('numpy', 'ndarray', tuple(int(10)), str('i4')),
  ],
  [
    'an array without constructor, of a large type',
    'PKL-RESOURCE',
    call(
      'numpy.core.multiarray',
      '_reconstruct',
      ref('numpy', 'ndarray'),
      tuple(int(1000)),
      str('S1000000000'),
    ),
    call('numpy.core.multiarray', '_reconstruct', ref('numpy', 'ndarray'), tuple(int(10)), str('S10')),
  ],
  [
    'a scalar of a large type',
    'PKL-RESOURCE',
    call('numpy.core.multiarray', 'scalar', call('numpy', 'dtype', str('V10000000000'))),
    call('numpy.core.multiarray', 'scalar', call('numpy', 'dtype', str('V10'))),
  ],
  [
    'a record of a number',
    'PKL-RESOURCE',
    call('numpy', 'record', int(HUGE)),
    call('numpy', 'record', int(8)),
  ],
  [
    'a tensor larger than its storage',
    'PKL-RESOURCE',
    tensor('_rebuild_tensor_v2', HUGE, 1),
    tensor('_rebuild_tensor_v2', 4, 1),
  ],
  [
    'a tensor with a stride larger than its storage',
    'PKL-RESOURCE',
    tensor('_rebuild_tensor', 4, HUGE),
    tensor('_rebuild_tensor', HUGE, 0),
  ],
  [
    'an integer of a decimal with an exponent',
    'PKL-RESOURCE',
    call('builtins', 'int', call('decimal', 'Decimal', str('1E+999999999'))),
    call('builtins', 'int', call('decimal', 'Decimal', str('1E+9'))),
  ],
  [
    'a fraction of a decimal with an exponent',
    'PKL-RESOURCE',
    call('fractions', 'Fraction', call('decimal', 'Decimal', str('1E+999999999'))),
    call('fractions', 'Fraction', call('decimal', 'Decimal', str('1E+9'))),
  ],
  [
    'a range that begins far below zero',
    'PKL-RESOURCE',
    call('builtins', 'list', call('builtins', 'range', int(-(10 ** 17)), int(0))),
    call('builtins', 'list', call('builtins', 'range', int(-10), int(0))),
  ],
  [
    'a tree of many outputs',
    'PKL-RESOURCE',
    call('sklearn.tree._tree', 'Tree', int(4), none, int(2 ** 31 - 1)),
    call('sklearn.tree._tree', 'Tree', int(4), none, int(1)),
  ],
  [
    'a number of a hundred thousand digits',
    'PKL-RESOURCE',
    (b) => b.op('L', `${'9'.repeat(100_000)}L\n`),
    (b) => b.op('L', `${'9'.repeat(100)}L\n`),
  ],
  [
    'bytes of a number that is forgotten',
    'PKL-RESOURCE',
    (b) => {
      tuple(int(HUGE))(b).put(0).pop();
      for (let i = 0; i < 1 << 17; i++) b.emptyTuple().pop();
      return ref('builtins', 'bytes')(b).get(0).reduce();
    },
    (b) => {
      tuple(int(HUGE))(b).put(0).pop();
      for (let i = 0; i < 1 << 17; i++) b.emptyTuple().pop();
      return ref('builtins', 'float')(b).get(0).reduce();
    },
  ],
  [
    'an array of a range, many times',
    'PKL-RESOURCE',
    (b) => {
      call(
        'builtins',
        'range',
        int(10 ** 7),
      )(b)
        .put(0)
        .pop()
        .op(']')
        .mark();
      for (let i = 0; i < 50; i++) ref('array', 'array')(b).str('d').get(0).tuple2().reduce();
      return b.op('e');
    },
    (b) => {
      call('builtins', 'range', int(10))(b).put(0).pop().op(']').mark();
      for (let i = 0; i < 50; i++) ref('array', 'array')(b).str('d').get(0).tuple2().reduce();
      return b.op('e');
    },
  ],
];

export const ATTACK_CASES: readonly Case[] = [...ATTRIBUTES, ...STATES, ...CALLS, ...RESOURCES].flatMap(
  ([name, rule, bad, good]): Case[] => {
    const suspicious = rule === 'PKL-RESOURCE' || rule === 'PKL-ITEMS-OBJECT';
    return [
      {
        name,
        bytes: bad(pickle(4)).stop().done(),
        verdict: suspicious ? 'suspicious' : 'malicious',
        rule,
        twin: `${name}: the twin`,
      },
      { name: `${name}: the twin`, bytes: good(pickle(4)).stop().done(), verdict: 'clean' },
    ];
  },
);
