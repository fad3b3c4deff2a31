import { type Py, PyBytes, PyComputed, PyGlobal, PyInstance, PyText, PyTuple, reachable } from './objects.js';
import {
  DISTRIBUTION_SOURCE,
  isApplier,
  isClassOnly,
  isDataClass,
  isGuarded,
  isReference,
  MAPPINGS,
  SEQUENCES,
  SETS,
  SIZED,
  SPECIAL,
} from './world.js';

/** The pickle does what it must not. */
export class Finding extends Error {}
/** Python would raise: the types or values do not fit, and the load ends there. */
export class Raises extends Error {}

const MAX_ASKED = 2n ** 24n;
const ENCODINGS = ['utf-16', 'utf-8', 'ascii', 'latin-1', 'latin1'];
const PLAIN_TYPES = [
  'str',
  'bytes',
  'int',
  'float',
  'list',
  'dict',
  'tuple',
  'set',
  'frozenset',
  'complex',
].map((name) => `builtins.${name}`);
const PLAIN_METHODS = ['split', 'join', 'lower'];

const isMapping = (path: string): boolean =>
  path === 'collections.defaultdict' || (MAPPINGS as readonly string[]).includes(path);

const named = (value: Py | undefined, ...paths: readonly string[]): boolean =>
  value?.kind === 'global' && paths.includes(value.path);

/** Nothing that is guarded may be got at from what leaves the stack. */
export function mustNotEscape(...values: readonly Py[]): void {
  for (const value of values)
    for (const object of reachable(value))
      if (object.kind === 'global' && isGuarded(object.path)) throw new Finding(`${object.path} escapes`);
}

/** Return their first argument as it is. */
const RETURNS: readonly string[] = ['numpy.object_', 'torch.jit._pickle.restore_type_tag'];

/** An array is made of a list or tuple. */
const returned = (value: Py): Py =>
  value.kind === 'list' || value.kind === 'tuple' ? new PyInstance('numpy.ndarray', [value]) : value;

/** A tuple that a call made is one like any other. */
const seen = (value: Py): Py => {
  if (value.kind !== 'instance' || value.of !== 'builtins.tuple' || value.parts.length > 1) return value;
  const [from] = value.parts;
  if (from === undefined) return new PyTuple([]);
  return from.kind === 'list' || from.kind === 'tuple' || from.kind === 'set'
    ? new PyTuple(from.items)
    : value;
};

/** Calls, instances and states, as Python carries them out. */
export class Calls {
  #asked = 0n;
  readonly #nested: (bytes: Uint8Array) => void;

  constructor(nested: (bytes: Uint8Array) => void) {
    this.#nested = nested;
  }

  call(callee: Py, given: Py): Py {
    const args = seen(given);
    if (callee.kind === 'instance' || callee.kind === 'computed')
      throw new Finding('a computed object is called');
    if (callee.kind !== 'global') throw new Raises('it is not callable');
    if (args.kind !== 'tuple') throw new Raises('arguments are a tuple');
    const { path } = callee;
    const { items } = args;
    if (isApplier(path)) return this.#apply(path, items);
    mustNotEscape(...items);
    if (isGuarded(path)) return this.#guarded(path, items);
    if (isReference(path)) throw new Finding(`${path} is called`);
    if (isClassOnly(path) && items.length > 0) throw new Finding(`the constructor of ${path} is called`);
    for (const place of SIZED[path] ?? []) this.#ask(items[place]);
    if (RETURNS.includes(path) && items[0]) return returned(items[0]);
    const made = new PyInstance(path, items);
    if (path === 'types.SimpleNamespace' || path === 'scipy.optimize._optimize.OptimizeResult')
      for (const item of items) this.#filled(item);
    return made;
  }

