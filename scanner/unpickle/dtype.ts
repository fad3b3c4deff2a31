import { PyData, PyTuple, type PyValue } from './values.js';

/** Kinds of NumPy data types, by NumPy's own letters. */
export type DTypeKind = 'b' | 'i' | 'u' | 'f' | 'c' | 'S' | 'U' | 'V' | 'M' | 'm' | 'O';

export interface DTypeField {
  readonly name: string;
  readonly type: DType;
  readonly offset: number;
}

/** A NumPy data type. */
export class DType extends PyData {
  readonly kind = 'dtype';
  readonly letter: DTypeKind;
  itemSize: number;
  littleEndian = true;
  fields: readonly DTypeField[] | undefined;
  subarray: { readonly type: DType; readonly shape: readonly number[] } | undefined;
  /** Of datetime64 and timedelta64: the unit, and how many of it one step is. */
  unit: { readonly name: string; readonly count: number } | undefined;
  /** True where elements are references to Python objects, or hold some. */
  hasObject: boolean;
  /** Types it consists of, itself included: shared ones count as often as they occur. */
  parts = 1;
  /** How deep they are nested. */
  depth = 0;
  /** Something was built of this type: it can no longer change. */
  used = false;

  constructor(letter: DTypeKind, itemSize: number) {
    super();
    this.letter = letter;
    this.itemSize = itemSize;
    this.hasObject = letter === 'O';
  }

  /** Marks it as part of something. */
  use(): this {
    this.used = true;
    return this;
  }

  /** As NumPy writes it: `<f8`, `|b1`, `<M8[ns]`. */
  override toString(): string {
    if (this.fields) return `{${this.fields.map((f) => `${f.name}: ${f.type}`).join(', ')}}`;
    const order = this.itemSize === 1 || 'SVO'.includes(this.letter) ? '|' : this.littleEndian ? '<' : '>';
    const count = this.letter === 'U' ? this.itemSize / 4 : this.itemSize;
    const unit = this.unit ? `[${this.unit.count === 1 ? '' : this.unit.count}${this.unit.name}]` : '';
    return this.letter === 'O' ? '|O' : `${order}${this.letter}${count}${unit}`;
  }
}

const NAMES: Readonly<Record<string, string>> = {
  // A structured type whose elements NumPy shows as records.
  record: 'V',
  bool: 'b1',
  bool_: 'b1',
  int8: 'i1',
  int16: 'i2',
  int32: 'i4',
  int64: 'i8',
  uint8: 'u1',
  uint16: 'u2',
  uint32: 'u4',
  uint64: 'u8',
  float16: 'f2',
  float32: 'f4',
  float64: 'f8',
  complex64: 'c8',
  complex128: 'c16',
  object: 'O8',
  object_: 'O8',
};

const SIZES: Readonly<Record<DTypeKind, readonly number[] | undefined>> = {
  b: [1],
  i: [1, 2, 4, 8],
  u: [1, 2, 4, 8],
  f: [2, 4, 8, 12, 16],
  c: [8, 16, 24, 32],
  M: [8],
  m: [8],
  O: [4, 8],
  S: undefined,
  U: undefined,
  V: undefined,
};

/** Fields of a record, and of records within it; a type that doubles at every level would not end. */
const MAX_PARTS = 10_000;
const MAX_NESTED = 32;

/** Characters of one string element; a larger one is no array element. */
const MAX_ITEM = 1 << 24;

/** Reads `f8`, `<i4`, `|b1`, `U10`, `float64`; undefined for what is none. */
export function parseDType(spec: string): DType | undefined {
  const match = /^([<>=|]?)([biufcSUVMmO])(\d{0,9})$/.exec(NAMES[spec] ?? spec);
  if (!match) return undefined;
  const letter = match[2] as DTypeKind;
  const count = match[3] === '' ? (letter === 'O' ? 8 : 0) : Number(match[3]);
  const size = letter === 'U' ? count * 4 : count;
  if (size > MAX_ITEM || (SIZES[letter] && !SIZES[letter].includes(size))) return undefined;
  const type = new DType(letter, size);
  type.littleEndian = match[1] !== '>';
  return type;
}

