import { toBytes } from './bytes.js';
import { countOf, DType, type DTypeField, toShape } from './dtype.js';
import { integer, PyComplex, PyData, PyTuple, type PyValue } from './values.js';

/** A NumPy array: its data type, shape, and bytes in C order or, where `fortran`, in Fortran order. */
export class NdArray extends PyData {
  readonly kind = 'ndarray';
  dtype: DType;
  shape: readonly number[];
  fortran: boolean;
  /** Raw elements; empty for arrays of objects. */
  bytes: Uint8Array;
  /** Elements of an array of objects, in the order of `fortran`. */
  objects: PyValue[] | undefined;

  constructor(dtype: DType, shape: readonly number[], bytes: Uint8Array, fortran = false) {
    super();
    this.dtype = dtype;
    this.shape = shape;
    this.bytes = bytes;
    this.fortran = fortran;
  }

  get length(): number {
    return countOf(this.shape) ?? 0;
  }

  /** Every element as a JavaScript value, in C order. */
  values(): PyValue[] {
    const out: PyValue[] = [];
    for (const index of this.#order()) {
      out.push(
        this.objects
          ? (this.objects[index] ?? null)
          : decodeElement(this.dtype, this.bytes, index * this.dtype.itemSize),
      );
    }
    return out;
  }

  /** Raw elements in C order and little endian. */
  contiguous(): Uint8Array {
    const size = this.dtype.itemSize;
    const swap = !this.dtype.littleEndian && this.dtype.itemSize > 1;
    if (!swap && (!this.fortran || this.shape.length < 2)) return this.bytes;
    const out = new Uint8Array(this.length * size);
    const part = this.dtype.letter === 'c' ? size / 2 : this.dtype.letter === 'U' ? 4 : size;
    let to = 0;
    for (const index of this.#order()) {
      const from = index * size;
      for (let i = 0; i < size; i++) {
        const at = swap ? Math.floor(i / part) * part + (part - 1 - (i % part)) : i;
        out[to + i] = this.bytes[from + at] ?? 0;
      }
      to += size;
    }
    return out;
  }

  /** One field of a structured array, as an array of its own. */
  field(name: string): NdArray | undefined {
    const field = this.dtype.fields?.find((f) => f.name === name);
    if (!field) return undefined;
    const size = field.type.itemSize;
    const out = new Uint8Array(this.length * size);
    for (let i = 0; i < this.length; i++) {
      const at = i * this.dtype.itemSize + field.offset;
      out.set(this.bytes.subarray(at, at + size), i * size);
    }
    return new NdArray(field.type, this.shape, out, this.fortran);
  }

  /** Positions in memory, in C order of the indexes. */
  *#order(): Generator<number> {
    const { shape } = this;
    const total = this.length;
    if (!this.fortran || shape.length < 2) {
      for (let i = 0; i < total; i++) yield i;
      return;
    }
    const strides = shape.map((_, d) => shape.slice(0, d).reduce((a, b) => a * b, 1));
    const index = new Array<number>(shape.length).fill(0);
    for (let i = 0; i < total; i++) {
      let at = 0;
      for (let d = 0; d < index.length; d++) at += (index[d] ?? 0) * (strides[d] ?? 0);
      yield at;
      for (let d = index.length - 1; d >= 0; d--) {
        index[d] = (index[d] ?? 0) + 1;
        if ((index[d] ?? 0) < (shape[d] ?? 0)) break;
        index[d] = 0;
      }
    }
  }
}

/** A NumPy scalar: a value with its data type. */
export class NumpyScalar extends PyData {
  readonly kind = 'scalar';
  readonly dtype: DType;
  readonly value: PyValue;

  constructor(dtype: DType, value: PyValue) {
    super();
    this.dtype = dtype;
    this.value = value;
  }
}

/** One element at `at`. Structured elements become Maps, sub-arrays nested arrays. */
export function decodeElement(type: DType, bytes: Uint8Array, at: number): PyValue {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const le = type.littleEndian;
  if (type.fields) return decodeFields(type.fields, bytes, at);
  if (type.subarray) {
    const { type: base, shape } = type.subarray;
    return Array.from({ length: countOf(shape) ?? 0 }, (_, i) =>
      decodeElement(base, bytes, at + i * base.itemSize),
    );
  }
  switch (`${type.letter}${type.itemSize}`) {
    case 'b1':
      return view.getUint8(at) !== 0;
    case 'i1':
      return view.getInt8(at);
    case 'i2':
      return view.getInt16(at, le);
    case 'i4':
      return view.getInt32(at, le);
    case 'i8':
      return integer(view.getBigInt64(at, le));
    case 'u1':
      return view.getUint8(at);
    case 'u2':
      return view.getUint16(at, le);
    case 'u4':
      return view.getUint32(at, le);
    case 'u8':
      return integer(view.getBigUint64(at, le));
    case 'f2':
      return halfToNumber(view.getUint16(at, le));
    case 'f4':
      return view.getFloat32(at, le);
    case 'f8':
      return view.getFloat64(at, le);
    case 'c8':
      return new PyComplex(view.getFloat32(at, le), view.getFloat32(at + 4, le));
    case 'c16':
      return new PyComplex(view.getFloat64(at, le), view.getFloat64(at + 8, le));
    case 'M8':
    case 'm8':
      return view.getBigInt64(at, le);
  }
  const raw = bytes.subarray(at, at + type.itemSize);
  if (type.letter === 'U') return decodeUcs4(raw, le);
  if (type.letter !== 'S') return raw.slice();
  let end = raw.length;
  while (end > 0 && raw[end - 1] === 0) end--;
  return raw.slice(0, end);
}

function decodeFields(fields: readonly DTypeField[], bytes: Uint8Array, at: number): Map<PyValue, PyValue> {
  return new Map(fields.map((f) => [f.name, decodeElement(f.type, bytes, at + f.offset)]));
}

function decodeUcs4(raw: Uint8Array, littleEndian: boolean): string {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  let text = '';
  for (let i = 0; i + 4 <= raw.length; i += 4) {
    const code = view.getUint32(i, littleEndian);
    text += code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
  }
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end--;
  return text.slice(0, end);
}

/** IEEE 754 binary16. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Elements that take no bytes: an array of them is free to claim any number. */
const MAX_EMPTY = 1 << 20;

/** Why an array of these elements cannot have `length` bytes; undefined where it can. */
export function misfit(type: DType, shape: readonly number[], length: number): string | undefined {
  const count = countOf(shape);
  if (count === undefined || (type.itemSize === 0 && count > MAX_EMPTY)) return 'it has too many elements';
  return count * type.itemSize === length ? undefined : 'its bytes do not fit its shape';
}

/**
 * `ndarray.__setstate__`: `(version, shape, type, fortran, data)`.
 *
 * @returns What does not fit, or undefined.
 */
export function setArrayState(array: NdArray, state: PyValue): string | undefined {
  const [, shape, type, fortran, data] = state instanceof PyTuple ? state.items : [];
  const dimensions = toShape(shape);
  if (!dimensions || !(type instanceof DType)) return 'its state is not that of an array';
  array.dtype = type.use();
  array.shape = dimensions;
  array.fortran = fortran === true;
  if (type.hasObject) {
    if (type.letter !== 'O' || !Array.isArray(data) || data.length !== countOf(dimensions)) {
      return 'its objects do not fit its shape';
    }
    array.objects = data;
    array.bytes = new Uint8Array(0);
    return undefined;
  }
  const bytes = toBytes(data);
  if (!bytes) return 'its data is not bytes';
  array.bytes = bytes;
  array.objects = undefined;
  return misfit(type, dimensions, bytes.length);
}
