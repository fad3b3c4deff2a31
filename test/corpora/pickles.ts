import type { PickleRule } from '../../scanner/pickle/index.js';
import { numpyDtype, type PickleBuilder, pickle, u32, u64 } from '../support/pickle-builder.js';
import { ATTACK_CASES } from './pickle-attacks.js';
import { ATTRIBUTE_CASES } from './pickle-attributes.js';
import type { Case } from './pickle-case.js';
import { GADGETS } from './pickle-gadgets.js';
import { OWNERSHIP_CASES } from './pickle-ownership.js';

const run = (b: PickleBuilder): PickleBuilder => b.str('id').tuple1().reduce();
const system = (b: PickleBuilder): PickleBuilder => run(b.global('os', 'system'));
const latin = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

/** Every gadget called, in the spelling of protocol 2 or 4 by turns, and every one imported only. */
const gadgets: Case[] = GADGETS.flatMap(([module, name], i): Case[] => [
  {
    name: `calls ${module} ${name}`,
    bytes: run(i % 2 ? pickle(2).global(module, name) : pickle(4).stackGlobal(module, name))
      .stop()
      .done(),
    verdict: 'malicious',
    twin: 'calls collections OrderedDict',
  },
  {
    name: `holds ${module} ${name}`,
    bytes: (i % 2 ? pickle(4).stackGlobal(module, name) : pickle().global(module, name)).stop().done(),
    verdict: 'malicious',
  },
]);

const evil = (
  name: string,
  b: PickleBuilder | Uint8Array,
  rule: PickleRule = 'PKL-GLOBAL-DANGEROUS',
  twin?: string,
): Case => ({
  name,
  bytes: b instanceof Uint8Array ? b : b.done(),
  verdict: 'malicious',
  rule,
  ...(twin ? { twin } : {}),
});

const clean = (name: string, b: PickleBuilder | Uint8Array): Case => ({
  name,
  bytes: b instanceof Uint8Array ? b : b.done(),
  verdict: 'clean',
});

const suspicious = (name: string, b: PickleBuilder, rule: PickleRule): Case => ({
  name,
  bytes: b.done(),
  verdict: 'suspicious',
  rule,
});

/** A joblib array: wrapper, state, then raw bytes in the stream. */
function joblib(raw: Uint8Array, length: number, tail: (b: PickleBuilder) => PickleBuilder): PickleBuilder {
  const b = pickle(4)
    .stackGlobal('joblib.numpy_pickle', 'NumpyArrayWrapper')
    .emptyTuple()
    .newObject()
    .dict()
    .mark();
  b.str('shape').int(length).tuple1().str('order').str('C').str('dtype');
  numpyDtype(b, 'u1').str('allow_mmap').op(0x88).setItems().build().raw(raw);
  return tail(b);
}

