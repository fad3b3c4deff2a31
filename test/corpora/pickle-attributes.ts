import { type PickleBuilder, pickle } from '../support/pickle-builder.js';
import type { Case } from './pickle-case.js';

/** `getattr(module.owner, name)`. */
const attribute = (b: PickleBuilder, module: string, owner: string, name: string): PickleBuilder =>
  b.stackGlobal('builtins', 'getattr').stackGlobal(module, owner).str(name).tuple2().reduce();

/** `getattr(instance of module.owner, name)`. */
const bound = (module: string, owner: string, name: string): PickleBuilder =>
  pickle(4)
    .stackGlobal('builtins', 'getattr')
    .stackGlobal(module, owner)
    .emptyTuple()
    .newObject()
    .str(name)
    .tuple2()
    .reduce();

const zone = (b: PickleBuilder, key: string): PickleBuilder =>
  attribute(b, 'zoneinfo', 'ZoneInfo', '_unpickle').str(key).int(1).tuple2().reduce();

/** What SciPy writes for a distribution with one shape parameter, whose default is `scale`. */
const source = (scale: string, shape = 'p'): string =>
  `\ndef _parse_args(self, ${shape},  loc=0, scale=${scale}):\n    return (${shape}, ), loc, scale\n\ndef _parse_args_rvs(self, ${shape},  loc=0, scale=1, size=None):\n    return self._argcheck_rvs(${shape},  loc, scale, size=size)\n\ndef _parse_args_stats(self, ${shape},  loc=0, scale=1, moments='mv'):\n    return (${shape}, ), loc, scale, moments\n`;

const GAMMA = ['scipy.stats._continuous_distns', 'gamma_gen'] as const;
const distribution = (state: (b: PickleBuilder) => PickleBuilder): PickleBuilder =>
  state(
    pickle(4)
      .stackGlobal(...GAMMA)
      .emptyTuple()
      .newObject()
      .dict()
      .mark(),
  )
    .setItems()
    .build();
const templated = (text: string, key = '_parse_arg_template'): PickleBuilder =>
  distribution((b) => b.str('name').str('gamma').str(key).str(text));

const clean = (name: string, b: PickleBuilder): Case => ({
  name,
  bytes: b.stop().done(),
  verdict: 'clean',
});
const evil = (name: string, b: PickleBuilder, rule: NonNullable<Case['rule']>, twin: string): Case => ({
  name,
  bytes: b.stop().done(),
  verdict: 'malicious',
  rule,
  twin,
});

const INTERP = ['scipy.interpolate._interpolate', 'interp1d'] as const;

/** The state of a distribution as protocol 0 writes it, item by item; `more` before the source. */
function itemised(more: readonly string[]): PickleBuilder {
  const b = pickle(4)
    .stackGlobal(...GAMMA)
    .emptyTuple()
    .newObject()
    .dict();
  for (const key of more) b.str(key).none().op('s');
  return b.str('name').str('gamma').op('s').str('_parse_arg_template').str(source('1')).op('s').build();
}

/** `copyreg._reconstructor(distribution, base, None)` and its state. */
const reconstructed = (module: string, base: string, text: string): PickleBuilder =>
  pickle(1)
    .global('copy_reg', '_reconstructor')
    .global(...GAMMA)
    .global(module, base)
    .none()
    .tuple3()
    .reduce()
    .dict()
    .mark()
    .str('_parse_arg_template')
    .str(text)
    .setItems()
    .build();

/** `torch.storage._load_from_bytes(_codecs.encode(text, encoding))`. */
const nested = (bytes: Uint8Array, encoding = 'latin1'): PickleBuilder =>
  pickle(2)
    .global('torch.storage', '_load_from_bytes')
    .global('_codecs', 'encode')
    .str(Buffer.from(bytes).toString('latin1'))
    .str(encoding)
    .tuple2()
    .reduce()
    .tuple1()
    .reduce();

/** An array of joblib that is to become one of the class `numpy.name`. */
const wrapper = (name: string): PickleBuilder =>
  pickle(4)
    .stackGlobal('joblib.numpy_pickle', 'NumpyArrayWrapper')
    .emptyTuple()
    .newObject()
    .dict()
    .mark()
    .str('subclass')
    .stackGlobal('numpy', name)
    .str('shape')
    .int(2)
    .tuple1()
    .str('dtype')
    .stackGlobal('numpy', 'dtype')
    .str('u1')
    .tuple1()
    .reduce()
    .setItems()
    .build()
    .raw('\0\0');

