import { malformed } from './malformed.js';
import { type PythonValue, parsePythonLiteral } from './python-literal.js';
import { type ByteSource, copyOf } from './source.js';

/** NumPy itself refuses longer headers unless told otherwise: `ast.literal_eval` on them exhausts the machine. */
const MAX_HEADER = 10_000;

/** The header of a `.npy` file (NEP 1). */
export interface NpyHeader {
  /** Where the data start. */
  readonly start: number;
  /** Whether the data are Python objects: a pickle, which `np.load(allow_pickle=True)` runs. */
  readonly objects: boolean;
  /** Bytes that type and shape need; undefined for types whose size the header does not give. */
  readonly length: number | undefined;
}

/**
 * Reads the header of a `.npy` file.
 *
 * @returns The header, or why NumPy would not take it.
 * @throws {ModelsealError} `ERR_FORMAT_MALFORMED` for a file that is cut off or lacks what it must have
 */
export function readNpyHeader(
  source: ByteSource,
): NpyHeader | { readonly problem: string; readonly message: string; readonly offset: number } {
  const head = copyOf(source, 0, 12) ?? copyOf(source, 0, 10);
  if (!head) throw malformed('npy', 'it is cut off');
  const major = head[6] ?? 0;
  if (major < 1 || major > 3) throw malformed('npy', `version ${major} is unknown`, 6);
  const length = major === 1 ? head.readUInt16LE(8) : head.length === 12 ? head.readUInt32LE(8) : 0;
  const at = major === 1 ? 10 : 12;
  if (length > MAX_HEADER) {
    return { problem: 'the header is too long', message: `the header has ${length} bytes`, offset: 8 };
  }
  const text = copyOf(source, at, length)?.toString(major === 3 ? 'utf8' : 'latin1');
  if (text === undefined) throw malformed('npy', 'the header is cut off', at);
  const value = parsePythonLiteral(text);
  if (!(value instanceof Map)) {
    const problem = 'the header is not a dictionary of literals';
    return { problem, message: problem, offset: at };
  }
  const descr = value.get('descr');
  const shape = value.get('shape');
  if (
    descr === undefined ||
    !Array.isArray(shape) ||
    !shape.every((n) => Number.isSafeInteger(n) && Number(n) >= 0)
  ) {
    throw malformed('npy', 'the header lacks type or shape', at);
  }
  const count = shape.reduce<number>((product, n) => product * Number(n), 1);
  const item = itemSize(descr);
  return {
    start: at + length,
    objects: hasObjects(descr),
    length: item === undefined ? undefined : item * count,
  };
}

function hasObjects(descr: PythonValue): boolean {
  if (typeof descr === 'string') return /^[|<>=]?O/.test(descr);
  return Array.isArray(descr) && descr.some(hasObjects);
}

/** Bytes of one element of a simple or structured type. */
function itemSize(descr: PythonValue): number | undefined {
  if (typeof descr === 'string') {
    const match = /^[|<>=]?([a-zA-Z?])(\d*)/.exec(descr);
    if (!match) return undefined;
    const size = match[2] === '' ? (match[1] === '?' ? 1 : 0) : Number(match[2]);
    return match[1] === 'U' ? size * 4 : size;
  }
  if (!Array.isArray(descr)) return undefined;
  let total = 0;
  for (const field of descr) {
    if (!Array.isArray(field)) return undefined;
    const [, type = '', shape] = field;
    const size = itemSize(type);
    if (size === undefined) return undefined;
    const dims = Array.isArray(shape) ? shape : shape === undefined ? [] : [shape];
    total += dims.reduce<number>((product, n) => product * Number(n), size);
  }
  return total;
}