const structure: Case[] = [
  evil(
    'memo set by BINPUT, read by STACK_GLOBAL',
    pickle(4)
      .str('os')
      .put(0)
      .pop()
      .str('system')
      .put(1)
      .pop()
      .get(0)
      .get(1)
      .op(0x93)
      .str('id')
      .tuple1()
      .reduce()
      .stop(),
  ),
  evil(
    'memo mixed with MEMOIZE',
    pickle(4)
      .str('os')
      .put(0)
      .str('system')
      .put(1)
      .str('torch._utils')
      .memoize()
      .str('_rebuild_tensor_v2')
      .memoize()
      .pop()
      .pop()
      .get(0)
      .get(1)
      .op(0x93)
      .str('id')
      .tuple1()
      .reduce()
      .stop(),
  ),
  evil(
    'memo index overwritten',
    pickle(4).str('collections').put(0).pop().str('os').put(0).pop().get(0).str('system').op(0x93).stop(),
    'PKL-GLOBAL-DANGEROUS',
    'memo index overwritten harmlessly',
  ),
  evil(
    'memo at a scattered index',
    pickle(4).str('os').op('r', u32(0xfffffff0)).pop().op('j', u32(0xfffffff0)).str('system').op(0x93).stop(),
  ),
  evil('memo by text opcodes', pickle().raw("S'os'\np1_0\n0S'system'\np 7\n0g10\ng7\n").op(0x93).stop()),
  evil(
    'names through DUP and POP',
    pickle(4).str('os').str('x').pop().str('system').op('2').pop().op(0x93).stop(),
  ),
  evil(
    'names behind POP_MARK',
    pickle(4).str('os').mark().str('a').str('b').op('1').str('system').op(0x93).stop(),
  ),
  evil('module by UNICODE escapes', pickle(4).raw('V\\u006f\\u0073\n').str('system').op(0x93).stop()),
  evil('module by STRING escapes', pickle(4).raw("S'\\x6f\\163'\n").str('system').op(0x93).stop()),
  evil(
    'module by BINSTRING',
    pickle(4).op('T', u32(2)).raw('os').op('U', Uint8Array.of(6)).raw('system').op(0x93).stop(),
  ),
  evil('module by BINUNICODE8', pickle(4).op(0x8d, u64(2n)).raw('os').str('system').op(0x93).stop()),
  evil(
    'name is computed',
    pickle(4).str('os').global('builtins', 'str').str('system').tuple1().reduce().op(0x93).stop(),
    'PKL-GLOBAL-UNRESOLVED',
  ),
  evil('name is a number', pickle(4).str('os').int(5).op(0x93).stop(), 'PKL-GLOBAL-UNRESOLVED'),
  evil('name is not in the memo', pickle(4).str('os').get(9).op(0x93).stop(), 'PKL-GLOBAL-UNRESOLVED'),
  evil(
    'name is longer than any',
    pickle(4).str('os').str('a'.repeat(2000)).op(0x93).stop(),
    'PKL-GLOBAL-UNRESOLVED',
  ),
  evil('name with a space', pickle(2).global('my module', 'x').stop(), 'PKL-GLOBAL-UNRESOLVED'),
  evil('module with a carriage return', pickle(2).global('os\r', 'system').stop()),
  evil('module in full-width letters', pickle(4).stackGlobal('ｏｓ', 'system').stop()),
  evil('empty module', pickle(4).stackGlobal('', 'system').stop(), 'PKL-GLOBAL-UNRESOLVED'),
  evil('INST', pickle().mark().raw("S'id'\nios\nsystem\n").stop()),
  evil('OBJ', pickle(1).mark().global('os', 'system').str('id').op('o').stop(), 'PKL-CALL-DANGEROUS'),
  evil('NEWOBJ_EX', pickle(4).global('subprocess', 'Popen').str('id').tuple1().dict().op(0x92).stop()),
  evil('NEWOBJ', pickle(2).global('subprocess', 'Popen').str('id').tuple1().newObject().stop()),
  evil('EXT1', pickle(2).op(0x82, Uint8Array.of(7)).stop(), 'PKL-EXTENSION-CODE'),
  evil('EXT2', pickle(2).op(0x83, Uint8Array.of(7, 1)).stop(), 'PKL-EXTENSION-CODE'),
  evil('EXT4', pickle(2).op(0x84, u32(70000)).emptyTuple().reduce().stop(), 'PKL-EXTENSION-CODE'),
  evil(
    'call on a persistent object',
    pickle(2).str('x').op('Q').emptyTuple().reduce().stop(),
    'PKL-CALL-COMPUTED',
  ),
  evil(
    'call on the result of a call',
    pickle(2).global('collections', 'OrderedDict').emptyTuple().reduce().emptyTuple().reduce().stop(),
    'PKL-CALL-COMPUTED',
  ),
  evil('frame that ends within an opcode', system(pickle(4).frame(3)).stop()),
  evil('frame longer than the file', system(pickle(4).frame(2n ** 40n)).stop()),
  evil('no protocol', system(pickle()).stop()),
  evil('protocol 0 with its text opcodes', latin("cos\nsystem\n(S'id'\ntR.")),
  evil('protocol that does not exist', system(pickle(9)).stop()),
  evil('result popped', system(pickle(2)).pop().none().stop(), 'PKL-CALL-DANGEROUS'),
  evil('call in the middle of data', system(pickle(2).op(']').mark().int(1)).int(2).op('e').stop()),
  evil('second pickle in the file', system(pickle(2).int(1).stop().proto(2)).stop()),
  evil(
    'twentieth pickle in the file',
    (() => {
      const b = pickle();
      for (let i = 0; i < 19; i++) b.proto(2).int(i).stop();
      return system(b.proto(2)).stop();
    })(),
  ),
  evil('payload after STOP without PROTO', system(pickle(2).int(1).stop()).stop()),
  evil('payload behind padding', system(pickle(2).int(1).stop().raw('\0'.repeat(512)).proto(2)).stop()),
  evil(
    'payload behind garbage at the end',
    system(pickle(2).int(1).stop().raw('\xff\xfe\xfdgarbage').proto(2)).stop(),
  ),
  evil(
    'text payload behind garbage at the end',
    pickle(2).int(1).stop().raw("\xff\xfegarbagecos\nsystem\n(S'id'\ntR."),
  ),
  evil('garbage before', system(pickle().raw('\x00\x01\x02garbage').proto(4)).stop(), 'PKL-LEADING-DATA'),
  evil('truncated after the payload', system(pickle(2))),
  evil('truncated within the next opcode', system(pickle(2)).op('X', u32(1000)).raw('abc')),
  evil('invalid opcode after the payload', system(pickle(2)).raw('\xff\xff')),
  evil('truncated text payload', latin("cos\nsystem\n(S'id'\ntR")),
  evil('only an import, cut right after it', latin('cos\nsystem\n')),
  evil('stack underflow after the payload', system(pickle(2)).pop().pop().pop()),
  evil('fault before the payload', system(pickle(2).pop().get(3)).stop()),
  evil(
    'BUILD on a class',
    pickle(2).global('collections', 'OrderedDict').dict().str('x').int(1).op('s').build().stop(),
    'PKL-BUILD-GLOBAL',
    'BUILD on an instance',
  ),
  evil(
    'SETITEM on a class',
    pickle(2).global('collections', 'OrderedDict').str('x').int(1).op('s').stop(),
    'PKL-BUILD-GLOBAL',
    'SETITEM on an instance',
  ),
  evil(
    'APPEND on a class',
    pickle(2).global('collections', 'deque').int(1).op('a').stop(),
    'PKL-BUILD-GLOBAL',
  ),
  evil(
    'BUILD with __setstate__',
    pickle(2)
      .global('collections', 'OrderedDict')
      .emptyTuple()
      .reduce()
      .dict()
      .str('__setstate__')
      .global('builtins', 'str')
      .op('s')
      .build()
      .stop(),
    'PKL-BUILD-ATTRIBUTES',
    'BUILD on an instance',
  ),
  evil(
    'BUILD with __class__ in slots',
    pickle(2)
      .global('collections', 'OrderedDict')
      .emptyTuple()
      .reduce()
      .none()
      .dict()
      .mark()
      .str('__class__')
      .global('builtins', 'str')
      .setItems()
      .tuple2()
      .build()
      .stop(),
    'PKL-BUILD-ATTRIBUTES',
  ),
  evil(
    'traversal through a library',
    pickle(4).stackGlobal('torch', 'os.system').stop(),
    'PKL-GLOBAL-TRAVERSAL',
  ),
  evil('module of a module', pickle(4).stackGlobal('sklearn.utils', 'os').stop(), 'PKL-GLOBAL-TRAVERSAL'),
  evil(
    'traversal by special attributes',
    pickle(4).stackGlobal('collections', 'OrderedDict.__init__.__globals__').stop(),
    'PKL-GLOBAL-TRAVERSAL',
  ),
  evil(
    'traversal of an unknown module',
    pickle(4).stackGlobal('mymodel', 'subprocess.Popen').stop(),
    'PKL-GLOBAL-TRAVERSAL',
  ),
  evil(
    'special attribute of a module',
    pickle(2).global('mymodel', '__builtins__').stop(),
    'PKL-GLOBAL-TRAVERSAL',
  ),
  evil(
    'ufunc resolver',
    pickle(2).global('numpy.core', '_ufunc_reconstruct').str('os').str('system').tuple2().reduce().stop(),
    'PKL-CALL-ARGUMENTS',
    'ufunc',
  ),
  evil(
    'ufunc resolver passed on',
    pickle(2)
      .global('torch._tensor', '_rebuild_from_type_v2')
      .global('numpy.core', '_ufunc_reconstruct')
      .global('torch', 'Tensor')
      .str('os')
      .str('system')
      .tuple2()
      .dict()
      .mark()
      .raw('')
      .op('1')
      .mark()
      .op('1')
      .tuple3()
      .reduce()
      .stop(),
    'PKL-CALL-ARGUMENTS',
  ),
  evil(
    'class made by type',
    pickle(2).global('builtins', 'type').str('X').emptyTuple().dict().tuple3().reduce().stop(),
    'PKL-CALL-ARGUMENTS',
    'type of None',
  ),
  evil(
    'codec other than plain text',
    pickle(2).global('_codecs', 'encode').str('x').str('zip').tuple2().reduce().stop(),
    'PKL-CALL-ARGUMENTS',
    'bytes of protocol 2',
  ),
  evil(
    'memory map that creates a file',
    pickle(2).global('numpy', 'memmap').str('/x').str('u1').str('w+').tuple3().reduce().stop(),
    'PKL-CALL-ARGUMENTS',
    'memory map as the type of an array',
  ),
  evil(
    'memory map through an index',
    pickle(2)
      .global('pandas.core.indexes.base', '_new_Index')
      .global('numpy', 'memmap')
      .dict()
      .tuple2()
      .reduce()
      .stop(),
    'PKL-CALL-ARGUMENTS',
  ),
  evil(
    'memory map by NEWOBJ',
    pickle(2).global('numpy', 'memmap').str('/x').tuple1().newObject().stop(),
    'PKL-CALL-ARGUMENTS',
  ),
  evil(
    'reference that is called',
    pickle(2).global('numpy', 'mean').int(1).tuple1().reduce().stop(),
    'PKL-CALL-REFERENCE',
    'reference',
  ),
  evil(
    'unknown function that is called',
    pickle(2).global('mymodel', 'run').int(1).tuple1().reduce().stop(),
    'PKL-CALL-UNKNOWN',
  ),
  evil(
    'tensor bytes that are a payload',
    pickle(2)
      .global('torch.storage', '_load_from_bytes')
      .bytes(system(pickle(2)).stop().done())
      .tuple1()
      .reduce()
      .stop(),
    'PKL-GLOBAL-DANGEROUS',
    'tensor bytes',
  ),
  evil(
    'tensor bytes that are computed',
    pickle(2)
      .global('torch.storage', '_load_from_bytes')
      .global('builtins', 'bytes')
      .emptyTuple()
      .reduce()
      .tuple1()
      .reduce()
      .stop(),
    'PKL-CALL-ARGUMENTS',
  ),
  evil(
    'payload in an array of joblib',
    joblib(latin("cos\nsystem\n(S'id'\ntR."), 22, (b) => b.stop()),
    'PKL-GLOBAL-DANGEROUS',
    'array of joblib',
  ),
  evil(
    'payload in an array, names from the memo',
    (() => {
      const raw = pickle().get(0).get(1).op(0x93).stop().done();
      const b = pickle(4).str('posix').put(0).pop().str('system').put(1).pop();
      return new Uint8Array(
        Buffer.concat([
          b.done(),
          joblib(raw, raw.length, (t) => t.stop())
            .done()
            .subarray(2),
        ]),
      );
    })(),
  ),
  evil(
    'payload that array bytes skip to',
    joblib(Uint8Array.of(0x42, 6, 0, 0, 0, 0), 6, (b) =>
      b.bytes(latin("...cos\nsystem\n(S'id'\ntR.")).stop(),
    ),
  ),
  evil(
    'wrapper of joblib without a shape, then a payload',
    pickle(4)
      .str('posix')
      .put(0)
      .pop()
      .str('system')
      .put(1)
      .pop()
      .stackGlobal('joblib.numpy_pickle', 'NumpyArrayWrapper')
      .emptyTuple()
      .newObject()
      .dict()
      .build()
      .get(0)
      .get(1)
      .op(0x93)
      .str('id')
      .tuple1()
      .reduce()
      .stop(),
  ),
  evil(
    'payload after an array of joblib',
    joblib(new Uint8Array(64).fill(7), 64, (b) => system(b).stop()),
  ),
  evil(
    'many imports hide one',
    (() => {
      const b = pickle(2);
      for (let i = 0; i < 300; i++) b.global('collections', 'OrderedDict').pop();
      return system(b).stop();
    })(),
  ),
  evil(
    'deep nesting',
    (() => {
      const b = pickle(2);
      for (let i = 0; i < 5000; i++) b.op(']');
      system(b);
      for (let i = 0; i < 5000; i++) b.op('a');
      return b.stop();
    })(),
  ),
  evil('NEXT_BUFFER before', system(pickle(5).op(0x97).op(0x98).pop()).stop()),
  evil('list as a dict key before', system(pickle(2).dict().op(']').int(1).op('s').pop()).stop()),
  evil('module of Python 2', pickle(2).global('__builtin__', 'eval').stop()),
  evil('itertools.imap is builtins.map', pickle(2).global('itertools', 'imap').stop()),
  evil(
    'getattr on an allowed class',
    pickle(4)
      .stackGlobal('builtins', 'getattr')
      .stackGlobal('collections', 'OrderedDict')
      .str('__subclasses__')
      .tuple2()
      .reduce()
      .stop(),
  ),
  suspicious(
    'class of an unknown module',
    pickle(2).global('mymodel', 'Net').emptyTuple().newObject().stop(),
    'PKL-GLOBAL-UNKNOWN',
  ),
  suspicious(
    'class of the main program',
    pickle(2).global('__main__', 'Net').emptyTuple().newObject().stop(),
    'PKL-GLOBAL-UNKNOWN',
  ),
  suspicious('persistent identifier', pickle(2).str('row 5').op('Q').stop(), 'PKL-PERSISTENT-ID'),
  suspicious(
    'items in an object that takes none',
    pickle(2)
      .global('numpy', 'dtype')
      .str('f8')
      .tuple1()
      .reduce()
      .pop()
      .global('datetime', 'timedelta')
      .emptyTuple()
      .reduce()
      .str('a')
      .int(1)
      .op('s')
      .stop(),
    'PKL-ITEMS-OBJECT',
  ),
  suspicious('trailing data', pickle(2).int(1).stop().raw('\xfe\xffhello'), 'PKL-TRAILING-DATA'),
  suspicious(
    'array of an old joblib',
    pickle(2).global('joblib.numpy_pickle_compat', 'NDArrayWrapper').emptyTuple().newObject().stop(),
    'PKL-EXTERNAL-FILE',
  ),
  suspicious(
    'distribution of SciPy',
    pickle(2).global('scipy.stats._distn_infrastructure', 'rv_sample').emptyTuple().newObject().stop(),
    'PKL-EXEC-STATE',
  ),
];

