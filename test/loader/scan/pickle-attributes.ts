import { type PickleBuilder, pickle } from '../../support/pickle-builder.js';
import type { Case } from './pickle-corpus.js';

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
];