  instantiate(cls: Py, given: Py, keywords?: Py): Py {
    const args = seen(given);
    mustNotEscape(args, ...(keywords ? [keywords] : []));
    if (cls.kind === 'instance' || cls.kind === 'computed')
      throw new Finding('an instance of a computed class');
    if (cls.kind !== 'global') throw new Raises('it is not a class');
    if (args.kind !== 'tuple') throw new Raises('arguments are a tuple');
    const { path } = cls;
    if (isGuarded(path)) {
      const stateful = path === 'numpy.vectorize' || path.startsWith('scipy.stats.');
      if (!stateful || args.items.length > 0) throw new Finding(`an instance of ${path}`);
    } else if (isReference(path)) throw new Finding(`an instance of ${path}`);
    for (const place of SIZED[path] ?? []) this.#ask(args.items[place]);
    if (RETURNS.includes(path) && args.items[0]) return returned(args.items[0]);
    return new PyInstance(path, args.items);
  }

  build(instance: Py, given: Py): void {
    const state = seen(given);
    mustNotEscape(state);
    if (instance.kind === 'global' || instance.kind === 'computed')
      throw new Finding('the state of what is not an instance');
    if (instance.kind !== 'instance') throw new Raises('it has no state');
    if (instance.of.startsWith('scipy.stats.')) this.#distribution(state);
    if (instance.of === 'logging.getLogger') throw new Finding('a logger of the program is changed');
    if (instance.of === 'collections.defaultdict')
      throw new Finding('the factory of a defaultdict is replaced');
    this.#attributes(state);
    instance.parts.push(state);
  }

  setItems(target: Py, entries: readonly [Py, Py][]): void {
    mustNotEscape(...entries.flat());
    if (target.kind === 'dict') target.entries.push(...entries);
    else if (target.kind === 'instance') {
      if (target.of === 'scipy.optimize._optimize.OptimizeResult') {
        for (const [key] of entries)
          if (isText(key, SPECIAL) || isComputedText(key)) throw new Finding('an attribute by item');
      } else if (!isMapping(target.of)) throw new Finding('items of what is no mapping');
      target.parts.push(...entries.flat());
    } else if (target.kind === 'global' || target.kind === 'computed') throw new Finding('items of a global');
    else throw new Raises('it takes no items');
  }

  append(target: Py, items: readonly Py[], how: 'sequence' | 'set'): void {
    mustNotEscape(...items);
    if (target.kind === (how === 'set' ? 'set' : 'list')) target.items.push(...items);
    else if (target.kind === 'instance') {
      const fit: readonly string[] =
        how === 'set' ? SETS : [...SEQUENCES, 'builtins.bytearray', 'array.array'];
      if (!fit.includes(target.of)) throw new Finding(`items of what is no ${how}`);
      target.parts.push(...items);
    } else if (target.kind === 'global' || target.kind === 'computed') throw new Finding('items of a global');
    else throw new Raises('it takes no items');
  }

  persistent(pid: Py): Py {
    mustNotEscape(pid);
    if (pid.kind === 'tuple') {
      const [tag, type, key, , count] = pid.items;
      if (isText(tag, ['module']) && pid.items.length === 4) return type ?? new PyComputed();
      const typed = type?.kind === 'global' && type.path === 'torch.FloatStorage';
      if (isText(tag, ['storage']) && typed && key?.kind === 'text' && count?.kind === 'number')
        return new PyInstance('persistent');
    }
    throw new Finding('an object outside of the file');
  }

  #ask(size: Py | undefined): void {
    const dimensions = size?.kind === 'tuple' ? size.items : size ? [size] : [];
    let product = 1n;
    let known = false;
    for (const dimension of dimensions) {
      const isNumber = dimension.kind === 'number';
      if (!isNumber && !(dimension.kind === 'instance' && dimension.of === 'builtins.int')) continue;
      known = true;
      product *= isNumber ? (dimension.value < 0n ? -dimension.value : dimension.value) : 2n ** 64n;
    }
    if (known) this.#asked += product;
    if (this.#asked > MAX_ASKED) throw new Finding('it asks for more than the file holds');
  }