/** Values whose constructors data needs; each in two spellings. */
const CALLS: readonly (readonly [string, string])[] = [
  ['collections', 'OrderedDict'],
  ['collections', 'Counter'],
  ['collections', 'deque'],
  ['datetime', 'datetime'],
  ['datetime', 'date'],
  ['datetime', 'timedelta'],
  ['datetime', 'timezone'],
  ['decimal', 'Decimal'],
  ['fractions', 'Fraction'],
  ['uuid', 'UUID'],
  ['pathlib', 'PosixPath'],
  ['builtins', 'complex'],
  ['builtins', 'set'],
  ['builtins', 'frozenset'],
  ['builtins', 'bytearray'],
  ['builtins', 'range'],
  ['builtins', 'slice'],
  ['__builtin__', 'set'],
  ['__builtin__', 'xrange'],
  ['__builtin__', 'unicode'],
  ['numpy', 'dtype'],
  ['numpy', 'float64'],
  ['numpy', 'ndarray'],
  ['numpy._core.multiarray', 'scalar'],
  ['numpy.random._pickle', '__randomstate_ctor'],
  ['scipy.sparse._csr', 'csr_matrix'],
  ['sklearn.linear_model._logistic', 'LogisticRegression'],
  ['sklearn.tree._tree', 'Tree'],
  ['torch._utils', '_rebuild_tensor_v2'],
  ['torch', 'Size'],
  ['torch', 'device'],
  ['xgboost.sklearn', 'XGBClassifier'],
  ['lightgbm.sklearn', 'LGBMClassifier'],
  ['types', 'SimpleNamespace'],
  ['argparse', 'Namespace'],
  ['re', '_compile'],
  ['time', 'struct_time'],
];

