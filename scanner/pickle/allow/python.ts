import type { AllowedNames } from './types.js';

/** What a decimal context traps, by exception class. */
const DECIMAL_SIGNALS =
  'Clamped DecimalException DivisionByZero FloatOperation Inexact InvalidOperation Overflow Rounded Subnormal Underflow';

/** Data types of Python itself. Everything here may be called with any arguments without effect outside the process. */
export const PYTHON: Readonly<Record<string, AllowedNames>> = {
  builtins: {
    call: 'object int float bool str bytes tuple complex slice range frozenset NotImplemented Ellipsis BaseException Exception ArithmeticError AssertionError AttributeError EOFError FloatingPointError ImportError IndexError KeyError LookupError MemoryError NameError NotImplementedError OSError OverflowError RecursionError RuntimeError StopIteration SyntaxError SystemError TypeError UnicodeDecodeError UnicodeEncodeError UnicodeError ValueError Warning DeprecationWarning FutureWarning RuntimeWarning UserWarning ZeroDivisionError ConnectionError FileExistsError FileNotFoundError IOError KeyboardInterrupt ModuleNotFoundError PermissionError TimeoutError',
    sequence: 'list bytearray',
    set: 'set',
    mapping: 'dict',
    check: 'type getattr',
  },
  collections: {
    mapping: 'OrderedDict defaultdict Counter UserDict ChainMap',
    sequence: 'deque',
    // UserList is written as an object: it has attributes, and items appended to it would be handed to one of them.
    call: 'UserString UserList',
  },
  _collections: { mapping: 'defaultdict', sequence: 'deque' },
  copyreg: { applies: '_reconstructor __newobj__ __newobj_ex__' },
  _codecs: { check: 'encode' },
  codecs: { check: 'encode' },
  datetime: { call: 'datetime date time timedelta timezone tzinfo' },
  _datetime: { call: 'datetime date time timedelta timezone' },
  _pydatetime: { call: 'datetime date time timedelta timezone' },
  zoneinfo: { ref: 'ZoneInfo', check: 'ZoneInfo._unpickle' },
  decimal: { call: 'Decimal Context', ref: DECIMAL_SIGNALS },
  _decimal: { call: 'Decimal Context', ref: DECIMAL_SIGNALS },
  _pydecimal: { call: 'Decimal Context', ref: DECIMAL_SIGNALS },
  fractions: { call: 'Fraction' },
  uuid: { call: 'UUID SafeUUID' },
  pathlib: { call: 'Path PosixPath WindowsPath PurePath PurePosixPath PureWindowsPath' },
  'pathlib._local': { call: 'Path PosixPath WindowsPath PurePath PurePosixPath PureWindowsPath' },
  ipaddress: { call: 'IPv4Address IPv6Address IPv4Network IPv6Network IPv4Interface IPv6Interface' },
  argparse: { call: 'Namespace' },
  types: { call: 'SimpleNamespace' },
  time: { call: 'struct_time' },
  array: { applies: '_array_reconstructor', sequence: 'array' },
  random: { call: 'Random' },
  _random: { call: 'Random' },
  re: { call: '_compile compile RegexFlag', ref: 'Pattern' },
  logging: { check: 'getLogger' },
  string: { call: 'Template' },
  numbers: { ref: 'Number Integral Real Complex Rational' },
  math: { ref: 'sqrt log log2 log10 log1p exp expm1 floor ceil sin cos tan tanh fabs pow' },
};
