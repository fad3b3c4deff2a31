import { unescapeUnicode, unquote } from '../pickle/text.js';
import type { Cursor } from './cursor.js';
import { longFromBytes, type PyValue } from './values.js';

/** The value of an opcode that pushes a number, a text or bytes; undefined for any other opcode. */
export function readScalar(op: number, input: Cursor): PyValue | undefined {
  switch (op) {
    case 0x4b:
      return input.u8();
    case 0x4d:
      return input.u8() | (input.u8() << 8);
    case 0x4a:
      return input.u32() | 0;
    case 0x8a:
      return longFromBytes(input.take(input.u8()));
    case 0x8b:
      return longFromBytes(input.take(input.length32()));
    case 0x49: {
      // INT; "00" and "01" are booleans
      const line = input.line();
      return line === '00' ? false : line === '01' ? true : input.integer(line);
    }
    case 0x4c:
      return input.integer(input.line().replace(/L$/, ''));
    case 0x46: {
      return input.float();
    }
    case 0x47:
      return input.f64();
    case 0x8c:
      return input.utf8(input.u8());
    case 0x58:
      return input.utf8(input.u32());
    case 0x8d:
      return input.utf8(input.u64());
    case 0x56:
      return unescapeUnicode(input.line());
    case 0x53:
      return unquote(input.line());
    case 0x55:
      return input.latin1(input.u8());
    case 0x54:
      return input.latin1(input.length32());
    case 0x43:
      return input.take(input.u8());
    case 0x42:
      return input.take(input.u32());
    case 0x8e:
      return input.take(input.u64());
    case 0x96:
      return input.take(input.u64()).slice();
    default:
      return undefined;
  }
}
