import { type PickleBuilder, pickle, u32, u64 } from '../support/pickle-builder.js';
import type { Case } from './pickle-case.js';

// Values that must not escape, functions that apply their arguments, and pickles that ask for more than they hold. Every
// malicious case has a clean twin that differs by the one value.

type Step = (b: PickleBuilder) => PickleBuilder;

/** Every way in which a value leaves the stack and the memo. */
const DOORS: Readonly<Record<string, (value: Step) => PickleBuilder>> = {
  'the result': (value) => value(pickle(4)),
  'a list, by APPEND': (value) => value(pickle(4).op(']')).op('a'),
  'a list, by APPENDS': (value) => value(pickle(4).op(']').mark().int(1)).op('e'),
  'a list, by LIST': (value) => value(pickle(0).mark()).op('l'),
  'a tuple': (value) => value(pickle(4)).tuple1(),
  'a pair': (value) => value(pickle(4).int(1)).tuple2(),
  'a tuple of many': (value) => value(pickle(4).mark().int(1).int(2).int(3).int(4)).tuple(),
  'a tuple of hundreds': (value) => {
    const b = pickle(4).mark();
    for (let i = 0; i < 200; i++) b.int(1);
    return value(b).tuple();
  },
  'a tuple in a tuple in a list': (value) => value(pickle(4).op(']')).tuple1().tuple1().op('a'),
  'the value of a dict': (value) => value(pickle(4).dict().mark().str('k')).setItems(),
  'the key of a dict': (value) => value(pickle(4).dict()).int(1).op('s'),
  'a dict, by DICT': (value) => value(pickle(0).mark().str('k')).op('d'),
  'a set': (value) => value(pickle(4).op(0x8f).mark()).op(0x90),
  'a frozen set': (value) => value(pickle(4).mark()).op(0x91),
  'the arguments of a call': (value) =>
    value(pickle(4).stackGlobal('types', 'SimpleNamespace')).tuple1().reduce(),
  'the arguments of an instance': (value) =>
    value(pickle(4).stackGlobal('collections', 'OrderedDict')).tuple1().newObject(),
  'the keywords of an instance': (value) =>
    value(pickle(4).stackGlobal('collections', 'OrderedDict').emptyTuple()).op(0x92),
  'the arguments of OBJ': (value) => value(pickle(1).mark().global('types', 'SimpleNamespace')).op('o'),
  'the arguments of INST': (value) => value(pickle(0).mark()).op('i', 'types\nSimpleNamespace\n'),
  'a state': (value) =>
    value(pickle(4).stackGlobal('types', 'SimpleNamespace').emptyTuple().reduce()).build(),
  'a part of a state': (value) =>
    value(pickle(4).stackGlobal('types', 'SimpleNamespace').emptyTuple().reduce().none()).tuple2().build(),
  'a list, after POP and the memo': (value) => value(pickle(4)).put(7).pop().op(']').get(7).op('a'),
  'a list, by the text memo': (value) =>
    value(pickle(0)).op('p', '300\n').pop().op(']').op('g', '300\n').op('a'),
  'a list, after a duplicate': (value) => value(pickle(4).op(']')).op('2').pop().op('a'),
  'a list, after many fetches and drops': (value) => {
    const b = value(pickle(4)).put(1).pop();
    for (let i = 0; i < 9; i++) b.get(1).pop();
    return b.op(']').get(1).op('a');
  },
  'a list, out of a tuple that a call was given': (value) =>
    value(pickle(4).stackGlobal('copyreg', '_reconstructor'))
      .stackGlobal('builtins', 'object')
      .none()
      .op(0x87)
      .put(3)
      .reduce()
      .pop()
      .op(']')
      .get(3)
      .op('a'),
};