  /** Keys of a state: of its dict, or of both dicts of a pair. */
  #keys(state: Py): readonly Py[] {
    const parts = state.kind === 'tuple' ? state.items : [state];
    return parts.flatMap((part) => (part.kind === 'dict' ? part.entries.map(([key]) => key) : []));
  }

  /** Items of a new mapping: a dict, or pairs in whatever holds them. */
  #filled(items: Py): void {
    this.#attributes(items);
    if (items.kind === 'instance')
      for (const inner of reachable(items))
        if (isText(inner, SPECIAL) || isComputedText(inner)) throw new Finding('an attribute in a mapping');
    if (items.kind !== 'list' && items.kind !== 'set' && items.kind !== 'tuple') return;
    for (const pair of items.items)
      if (pair.kind === 'tuple' || pair.kind === 'list') {
        const [key] = pair.items;
        if (key && (isText(key, SPECIAL) || isComputedText(key))) throw new Finding('an attribute by a pair');
      }
  }

  #attributes(state: Py): void {
    for (const key of this.#keys(state))
      if (isText(key, SPECIAL) || isComputedText(key)) throw new Finding('a special attribute is set');
    for (const part of state.kind === 'tuple' ? state.items : [state])
      if (part.kind === 'instance' && isMapping(part.of))
        for (const inner of reachable(part))
          if (isText(inner, SPECIAL) || isComputedText(inner))
            throw new Finding('a special attribute in a state');
  }

  #distribution(state: Py): void {
    if (state.kind !== 'dict') throw new Finding('a distribution whose state cannot be seen');
    let found = false;
    for (const [key, value] of state.entries) {
      if (!isText(key, ['_parse_arg_template', 'name']))
        throw new Finding('a distribution with other attributes');
      if (!isText(key, ['_parse_arg_template'])) continue;
      found = true;
      if (!isText(value, [DISTRIBUTION_SOURCE])) throw new Finding('a distribution with source of its own');
    }
    if (!found) throw new Finding('a distribution without source');
  }

  #guarded(path: string, args: readonly Py[]): Py {
    const [first, second] = args;
    switch (path) {
      case 'builtins.getattr':
        if (args.length === 2 && named(first, ...PLAIN_TYPES) && isText(second, PLAIN_METHODS))
          return new PyComputed();
        throw new Finding('getattr resolves a name');
      case 'builtins.type':
        if (args.length === 1) return new PyComputed();
        throw new Finding('type makes a class');
      case '_codecs.encode':
        if (args.length < 2 || (args.length === 2 && isText(second, ENCODINGS)))
          return new PyBytes(new Uint8Array(0));
        throw new Finding('another encoding');
      case 'logging.getLogger':
        if (args.length <= 1) return new PyInstance(path);
        throw new Raises('more than a name');
      case 'numpy.core._ufunc_reconstruct':
        if (
          first instanceof PyText &&
          second instanceof PyText &&
          isReference(`${first.text}.${second.text}`)
        )
          return new PyGlobal(`${first.text}.${second.text}`);
        throw new Finding('another function is resolved');
      case 'torch.storage._load_from_bytes':
        if (first?.kind !== 'bytes') throw new Finding('hidden bytes are unpickled');
        this.#nested(first.bytes);
        return new PyInstance(path);
      default:
        throw new Finding(`${path} is called`);
    }
  }

  /** A class of data; whatever else could be called is a finding, and what could not raises. */
  #class(cls: Py | undefined, fits: (path: string) => boolean): void {
    if (!cls) throw new Raises('an argument is missing');
    if (cls.kind === 'global' ? !fits(cls.path) : cls.kind === 'instance' || cls.kind === 'computed')
      throw new Finding('what is no class of data is applied');
    if (cls.kind !== 'global') throw new Raises('it is not a class');
  }

  #apply(path: string, args: readonly Py[]): Py {
    const [first, second, third, fourth] = args;
    const arity = (n: number): void => {
      if (args.length !== n) throw new Raises('another number of arguments');
    };
    switch (path) {
      case 'copyreg._reconstructor': {
        arity(3);
        if (!first || !second || !third) throw new Raises('an argument is missing');
        this.#class(second, (p) => p.startsWith('builtins.') && isDataClass(p));
        mustNotEscape(third);
        if (named(second, 'builtins.object')) return this.instantiate(first, new PyTuple([]));
        mustNotEscape(first);
        this.call(second, new PyTuple([third]));
        const made = this.instantiate(first, new PyTuple([]));
        if (made.kind === 'instance') made.parts.push(third);
        if (named(first, 'scipy.optimize._optimize.OptimizeResult')) this.#filled(third);
        return made;
      }
      case 'copyreg.__newobj__':
        if (!first) throw new Raises('an argument is missing');
        return this.instantiate(first, new PyTuple(args.slice(1)));
      case 'copyreg.__newobj_ex__':
        arity(3);
        return this.instantiate(first ?? new PyComputed(), second ?? new PyComputed(), third);
      case 'collections.defaultdict':
        if (first && first.kind !== 'plain') this.#class(first, isDataClass);
        mustNotEscape(...args);
        return new PyInstance(path, args);
      case 'array._array_reconstructor':
        this.#class(first, (p) => p === 'array.array');
        mustNotEscape(...args);
        return new PyInstance(path, args);
      case 'numpy.core.multiarray._reconstruct':
      case 'numpy.ma.core._mareconstruct': {
        const classes = path.endsWith('_mareconstruct') ? 2 : 1;
        for (let i = 0; i < classes; i++) this.#class(args[i], (p) => p === 'numpy.memmap' || isDataClass(p));
        mustNotEscape(...args.slice(classes));
        this.#ask(args[classes]);
        return new PyInstance('numpy.ndarray', args.slice(classes));
      }
      case 'numpy.random._pickle.__generator_ctor':
      case 'numpy.random._pickle.__randomstate_ctor': {
        if (args.length > 2) throw new Raises('more than two arguments');
        mustNotEscape(...args);
        const byName = second ?? new PyGlobal('numpy.random._pickle.__bit_generator_ctor');
        this.#class(byName, (p) => p === 'numpy.random._pickle.__bit_generator_ctor');
        if (first?.kind === 'text' || first?.kind === 'instance' || !first)
          return new PyInstance('numpy.random.Generator');
        this.#class(first, (p) => p === 'numpy.random._pcg64.PCG64');
        return new PyInstance('numpy.random.Generator');
      }
      case 'numpy.random._pickle.__bit_generator_ctor':
        mustNotEscape(...args);
        if (first && first.kind !== 'text') this.#class(first, (p) => p === 'numpy.random._pcg64.PCG64');
        return new PyInstance('numpy.random._pcg64.PCG64');
      case 'torch._tensor._rebuild_from_type_v2': {
        arity(4);
        if (!first || !third || !fourth) throw new Raises('an argument is missing');
        this.#class(first, (p) => p === 'torch._utils._rebuild_tensor_v2');
        this.#class(second, (p) => p.startsWith('torch.') && isDataClass(p));
        const tensor = this.call(first, third);
        this.build(tensor, fourth);
        return tensor;
      }
      case 'torch._utils._rebuild_parameter_with_state': {
        arity(4);
        mustNotEscape(...args);
        const parameter = new PyInstance('torch.nn.parameter.Parameter', args.slice(0, 3));
        this.build(parameter, fourth ?? new PyComputed());
        return parameter;
      }
      case 'pandas.core.indexes.base._new_Index':
        this.#class(first, (p) => p.startsWith('pandas.') && isDataClass(p));
        mustNotEscape(...args);
        return new PyInstance('pandas.core.indexes.base.Index', args.slice(1));
      case 'sklearn.neighbors._kd_tree.newObj':
        this.#class(first, (p) => p.startsWith('sklearn.') && isDataClass(p));
        mustNotEscape(...args);
        return new PyInstance('sklearn.neighbors._kd_tree.KDTree');
      default:
        this.#class(first, isDataClass);
        mustNotEscape(...args);
        return new PyInstance(path, args.slice(1));
    }
  }
}

export function isText(value: Py | undefined, texts: readonly string[]): boolean {
  return value instanceof PyText && texts.includes(value.text);
}

/** A string that a call has made: what it says is not in the file. */
const isComputedText = (value: Py): boolean => value instanceof PyInstance && value.of === 'builtins.str';