/**
 * `dtype.__setstate__`: `(version, order, subarray, names, fields, size, alignment, flags[, metadata])`.
 *
 * @returns What does not fit, or undefined.
 */
export function setDTypeState(type: DType, state: PyValue): string | undefined {
  if (!(state instanceof PyTuple) || state.items.length < 8) return 'its state is not that of a data type';
  // Python sets the state once, at once. Later, what was built of the type would no longer fit it.
  if (type.used) return 'its state is set after it was used';
  const [version, order, subarray, names, fields, size, , , metadata] = state.items;
  if (version !== 3 && version !== 4) return 'the version of its state is unknown';
  if (order === '>') type.littleEndian = false;
  else if (order !== '<' && order !== '|' && order !== '=') return 'its byte order is unknown';
  if (subarray instanceof PyTuple) {
    const [base, shape] = subarray.items;
    const dimensions = toShape(shape);
    if (!(base instanceof DType) || base === type || !dimensions) return 'its sub-array is malformed';
    type.subarray = { type: base.use(), shape: dimensions };
  }
  if (names instanceof PyTuple && fields instanceof Map) {
    const list: DTypeField[] = [];
    if (names.items.length > MAX_PARTS) return 'it has too many fields';
    for (const name of names.items) {
      const field = fields.get(name);
      const [fieldType, offset] = field instanceof PyTuple ? field.items : [];
      if (
        typeof name !== 'string' ||
        !(fieldType instanceof DType) ||
        fieldType === type ||
        typeof offset !== 'number' ||
        !Number.isSafeInteger(offset) ||
        offset < 0
      ) {
        return 'a field is malformed';
      }
      list.push({ name, type: fieldType.use(), offset });
    }
    type.fields = list;
  }
  if ('SUV'.includes(type.letter) && typeof size === 'number' && size >= 0) {
    if (size > MAX_ITEM) return 'its elements are too large';
    type.itemSize = size;
  }
  if (type.fields?.some((f) => f.offset + f.type.itemSize > type.itemSize))
    return 'a field lies outside its element';
  const { subarray: inner } = type;
  if (inner && (countOf(inner.shape) ?? MAX_ITEM + 1) > MAX_ITEM) return 'its sub-array is too large';
  if (inner && inner.type.itemSize * (countOf(inner.shape) ?? 0) > type.itemSize)
    return 'its sub-array lies outside its element';
  if (!measure(type)) return 'it is nested too deep';
  if ('Mm'.includes(type.letter) && metadata instanceof PyTuple) setUnit(type, metadata);
  return undefined;
}

/** Sums up the types within; false where they are more, or deeper, than any array has. */
function measure(type: DType): boolean {
  const inner = [...(type.fields ?? []).map((f) => f.type), ...(type.subarray ? [type.subarray.type] : [])];
  type.parts = inner.reduce((sum, t) => sum + t.parts, 1);
  type.depth = inner.reduce((depth, t) => Math.max(depth, t.depth + 1), 0);
  type.hasObject = type.letter === 'O' || inner.some((t) => t.hasObject);
  return type.parts <= MAX_PARTS && type.depth <= MAX_NESTED;
}

function setUnit(type: DType, metadata: PyTuple): void {
  const unit = metadata.items[1];
  if (!(unit instanceof PyTuple)) return;
  const [name, count] = unit.items;
  const text = name instanceof Uint8Array ? Buffer.from(name).toString('latin1') : name;
  if (typeof text === 'string' && typeof count === 'number') type.unit = { name: text, count };
}

/** A tuple of dimensions; undefined for anything else. */
export function toShape(value: PyValue | undefined): number[] | undefined {
  if (!(value instanceof PyTuple) || value.items.length > MAX_DIMENSIONS) return undefined;
  const shape: number[] = [];
  for (const n of value.items) {
    const size = n instanceof PyData && 'value' in n ? (n as { value: unknown }).value : n;
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return undefined;
    shape.push(size);
  }
  return shape;
}

/** NPY_MAXDIMS of NumPy 2. */
const MAX_DIMENSIONS = 64;

/** Elements in all; undefined where they cannot be counted exactly. */
export function countOf(shape: readonly number[]): number | undefined {
  let count = 1;
  for (const n of shape) count *= n;
  return Number.isSafeInteger(count) ? count : undefined;
}