const doors: Case[] = Object.entries(DOORS).flatMap(([name, through]): Case[] => [
  {
    name: `getattr into ${name}`,
    bytes: through((b) => b.global('builtins', 'getattr'))
      .stop()
      .done(),
    verdict: 'malicious',
    rule: 'PKL-GLOBAL-DANGEROUS',
    twin: `object into ${name}`,
  },
  {
    name: `memmap into ${name}`,
    bytes: through((b) => b.global('numpy', 'memmap'))
      .stop()
      .done(),
    verdict: 'malicious',
    twin: `object into ${name}`,
  },
  {
    name: `object into ${name}`,
    bytes: through((b) => b.global('builtins', 'object'))
      .stop()
      .done(),
    verdict: 'clean',
  },
]);

/** A call of `module.name` with one tuple of arguments. */
const call = (module: string, name: string, ...args: Step[]): PickleBuilder => {
  const b = pickle(4).stackGlobal(module, name).mark();
  for (const arg of args) arg(b);
  return b.tuple().reduce();
};
const ref =
  (module: string, name: string): Step =>
  (b) =>
    b.stackGlobal(module, name);
const str =
  (text: string): Step =>
  (b) =>
    b.str(text);
const none: Step = (b) => b.none();
const int =
  (value: number): Step =>
  (b) =>
    value < 2 ** 31 ? b.int(value) : b.op(0x8a, new Uint8Array([8, ...u64(BigInt(value))]));
const tuple =
  (...items: Step[]): Step =>
  (b) => {
    b.mark();
    for (const item of items) item(b);
    return b.tuple();
  };
const dict: Step = (b) => b.dict();

const SCORER = ref('sklearn.metrics._scorer', 'get_scorer');
const OBJECT = ref('builtins', 'object');
const TENSOR_ARGS = tuple(none, int(0), tuple(int(1)), tuple(int(1)));

/** Function, arguments of data, and arguments of which one is only safe to be referred to. */
const APPLIED: readonly (readonly [string, string, readonly Step[], readonly Step[]])[] = [
  ['copyreg', '__newobj__', [ref('collections', 'OrderedDict')], [SCORER]],
  ['copyreg', '__newobj_ex__', [ref('collections', 'OrderedDict'), tuple(), dict], [SCORER, tuple(), dict]],
  ['copyreg', '_reconstructor', [ref('collections', 'OrderedDict'), OBJECT, none], [SCORER, OBJECT, none]],
  [
    'copyreg',
    '_reconstructor',
    [ref('collections', 'Counter'), ref('builtins', 'dict'), dict],
    [OBJECT, SCORER, none],
  ],
  [
    'array',
    '_array_reconstructor',
    [ref('array', 'array'), str('d'), int(1), none],
    [SCORER, str('d'), int(1), none],
  ],
  [
    'numpy.core.multiarray',
    '_reconstruct',
    [ref('numpy', 'ndarray'), tuple(int(0)), str('b')],
    [SCORER, tuple(int(0)), str('b')],
  ],
  [
    'numpy._core.multiarray',
    '_reconstruct',
    [ref('numpy', 'memmap'), tuple(int(0)), str('b')],
    [ref('builtins', 'getattr'), tuple(int(0)), str('b')],
  ],
  [
    'numpy.ma.core',
    '_mareconstruct',
    [ref('numpy.ma.core', 'MaskedArray'), ref('numpy', 'ndarray'), tuple(int(0)), str('b')],
    [ref('numpy.ma.core', 'MaskedArray'), SCORER, tuple(int(0)), str('b')],
  ],
  [
    'numpy.random._pickle',
    '__generator_ctor',
    [str('PCG64'), ref('numpy.random._pickle', '__bit_generator_ctor')],
    [str('id'), SCORER],
  ],
  ['numpy.random._pickle', '__generator_ctor', [ref('numpy.random._pcg64', 'PCG64')], [SCORER]],
  [
    'numpy.random._pickle',
    '__randomstate_ctor',
    [str('MT19937'), ref('numpy.random._pickle', '__bit_generator_ctor')],
    [str('id'), SCORER],
  ],
  [
    'numpy.random._pickle',
    '__bit_generator_ctor',
    [ref('numpy.random._pcg64', 'PCG64')],
    [ref('sklearn.svm._classes', 'SVC')],
  ],
  [
    'torch._tensor',
    '_rebuild_from_type_v2',
    [ref('torch._utils', '_rebuild_tensor_v2'), ref('torch.nn.parameter', 'Parameter'), TENSOR_ARGS, dict],
    [SCORER, ref('torch.nn.parameter', 'Parameter'), tuple(str('id')), dict],
  ],
  [
    'torch._tensor',
    '_rebuild_from_type_v2',
    [ref('torch._utils', '_rebuild_tensor_v2'), ref('torch._tensor', 'Tensor'), TENSOR_ARGS, dict],
    [ref('torch._utils', '_rebuild_tensor_v2'), SCORER, TENSOR_ARGS, dict],
  ],
  [
    'pandas.core.indexes.base',
    '_new_Index',
    [ref('pandas.core.indexes.base', 'Index'), dict],
    [ref('collections', 'OrderedDict'), dict],
  ],
  ['sklearn.neighbors._kd_tree', 'newObj', [ref('sklearn.neighbors._kd_tree', 'KDTree')], [SCORER]],
  [
    'sklearn.linear_model._sgd_fast',
    '__pyx_unpickle_Hinge',
    [ref('sklearn.linear_model._sgd_fast', 'Hinge'), int(1), none],
    [SCORER, int(1), none],
  ],
];

