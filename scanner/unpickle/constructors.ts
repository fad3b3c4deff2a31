import { permissionOf } from '../pickle/allow/index.js';
import { toBytes } from './bytes.js';
import type { Construction, Constructor } from './construction.js';
import { DType, parseDType, toShape } from './dtype.js';
import { decodeElement, misfit, NdArray, NumpyScalar } from './ndarray.js';
import { TORCH_CONSTRUCTORS } from './torch-constructors.js';
import {
  isLong,
  PyComplex,
  PyDate,
  PyObject,
  PyReference,
  PyText,
  PyTimedelta,
  PyTuple,
  type PyValue,
} from './values.js';

function items(value: PyValue | undefined): readonly PyValue[] | undefined {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value;
  if (value instanceof PyTuple) return value.items;
  return value instanceof Set ? [...value] : undefined;
}

const collect =
  (make: (values: readonly PyValue[], how: Construction) => PyValue): Constructor =>
  (args, how) => {
    const values = args.length > 1 ? undefined : items(args[0]);
    return values ? make(values, how) : how.refuse('its argument is no list');
  };

const members = (values: readonly PyValue[], how: Construction): PyValue =>
  new Set(values.map((value) => how.key(value)));

const mapping: Constructor = (args, how) => {
  const map = new Map<PyValue, PyValue>();
  const from = args[0];
  if (from === undefined || from === null) return map;
  if (from instanceof Map) return new Map(from);
  for (const pair of items(from) ?? how.refuse('its argument is no dict')) {
    const entry = items(pair);
    if (entry?.length !== 2) how.refuse('its items are no pairs');
    else map.set(how.key(entry[0] ?? null), entry[1] ?? null);
  }
  return map;
};

const buffer: Constructor = (args, how) => {
  const [value, encoding] = args;
  if (value === undefined) return new Uint8Array(0);
  if (typeof value === 'string') return encode(value, encoding, how);
  if (value instanceof Uint8Array) return value.slice();
  const list = items(value);
  if (!list?.every((n) => typeof n === 'number' && n >= 0 && n < 256))
    return how.refuse('its argument is not bytes');
  return Uint8Array.from(list as number[]);
};

/** Undefined for encodings that data have no need of: some of Python's decompress, or run code of packages. */
function encodingName(encoding: PyValue | undefined): 'utf8' | 'latin1' | undefined {
  if (encoding === undefined) return 'utf8';
  const name = typeof encoding === 'string' ? encoding.slice(0, 16).toLowerCase().replace(/[-_]/g, '') : '';
  if (name === 'utf8') return 'utf8';
  return name === 'latin1' || name === 'iso88591' || name === 'ascii' ? 'latin1' : undefined;
}

function encode(text: string, encoding: PyValue | undefined, how: Construction): Uint8Array {
  const name = encodingName(encoding);
  if (name === 'utf8') return Uint8Array.from(Buffer.from(text, 'utf8'));
  const bytes = name === 'latin1' ? toBytes(text) : undefined;
  return bytes ?? how.refuse('its encoding is not one that data needs');
}

const pad = (n: number, width = 2): string => String(n).padStart(width, '0');

function clock(b: Uint8Array, at: number): string {
  const micro = ((b[at + 3] ?? 0) << 16) | ((b[at + 4] ?? 0) << 8) | (b[at + 5] ?? 0);
  return `${pad(b[at] ?? 0)}:${pad(b[at + 1] ?? 0)}:${pad(b[at + 2] ?? 0)}${micro ? `.${pad(micro, 6)}` : ''}`;
}

function zone(value: PyValue | undefined): string {
  if (!(value instanceof PyObject) || value.class !== 'datetime.timezone') return '';
  const delta = value.args[0];
  if (!(delta instanceof PyTimedelta)) return '';
  const seconds = delta.days * 86400 + delta.seconds;
  const minutes = Math.trunc(Math.abs(seconds) / 60);
  return `${seconds < 0 ? '-' : '+'}${pad(Math.trunc(minutes / 60))}:${pad(minutes % 60)}`;
}

/** Protocols below 3 mark `fold` in the top bit of the month. */
const day = (b: Uint8Array): string =>
  `${pad((b[0] ?? 0) * 256 + (b[1] ?? 0), 4)}-${pad((b[2] ?? 0) & 0x7f)}-${pad(b[3] ?? 0)}`;

const packed =
  (kind: PyDate['kind'], length: number, text: (b: Uint8Array) => string): Constructor =>
  (args, how) => {
    const bytes = toBytes(args[0]);
    if (bytes?.length !== length) return how.refuse('its packed form has another length');
    return new PyDate(kind, text(bytes) + (kind === 'date' ? '' : zone(args[1])));
  };