/** Attributes that benign pickles resolve, and states that SciPy executes; each with what differs by one fault. */
export const ATTRIBUTE_CASES: readonly Case[] = [
  clean('method of a plain type', attribute(pickle(4), 'builtins', 'str', 'split')),
  clean(
    'method of a plain type, Python 2 names',
    pickle(2)
      .global('__builtin__', 'getattr')
      .global('__builtin__', 'unicode')
      .str('split')
      .tuple2()
      .reduce(),
  ),
  ...['__class__', 'format', 'mro', '__subclasses__', 'format_map', 'split.__self__'].map((name) =>
    evil(
      `attribute ${name} of a plain type`,
      attribute(pickle(4), 'builtins', 'str', name),
      'PKL-GLOBAL-DANGEROUS',
      'method of a plain type',
    ),
  ),
  evil(
    'method of another type',
    attribute(pickle(4), 'builtins', 'object', 'split'),
    'PKL-GLOBAL-DANGEROUS',
    'method of a plain type',
  ),
  evil(
    'method of a plain type, called',
    attribute(pickle(4), 'builtins', 'str', 'split').str('a b').tuple1().reduce(),
    'PKL-CALL-COMPUTED',
    'method of a plain type',
  ),
  evil(
    'method of a plain type with a default',
    pickle(4)
      .stackGlobal('builtins', 'getattr')
      .stackGlobal('builtins', 'str')
      .str('split')
      .none()
      .tuple3()
      .reduce(),
    'PKL-GLOBAL-DANGEROUS',
    'method of a plain type',
  ),
  evil(
    'getattr kept beside a method',
    attribute(pickle(4), 'builtins', 'str', 'split').stackGlobal('builtins', 'getattr').tuple2(),
    'PKL-GLOBAL-DANGEROUS',
    'method of a plain type',
  ),
  clean('hook of a lazy module', bound('torch.nn.modules.linear', 'LazyLinear', '_infer_parameters')),
  evil(
    'other attribute of a lazy module',
    bound('torch.nn.modules.linear', 'LazyLinear', '__init__'),
    'PKL-GLOBAL-DANGEROUS',
    'hook of a lazy module',
  ),
  evil(
    'hook of a module that is not lazy',
    bound('torch.nn.modules.linear', 'Linear', '_infer_parameters'),
    'PKL-GLOBAL-DANGEROUS',
    'hook of a lazy module',
  ),
  clean('time zone', zone(pickle(4), 'Europe/Berlin')),
  evil(
    'time zone that leaves its folder',
    zone(pickle(4), '../../etc/passwd'),
    'PKL-CALL-ARGUMENTS',
    'time zone',
  ),
  evil(
    'other attribute of a time zone',
    attribute(pickle(4), 'zoneinfo', 'ZoneInfo', 'from_file'),
    'PKL-GLOBAL-DANGEROUS',
    'time zone',
  ),
  clean('distribution with the source SciPy writes', templated(source('1'))),
  ...Object.entries({
    'a default of its own': source('1', 'p=print(1)'),
    'a call as a default': source('__import__("os").system("id")'),
    'a line more': `${source('1')}import os\n`,
    'a line before': `import os${source('1')}`,
    'a name that is none': source('1', 'p):\n    import os\n#'),
    'no text at all': '',
  }).map(([what, text]) =>
    evil(
      `distribution whose source has ${what}`,
      templated(text),
      'PKL-EXEC-SOURCE',
      'distribution with the source SciPy writes',
    ),
  ),
  evil(
    'distribution without source',
    templated(source('1'), 'shapes'),
    'PKL-EXEC-SOURCE',
    'distribution with the source SciPy writes',
  ),
  evil(
    'distribution that replaces a method',
    distribution((b) => b.str('_parse_arg_template').str(source('1')).str('_attach_methods').none()),
    'PKL-EXEC-SOURCE',
    'distribution with the source SciPy writes',
  ),
  evil(
    'distribution that is called',
    pickle(4)
      .stackGlobal(...GAMMA)
      .emptyTuple()
      .reduce(),
    'PKL-CALL-ARGUMENTS',
    'distribution with the source SciPy writes',
  ),
  evil(
    'distribution whose class is passed on',
    pickle(4)
      .stackGlobal('torch._tensor', '_rebuild_from_type_v2')
      .stackGlobal(...GAMMA)
      .tuple1()
      .reduce(),
    'PKL-CALL-ARGUMENTS',
    'distribution with the source SciPy writes',
  ),
  clean(
    'vectorised method of a distribution',
    pickle(4).stackGlobal('numpy', 'vectorize').emptyTuple().newObject(),
  ),
  evil(
    'vectorize with a function',
    pickle(4).stackGlobal('numpy', 'vectorize').stackGlobal('numpy', 'sqrt').tuple1().newObject(),
    'PKL-CALL-ARGUMENTS',
    'vectorised method of a distribution',
  ),
  clean('distribution whose state is set item by item', itemised([])),
  evil(
    'distribution that replaces a method before its source is set',
    itemised(['_attach_methods']),
    'PKL-EXEC-SOURCE',
    'distribution whose state is set item by item',
  ),
  clean('distribution of protocol 1', reconstructed('builtins', 'object', source('1'))),
  evil(
    'distribution of protocol 1 with source of its own',
    reconstructed('builtins', 'object', source('1', 'p=print(1)')),
    'PKL-EXEC-SOURCE',
    'distribution of protocol 1',
  ),
  evil(
    'distribution of protocol 1 with another base',
    reconstructed('builtins', 'dict', source('1')),
    'PKL-CALL-ARGUMENTS',
    'distribution of protocol 1',
  ),
  clean('method of an interpolation', attribute(pickle(2), ...INTERP, '_call_linear')),
  clean('method of an interpolation by its path', pickle(4).stackGlobal(INTERP[0], 'interp1d._call_linear')),
  evil(
    'other attribute of an interpolation',
    attribute(pickle(2), ...INTERP, '__init__'),
    'PKL-GLOBAL-DANGEROUS',
    'method of an interpolation',
  ),
  evil(
    'other attribute of an interpolation by its path',
    pickle(4).stackGlobal(INTERP[0], 'interp1d.x'),
    'PKL-GLOBAL-TRAVERSAL',
    'method of an interpolation by its path',
  ),
  clean('density estimate', bound('scipy.stats._kde', 'gaussian_kde', 'scotts_factor')),
  evil(
    'other attribute of a density estimate',
    bound('scipy.stats._kde', 'gaussian_kde', '__init__'),
    'PKL-GLOBAL-DANGEROUS',
    'density estimate',
  ),
  clean(
    'multivariate distribution',
    pickle(4)
      .stackGlobal('scipy.stats._multivariate', 'multivariate_normal_frozen')
      .emptyTuple()
      .newObject()
      .dict()
      .mark()
      .str('_dist')
      .stackGlobal('scipy.stats._multivariate', 'multivariate_normal_gen')
      .emptyTuple()
      .newObject()
      .dict()
      .mark()
      .str('_random_state')
      .none()
      .setItems()
      .build()
      .setItems()
      .build(),
  ),
  clean('decimal context', pickle(4).stackGlobal('decimal', 'Context').int(5).tuple1().reduce()),
  clean(
    'classes of SciPy',
    pickle(4).stackGlobal('scipy.interpolate._rgi', 'RegularGridInterpolator').emptyTuple().newObject(),
  ),
  clean(
    'hooks of PyTorch',
    pickle(4).stackGlobal('torch.nn.utils.weight_norm', 'WeightNorm').emptyTuple().newObject(),
  ),
  clean(
    'result of an optimisation',
    pickle(4)
      .stackGlobal('scipy.optimize._optimize', 'OptimizeResult')
      .emptyTuple()
      .newObject()
      .mark()
      .str('x')
      .int(1)
      .setItems(),
  ),
  clean('storage in a pickle of protocol 2', nested(pickle(2).dict().stop().done())),
  evil(
    'threat in the storage of a pickle of protocol 2',
    nested(pickle(2).global('os', 'system').str('id').tuple1().reduce().stop().done()),
    'PKL-GLOBAL-DANGEROUS',
    'storage in a pickle of protocol 2',
  ),
  evil(
    'storage in another encoding',
    nested(pickle(2).dict().stop().done(), 'utf-16'),
    'PKL-CALL-ARGUMENTS',
    'storage in a pickle of protocol 2',
  ),
  clean('array that was mapped from a file', wrapper('memmap')),
  evil(
    'array of a class that resolves names',
    wrapper('vectorize'),
    'PKL-GLOBAL-DANGEROUS',
    'array that was mapped from a file',
  ),
];