const applied: Case[] = APPLIED.flatMap(([module, name, good, bad], i): Case[] => [
  {
    name: `${module}.${name} of data ${i}`,
    bytes: call(module, name, ...good)
      .stop()
      .done(),
    verdict: 'clean',
  },
  {
    name: `${module}.${name} of what is no data ${i}`,
    bytes: call(module, name, ...bad)
      .stop()
      .done(),
    verdict: 'malicious',
    twin: `${module}.${name} of data ${i}`,
  },
]);

const HUGE = 10 ** 11;
const nested = (depth: number): PickleBuilder => {
  const b = pickle(4).emptyTuple().put(0);
  for (let i = 0; i < depth; i++)
    b.get(i)
      .tuple2()
      .put(i + 1)
      .pop()
      .get(i + 1);
  return b;
};

/** What asks for much, and its twin that asks for little. */
const RESOURCES: Readonly<Record<string, (size: number) => PickleBuilder>> = {
  'bytes of a number': (n) => call('builtins', 'bytes', int(n)),
  'bytes without their constructor': (n) =>
    int(n)(pickle(4).stackGlobal('builtins', 'bytes')).tuple1().newObject(),
  'bytes by copyreg.__newobj__': (n) => call('copyreg', '__newobj__', ref('builtins', 'bytes'), int(n)),
  'bytes by copyreg._reconstructor': (n) =>
    call('copyreg', '_reconstructor', ref('collections', 'OrderedDict'), ref('builtins', 'bytes'), int(n)),
  'a bytearray of a number': (n) => call('builtins', 'bytearray', int(n)),
  'a range': (n) => call('builtins', 'range', int(0), int(n)),
  'an array of a number': (n) => call('numpy', 'ndarray', int(n)),
  'an array of a shape': (n) =>
    call('numpy', 'ndarray', tuple(int(Math.ceil(Math.sqrt(n))), int(Math.ceil(Math.sqrt(n))))),
  'an array without its constructor': (n) =>
    call('numpy.core.multiarray', '_reconstruct', ref('numpy', 'ndarray'), tuple(int(n)), str('b')),
  'a void scalar': (n) => call('numpy', 'void', int(n)),
  'a tensor': (n) => call('torch', 'FloatTensor', int(n)),
  'a storage': (n) => call('torch', 'UntypedStorage', int(n)),
};
const resources: Case[] = Object.entries(RESOURCES).flatMap(([name, of]): Case[] => [
  { name: `${name}, a little`, bytes: of(10).stop().done(), verdict: 'clean' },
  {
    name: `${name}, far too much`,
    bytes: of(HUGE).stop().done(),
    verdict: 'suspicious',
    rule: 'PKL-RESOURCE',
    twin: `${name}, a little`,
  },
]);