const newArray: Constructor = (_args, how) => {
  const type = parseDType('f8');
  return type ? new NdArray(type, [0], new Uint8Array(0)) : how.refuse('it cannot be made');
};

const scalarOf =
  (spec: string): Constructor =>
  (args, how) => {
    const type = parseDType(spec);
    const value = args[0] ?? 0;
    return type && (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
      ? new NumpyScalar(type, value)
      : how.refuse('its argument is no number');
  };

const scalars = Object.fromEntries(
  [
    'bool_',
    'int8',
    'int16',
    'int32',
    'int64',
    'uint8',
    'uint16',
    'uint32',
    'uint64',
    'float16',
    'float32',
    'float64',
  ].map((name) => [`numpy.${name}`, scalarOf(name)]),
);

const scalar: Constructor = ([type, value], how) => {
  if (!(type instanceof DType)) return how.refuse('its data type is none');
  if (type.hasObject) return how.refuse('it holds references to objects');
  const bytes = toBytes(value);
  if (bytes?.length !== type.use().itemSize) return how.refuse('its bytes do not fit its data type');
  return new NumpyScalar(type, decodeElement(type, bytes, 0));
};

const fromBuffer: Constructor = ([data, type, shape, order], how) => {
  const dimensions = toShape(shape);
  const bytes = toBytes(data);
  if (!bytes || !(type instanceof DType) || !dimensions || type.hasObject)
    return how.refuse('it is no plain array');
  const problem = misfit(type.use(), dimensions, bytes.length);
  if (problem) return how.refuse(problem);
  return new NdArray(type, dimensions, bytes, order === 'F');
};

const firstOf: Constructor = ([cls, ...rest], how) => how.instance(cls ?? null, rest);

const bounds =
  (kind: 'range' | 'slice'): Constructor =>
  (args, how) => {
    const texts = args
      .map((a) => (a instanceof NumpyScalar ? a.value : a))
      .map((a) => {
        if (a === null) return '';
        return typeof a === 'number' || (typeof a === 'bigint' && !isLong(a))
          ? String(a)
          : how.refuse('its parts are no integers');
      });
    return texts.length <= 3 ? new PyText(kind, texts.join(':')) : how.refuse('it has more than three parts');
  };

/** Every call that is rebuilt as data, by the full name of what is called. */
const CONSTRUCTORS: Readonly<Record<string, Constructor>> = {
  'copyreg._reconstructor': ([cls, base, state], how) => {
    const made = how.instance(cls ?? null, []);
    if (base instanceof PyReference && base.name !== 'builtins.object') how.fill(made, state ?? null);
    return made;
  },
  'copyreg.__newobj__': firstOf,
  'copyreg.__newobj_ex__': ([cls, args], how) => how.instance(cls ?? null, items(args) ?? []),
  'builtins.object': (_args, how) => how.instance(new PyReference('builtins.object'), []),
  'builtins.int': ([n], how) =>
    n === undefined
      ? 0
      : typeof n === 'number' || typeof n === 'bigint'
        ? n
        : how.refuse('its argument is no number'),
  'builtins.float': ([n], how) =>
    n === undefined
      ? 0
      : typeof n === 'number'
        ? n
        : typeof n === 'string' && /^-?(inf|nan)$/.test(n)
          ? n === 'nan'
            ? Number.NaN
            : n === 'inf'
              ? Number.POSITIVE_INFINITY
              : Number.NEGATIVE_INFINITY
          : how.refuse('its argument is no number'),
  'builtins.bool': ([b], how) =>
    b === undefined ? false : typeof b === 'boolean' ? b : how.refuse('its argument is no boolean'),
  'builtins.str': ([s, encoding], how) => {
    if (s === undefined) return '';
    if (typeof s === 'string') return s;
    if (!(s instanceof Uint8Array)) return how.refuse('its argument is no text');
    const name = encodingName(encoding) ?? how.refuse('its encoding is not one that data needs');
    return Buffer.from(s).toString(name);
  },
  'builtins.bytes': buffer,
  'builtins.bytearray': buffer,
  'builtins.tuple': collect((values) => new PyTuple(values)),
  'builtins.list': collect((values) => [...values]),
  'builtins.set': collect(members),
  'builtins.frozenset': collect(members),
  'builtins.dict': mapping,
  'builtins.complex': ([re, im], how) =>
    typeof re === 'number' && typeof im === 'number'
      ? new PyComplex(re, im)
      : how.refuse('its parts are no numbers'),
  'builtins.range': bounds('range'),
  'builtins.slice': bounds('slice'),
  'collections.OrderedDict': mapping,
  'collections.Counter': mapping,
  'collections.defaultdict': (args, how) => mapping(args.slice(1), how),
  'collections.deque': ([values], how) => [...(items(values) ?? how.refuse('its argument is no list'))],
  'datetime.datetime': packed('datetime', 10, (b) => `${day(b)}T${clock(b, 4)}`),
  'datetime.date': packed('date', 4, day),
  'datetime.time': packed('time', 6, (b) => clock(b, 0)),
  'datetime.timedelta': ([days = 0, seconds = 0, micro = 0], how) =>
    typeof days === 'number' && typeof seconds === 'number' && typeof micro === 'number'
      ? new PyTimedelta(days, seconds, micro)
      : how.refuse('its parts are no numbers'),
  'decimal.Decimal': ([text], how) =>
    typeof text === 'string' && text.length < 10_000
      ? new PyText('decimal', text)
      : how.refuse('its argument is no text'),
  'fractions.Fraction': ([n, d], how) => {
    if (typeof n === 'string') return new PyText('fraction', n);
    const numbers = [n, d ?? 1].every((v) => typeof v === 'number' || (typeof v === 'bigint' && !isLong(v)));
    return numbers
      ? new PyText('fraction', `${String(n)}/${String(d ?? 1)}`)
      : how.refuse('its parts are no integers');
  },
  ...Object.fromEntries(
    ['Path', 'PosixPath', 'PurePath', 'PurePosixPath', 'WindowsPath', 'PureWindowsPath'].map((name) => [
      `pathlib.${name}`,
      ((args, how) =>
        args.every((a) => typeof a === 'string')
          ? new PyText('path', args.join('/').replace(/^\/\//, '/'))
          : how.refuse('its parts are no text')) as Constructor,
    ]),
  ),
  '_codecs.encode': ([text, encoding], how) =>
    typeof text === 'string' ? encode(text, encoding, how) : how.refuse('its argument is no text'),
  'numpy.dtype': ([spec], how) => {
    const name = spec instanceof PyReference ? spec.name.replace(/^numpy\./, '') : spec;
    const type = typeof name === 'string' ? parseDType(name) : undefined;
    return type ?? how.refuse(`the data type ${typeof name === 'string' ? name : 'given'} is unknown`);
  },
  'numpy.ndarray': newArray,
  'numpy._reconstruct': newArray,
  'numpy.scalar': scalar,
  'numpy._frombuffer': fromBuffer,
  'numpy._ufunc_reconstruct': ([module, name], how) =>
    typeof module === 'string' && typeof name === 'string' && permissionOf(module, name) === 'ref'
      ? new PyReference(`${module}.${name}`)
      : how.refuse('it would resolve another object'),
  'numpy.ma.core._mareconstruct': (args) => new PyObject('numpy.ma.MaskedArray', args),
  'datetime.timezone': (args) => new PyObject('datetime.timezone', args),
  'array.array': (args) => new PyObject('array.array', args),
  'array._array_reconstructor': (args) => new PyObject('array.array', args),
  're._compile': (args) => new PyObject('re.Pattern', args),
  're.compile': (args) => new PyObject('re.Pattern', args),
  'time.struct_time': (args) => new PyObject('time.struct_time', args),
  'logging.getLogger': (args) => new PyObject('logging.Logger', args),
  'zoneinfo.ZoneInfo._unpickle': (args) => new PyObject('zoneinfo.ZoneInfo', args),
  'pandas.core.indexes.base._new_Index': (args) => new PyObject('pandas.Index', args),
  'pandas._libs.internals._unpickle_block': (args) => new PyObject('pandas.Block', args),
  'builtins.type': ([value, more], how) =>
    value === null && more === undefined
      ? new PyReference('builtins.NoneType')
      : how.refuse('it would make a class'),
  'sklearn.newObj': firstOf,
  ...scalars,
  ...TORCH_CONSTRUCTORS,
};

/** Modules that hold the same constructor under one name. */
const ALIASES: readonly (readonly [RegExp, string])[] = [
  [/^numpy\.(_?core)\.(multiarray|_multiarray_umath|numeric)$/, 'numpy'],
  [/^numpy\._?core$/, 'numpy'],
  [/^_?collections$/, 'collections'],
  [/^_?(py)?datetime$/, 'datetime'],
  [/^_(py)?decimal$/, 'decimal'],
  [/^pathlib\._local$/, 'pathlib'],
  [/^codecs$/, '_codecs'],
  [/^sklearn\..*(tree|dist_metrics)$/, 'sklearn'],
];

/** The constructor of an allowed global, where it is more than an inspectable object. */
export function constructorOf(module: string, name: string): Constructor | undefined {
  const exact = `${module}.${name}`;
  if (Object.hasOwn(CONSTRUCTORS, exact)) return CONSTRUCTORS[exact];
  const alias = ALIASES.find(([pattern]) => pattern.test(module))?.[1];
  const aliased = `${alias}.${name}`;
  return alias !== undefined && Object.hasOwn(CONSTRUCTORS, aliased) ? CONSTRUCTORS[aliased] : undefined;
}