const benign: Case[] = [
  ...CALLS.flatMap(([module, name]): Case[] => [
    clean(`calls ${module} ${name}`, run(pickle(2).global(module, name)).stop()),
    clean(`calls ${module} ${name} by STACK_GLOBAL`, run(pickle(4).stackGlobal(module, name)).stop()),
  ]),
  clean('plain data', pickle(4).dict().mark().str('a').int(1).str('b').none().setItems().stop()),
  clean(
    'protocol 0',
    latin("(dp0\nVa\np1\nI5\nsVb\np2\n(lp3\nF1.5\naL12345678901234567890L\nasS'x\\'y'\np4\nI01\ns."),
  ),
  clean('protocol 1', pickle(1).op(']').put(0).mark().op('X', u32(2)).raw('hi').int(3).op('e').stop()),
  clean('empty list', pickle(2).op(']').stop()),
  clean(
    'bytes of protocol 2',
    pickle(2).global('_codecs', 'encode').str('x').str('latin1').tuple2().reduce().stop(),
  ),
  clean('type of None', pickle(2).global('builtins', 'type').none().tuple1().reduce().stop()),
  clean(
    'ufunc',
    pickle(2).global('numpy.core', '_ufunc_reconstruct').str('numpy').str('log1p').tuple2().reduce().stop(),
  ),
  clean('reference', pickle(2).global('numpy', 'mean').stop()),
  clean(
    'memory map as the type of an array',
    pickle(2)
      .global('numpy.core.multiarray', '_reconstruct')
      .global('numpy', 'memmap')
      .int(0)
      .tuple1()
      .bytes(latin('b'))
      .tuple3()
      .reduce()
      .stop(),
  ),
  clean(
    'BUILD on an instance',
    pickle(2)
      .global('collections', 'OrderedDict')
      .emptyTuple()
      .reduce()
      .dict()
      .str('x')
      .int(1)
      .op('s')
      .build()
      .stop(),
  ),
  clean(
    'SETITEM on an instance',
    pickle(2).global('collections', 'OrderedDict').emptyTuple().reduce().str('x').int(1).op('s').stop(),
  ),
  clean(
    'APPEND on an instance',
    pickle(2).global('collections', 'deque').emptyTuple().reduce().int(1).op('a').stop(),
  ),
  clean(
    'memo index overwritten harmlessly',
    pickle(4)
      .str('os')
      .put(0)
      .pop()
      .str('collections')
      .put(0)
      .pop()
      .get(0)
      .str('OrderedDict')
      .op(0x93)
      .stop(),
  ),
  clean('special attribute as plain data', pickle(2).dict().str('__class__').str('x').op('s').stop()),
  clean(
    'names of dangerous things as data',
    pickle(4).op(']').mark().str('os').str('system').str('eval').op('e').stop(),
  ),
  clean('payload as text', pickle(4).str("cos\nsystem\n(S'id'\ntR.").stop()),
  clean('payload as bytes', pickle(4).bytes(latin("cos\nsystem\n(S'id'\ntR.")).stop()),
  clean('two pickles', pickle(2).int(1).stop().proto(2).int(2).stop()),
  clean('padding behind', pickle(2).int(1).stop().raw('\0'.repeat(600))),
  clean('line feed behind', pickle(2).int(1).stop().raw('\r\n')),
  clean(
    'array of joblib',
    joblib(new Uint8Array(64).fill(0x80), 64, (b) => b.stop()),
  ),
  clean(
    'array of joblib, then data',
    joblib(new Uint8Array(64).fill(7), 64, (b) => b.int(1).tuple2().stop()),
  ),
  clean(
    'tensor bytes',
    pickle(2)
      .global('torch.storage', '_load_from_bytes')
      .bytes(pickle(2).int(1).stop().done())
      .tuple1()
      .reduce()
      .stop(),
  ),
  clean(
    'storage of PyTorch',
    pickle(2)
      .mark()
      .str('storage')
      .global('torch', 'FloatStorage')
      .str('0')
      .str('cpu')
      .int(4)
      .tuple()
      .op('Q')
      .stop(),
  ),
  clean('old class instance', latin('(itypes\nSimpleNamespace\n.')),
  clean(
    'new-style instance of protocol 0',
    latin('ccopy_reg\n_reconstructor\n(csklearn.svm.classes\nSVC\nc__builtin__\nobject\nNtR(dVC\nF1.0\nsb.'),
  ),
  clean('out-of-band buffer', pickle(5).op(0x97).op(0x98).stop()),
  clean('byte array', pickle(5).op(0x96, u64(3n)).raw('abc').stop()),
  clean('large integer', pickle(2).op(0x8b, u32(300)).raw('\x7f'.repeat(300)).stop()),
  clean('set of protocol 4', pickle(4).op(0x8f).mark().int(1).int(2).op(0x90).stop()),
  clean('frozenset of protocol 4', pickle(4).mark().int(1).op(0x91).stop()),
  clean(
    'billion laughs',
    (() => {
      const b = pickle(2).op(']').put(0);
      for (let i = 0; i < 100; i++)
        b.op(']')
          .put(i + 1)
          .mark()
          .get(i)
          .get(i)
          .op('e');
      return b.stop();
    })(),
  ),
  clean(
    'type of a TorchScript archive',
    pickle(2).global('__torch__.torch.nn.modules.linear', 'Linear').emptyTuple().newObject().stop(),
  ),
];

export const CORPUS: readonly Case[] = [
  ...gadgets,
  ...structure,
  ...benign,
  ...ATTRIBUTE_CASES,
  ...OWNERSHIP_CASES,
  ...ATTACK_CASES,
];