/** A range of ten million, made into lists `times` times: each is small enough, all of them are not. */
const copies = (times: number): PickleBuilder => {
  const b = call('builtins', 'range', int(0), int(10 ** 7))
    .put(0)
    .pop()
    .op(']')
    .mark();
  for (let i = 0; i < times; i++) b.stackGlobal('builtins', 'list').get(0).tuple1().reduce();
  return b.op('e');
};

const more: Case[] = [
  { name: 'tuples of tuples, five deep', bytes: nested(5).stop().done(), verdict: 'clean' },
  {
    name: 'tuples of tuples, forty deep',
    bytes: nested(40).stop().done(),
    verdict: 'suspicious',
    rule: 'PKL-RESOURCE',
    twin: 'tuples of tuples, five deep',
  },
  { name: 'a range made into no list', bytes: copies(0).stop().done(), verdict: 'clean' },
  {
    name: 'a range made into a thousand lists',
    bytes: copies(1000).stop().done(),
    verdict: 'suspicious',
    rule: 'PKL-RESOURCE',
    twin: 'a range made into no list',
  },
  {
    name: 'a fraction with an exponent',
    bytes: call('fractions', 'Fraction', str('1e3')).stop().done(),
    verdict: 'clean',
  },
  {
    name: 'a fraction with a huge exponent',
    bytes: call('fractions', 'Fraction', str('1e1000000000')).stop().done(),
    verdict: 'suspicious',
    rule: 'PKL-RESOURCE',
    twin: 'a fraction with an exponent',
  },
  {
    name: 'bytes of a computed number',
    bytes: call('builtins', 'bytes', (b) =>
      b.stackGlobal('builtins', 'int').str('100000000000').tuple1().reduce(),
    )
      .stop()
      .done(),
    verdict: 'suspicious',
    rule: 'PKL-RESOURCE',
    twin: 'bytes of a number, a little',
  },
  {
    name: 'a class behind an identifier of PyTorch',
    bytes: pickle(2)
      .mark()
      .str('module')
      .global('torch.nn.modules.linear', 'Linear')
      .str('f')
      .str('s')
      .tuple()
      .op('Q')
      .stop()
      .done(),
    verdict: 'clean',
  },
  {
    name: 'getattr behind an identifier of PyTorch, fetched and dropped',
    bytes: pickle(2)
      .mark()
      .str('module')
      .global('builtins', 'getattr')
      .put(0)
      .str('f')
      .str('s')
      .tuple()
      .op('Q')
      .put(1)
      .get(1)
      .pop()
      .get(1)
      .pop()
      .op(']')
      .get(0)
      .op('a')
      .stop()
      .done(),
    verdict: 'malicious',
    twin: 'a class behind an identifier of PyTorch',
  },
  {
    name: 'memmap made by a _reconstruct of somebody else',
    bytes: pickle(2)
      .global('sklearn.svm._classes', '_reconstruct')
      .global('numpy', 'memmap')
      .op('K', '\0')
      .tuple1()
      .op('C', '\x01b')
      .op(0x87)
      .reduce()
      .stop()
      .done(),
    verdict: 'malicious',
    twin: 'numpy._core.multiarray._reconstruct of data 6',
  },
  { name: 'a number of four bytes', bytes: pickle(2).op('J', u32(5)).stop().done(), verdict: 'clean' },
];

export const OWNERSHIP_CASES: readonly Case[] = [...doors, ...applied, ...resources, ...more];
