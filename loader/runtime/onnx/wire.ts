/** Wire types of Protocol Buffers that ONNX uses; groups are never written and are refused. */
export const Wire = { VARINT: 0, I64: 1, LEN: 2, I32: 5 } as const;

/** Thrown by {@link fields}; its caller knows the file and makes it one of our errors. */
export class WireError extends Error {
  readonly offset: number;
  constructor(problem: string, offset: number) {
    super(problem);
    this.offset = offset;
  }
}

export interface Field {
  readonly number: number;
  readonly wire: number;
  /** Value of a varint, low 53 bits exact; 0 for other wire types. */
  readonly value: number;
  /** `[start, end)` of the contents of a length-delimited field. */
  readonly start: number;
  readonly end: number;
}

/** A varint has at most ten octets (64 bits, seven in each). */
const MAX_VARINT_OCTETS = 10;

/**
 * Walks the fields of one message without copying. Every byte of `[start, end)` is looked at or skipped once, and
 * nothing outside it.
 *
 * @throws {WireError}
 */
export function* fields(bytes: Uint8Array, start: number, end: number): Generator<Field> {
  let at = start;
  const varint = (): number => {
    let value = 0;
    for (let i = 0; i < MAX_VARINT_OCTETS; i++) {
      if (at >= end) throw new WireError('a number is cut short', at);
      const octet = bytes[at++] as number;
      value += (octet & 0x7f) * 2 ** (7 * i);
      if (octet < 0x80) return value;
    }
    throw new WireError('a number has more than ten octets', at);
  };
  while (at < end) {
    const from = at;
    const tag = varint();
    // A reader that cuts tags to 32 bits would see another field than we do.
    if (tag > 0xffffffff) throw new WireError('a field number is out of range', from);
    const number = Math.floor(tag / 8);
    const wire = tag % 8;
    if (number === 0) throw new WireError('field number 0', from);
    if (wire === Wire.VARINT) {
      yield { number, wire, value: varint(), start: at, end: at };
    } else if (wire === Wire.I64 || wire === Wire.I32) {
      at += wire === Wire.I64 ? 8 : 4;
      if (at > end) throw new WireError('a fixed-size number is cut short', from);
      yield { number, wire, value: 0, start: at, end: at };
    } else if (wire === Wire.LEN) {
      const length = varint();
      if (length > end - at) throw new WireError('a field is longer than what encloses it', from);
      const content = at;
      at += length;
      yield { number, wire, value: 0, start: content, end: at };
    } else {
      throw new WireError(`wire type ${wire}`, from);
    }
  }
}
