/**
 * What Python values become. Plain data maps to plain data: None is null, lists are arrays, dicts are Maps in order,
 * sets are Sets, bytes and bytearrays are Uint8Arrays, integers are numbers where those are exact and bigints
 * otherwise. The classes below stand for what JavaScript lacks. None of them executes anything.
 */
export type PyValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PyValue[]
  | Map<PyValue, PyValue>
  | Set<PyValue>
  | PyData;

/** Base of everything that is not plain data. */
export abstract class PyData {
  abstract readonly kind: string;
}

export class PyTuple extends PyData {
  readonly kind = 'tuple';
  readonly items: readonly PyValue[];

  constructor(items: readonly PyValue[]) {
    super();
    this.items = items;
  }
}

export class PyComplex extends PyData {
  readonly kind = 'complex';
  readonly real: number;
  readonly imaginary: number;

  constructor(real: number, imaginary: number) {
    super();
    this.real = real;
    this.imaginary = imaginary;
  }
}

/** Decimal, Fraction, UUID and paths: exact values whose text is the value. */
export class PyText extends PyData {
  readonly kind: 'decimal' | 'fraction' | 'uuid' | 'path' | 'range' | 'slice';
  readonly text: string;

  constructor(kind: PyText['kind'], text: string) {
    super();
    this.kind = kind;
    this.text = text;
  }
}

/** date, time and datetime in ISO 8601; an offset only where the value has a fixed one. */
export class PyDate extends PyData {
  readonly kind: 'date' | 'time' | 'datetime';
  readonly iso: string;

  constructor(kind: PyDate['kind'], iso: string) {
    super();
    this.kind = kind;
    this.iso = iso;
  }
}

export class PyTimedelta extends PyData {
  readonly kind = 'timedelta';
  readonly days: number;
  readonly seconds: number;
  readonly microseconds: number;

  constructor(days: number, seconds: number, microseconds: number) {
    super();
    this.days = days;
    this.seconds = seconds;
    this.microseconds = microseconds;
  }
}

/** A class or function that is only named, as `numpy.float64` is in the state of an estimator. */
export class PyReference extends PyData {
  readonly kind = 'reference';
  readonly name: string;

  constructor(name: string) {
    super();
    this.name = name;
  }
}

/** An instance of an allowed class, to look at: its class, the arguments it was made with, and its state. */
export class PyObject extends PyData {
  readonly kind = 'object';
  readonly class: string;
  readonly args: readonly PyValue[];
  state: PyValue = null;
  /** Items appended to or set in an instance of a container class. */
  readonly items: PyValue[] = [];

  constructor(name: string, args: readonly PyValue[]) {
    super();
    this.class = name;
    this.args = args;
  }
}

/** The number of an integer that is exact as one, the bigint otherwise. */
export function integer(value: bigint): number | bigint {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value;
}

/** A little-endian two's complement integer, as LONG1 and int.from_bytes have it. */
export function longFromBytes(bytes: Uint8Array): number | bigint {
  if (bytes.length === 0) return 0;
  const unsigned = BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
  const negative = (bytes[bytes.length - 1] ?? 0) > 127;
  return integer(negative ? unsigned - (1n << BigInt(8 * bytes.length)) : unsigned);
}

/** Tuples as dict keys are compared by content up to these sizes. */
const MAX_KEY_PARTS = 1000;
const MAX_KEY_TEXT = 1000;

/** An integer that takes time to write out, each time: data has none. */
export const isLong = (value: bigint): boolean => BigInt.asIntN(1024, value) !== value;

/**
 * A text that equal tuples of plain values share; undefined for others.
 *
 * @param pay Told how long the text is: tuples within tuples are written out each time.
 */
export function keyText(value: PyTuple, pay: (length: number) => void): string | undefined {
  let parts = 0;
  const write = (v: PyValue): string => {
    if (++parts > MAX_KEY_PARTS) return '…';
    if (v instanceof PyTuple) return `(${v.items.map(write).join(',')})`;
    const long = typeof v === 'string' ? v.length > MAX_KEY_TEXT : typeof v === 'bigint' && isLong(v);
    if (typeof v === 'string' && !long) return JSON.stringify(v);
    if (!long && (typeof v !== 'object' || v === null)) return `${typeof v}:${String(v)}`;
    // Objects are compared by identity: such a tuple is a key of its own.
    parts = MAX_KEY_PARTS;
    return '…';
  };
  const text = write(value);
  pay(text.length);
  return parts >= MAX_KEY_PARTS ? undefined : text;
}
