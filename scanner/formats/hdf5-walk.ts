import { malformed } from '../../core/formats/malformed.js';
import { type ByteSource, copyOf } from '../../core/formats/source.js';
import type { ScanContext } from '../types.js';

/** Object header messages that matter here (HDF5 format specification, IV.A.2). */
const LINK_INFO = 0x02;
const LINK = 0x06;
const EXTERNAL_FILES = 0x07;
const LAYOUT = 0x08;
const CONTINUATION = 0x10;
const SYMBOL_TABLE = 0x11;

/** Objects that are followed; a model has some thousands of groups and datasets. */
const MAX_OBJECTS = 200_000;
/** Bytes of one block of messages; attributes of 64 KiB stand in there. */
const MAX_BLOCK = 16 << 20;

/** Walks the groups and datasets of an HDF5 file and reports whatever leads out of it. Data are not read. */
export class Hdf5Walk {
  readonly #source: ByteSource;
  readonly #context: ScanContext;
  readonly #start: number;
  readonly #queue: number[] = [];
  readonly #seen = new Set<number>();
  #base = 0;
  #offsetSize = 8;
  #lengthSize = 8;

  constructor(source: ByteSource, start: number, context: ScanContext) {
    this.#source = source;
    this.#start = start;
    this.#context = context;
  }

  run(): void {
    this.#visit(this.#superblock());
    for (let address = this.#queue.pop(); address !== undefined; address = this.#queue.pop()) {
      if (!this.#context.spend(256)) return;
      this.#object(address);
    }
  }

  /** Sizes and base address; returns the address of the root object header. */
  #superblock(): number {
    const block = copyOf(this.#source, this.#start, Math.min(128, this.#source.size - this.#start));
    const version = block?.[8] ?? 255;
    if (!block || version > 3 || block.length < 48)
      throw malformed('HDF5', 'the superblock is malformed', this.#start);
    const sizes = version < 2 ? 13 : 9;
    this.#offsetSize = block[sizes] ?? 0;
    this.#lengthSize = block[sizes + 1] ?? 0;
    if (![4, 8].includes(this.#offsetSize) || ![4, 8].includes(this.#lengthSize)) {
      throw malformed('HDF5', 'the sizes of addresses are out of range', this.#start + sizes);
    }
    const O = this.#offsetSize;
    const first = version === 0 ? 24 : version === 1 ? 28 : 12;
    this.#base = this.#int(block, first, O) ?? 0;
    // Versions 0 and 1 end with the symbol table entry of the root group: name offset, then header address.
    return this.#int(block, version < 2 ? first + 5 * O : first + 3 * O, O) ?? Number.NaN;
  }

  #visit(address: number | undefined): void {
    if (address === undefined || this.#seen.has(address)) return;
    if (this.#seen.size >= MAX_OBJECTS) throw malformed('HDF5', 'it has too many objects', address);
    this.#seen.add(address);
    this.#queue.push(address);
  }

  #object(address: number): void {
    const at = this.#base + address;
    const head = this.#bytes(at, Math.min(16, Math.max(4, this.#source.size - at)));
    if (head.toString('latin1', 0, 4) === 'OHDR') {
      this.#objectV2(at);
      return;
    }
    if (head[0] !== 1 || head.length < 16)
      throw malformed('HDF5', 'there is no object header where one is referred to', at);
    this.#messagesV1(this.#bytes(at + 16, this.#limited(head.readUInt32LE(8), at)), at);
  }

  #objectV2(at: number): void {
    // Signature, version, flags, times, phase change values, and a length of up to eight bytes.
    const head = this.#bytes(at, Math.min(34, this.#source.size - at));
    const flags = head[5] ?? 0;
    const sizeAt = 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
    const width = 1 << (flags & 3);
    const length = this.#int(head, sizeAt, width) ?? 0;
    this.#messagesV2(this.#bytes(at + sizeAt + width, this.#limited(length, at)), (flags & 4) !== 0, at);
  }

  #messagesV1(block: Buffer, at: number): void {
    for (let i = 0; i + 8 <= block.length; ) {
      const size = block.readUInt16LE(i + 2);
      const body = block.subarray(i + 8, i + 8 + size);
      if (body.length < size) throw malformed('HDF5', 'a header message is cut off', at);
      const next = this.#message(block.readUInt16LE(i), body, at);
      if (next) this.#messagesV1(this.#bytes(this.#base + next.at, this.#once(next)), at);
      i += 8 + size;
    }
  }

  #messagesV2(block: Buffer, ordered: boolean, at: number): void {
    const head = ordered ? 6 : 4;
    for (let i = 0; i + head <= block.length; ) {
      const size = block.readUInt16LE(i + 1);
      const body = block.subarray(i + head, i + head + size);
      if (body.length < size) throw malformed('HDF5', 'a header message is cut off', at);
      const next = this.#message(block[i] ?? 0, body, at);
      if (next) {
        // A continuation starts with OCHK and ends with a checksum.
        const inner = this.#bytes(this.#base + next.at, this.#once(next));
        this.#messagesV2(inner.subarray(4, inner.length - 4), ordered, at);
      }
      i += head + size;
    }
  }

  readonly #continued = new Set<number>();

  /** The length of a continuation block, which is followed once: a cycle of them would never end. */
  #once(next: { at: number; length: number }): number {
    if (this.#continued.has(next.at)) throw malformed('HDF5', 'header blocks form a cycle', next.at);
    this.#continued.add(next.at);
    return this.#limited(next.length, next.at);
  }

  #message(type: number, body: Buffer, at: number): { at: number; length: number } | undefined {
    const O = this.#offsetSize;
    if (type === CONTINUATION) {
      const [offset, length] = [this.#int(body, 0, O), this.#int(body, O, this.#lengthSize)];
      return offset === undefined || length === undefined ? undefined : { at: offset, length };
    }
    if (type === SYMBOL_TABLE) this.#tree(this.#int(body, 0, O), 0);
    else if (type === LINK) this.#link(body, at);
    else if (type === LINK_INFO) this.#linkInfo(body, at);
    else if (type === EXTERNAL_FILES) {
      this.#context.report('HDF5-EXTERNAL', 'a dataset has its data in other files', at);
    } else if (type === LAYOUT && (body[0] ?? 0) >= 4 && body[1] === 3) {
      this.#context.report('HDF5-EXTERNAL', 'a virtual dataset takes its data from other files', at);
    }
    return undefined;
  }

  /** Link message: version, flags, optional type, order and character set, name, then what the type needs. */
  #link(body: Buffer, at: number): void {
    const flags = body[1] ?? 0;
    let i = 2;
    const type = flags & 8 ? (body[i++] ?? 0) : 0;
    if (flags & 4) i += 8;
    if (flags & 0x10) i += 1;
    const width = 1 << (flags & 3);
    const length = this.#int(body, i, width) ?? 0;
    const name = body.toString('utf8', i + width, i + width + length);
    i += width + length;
    if (type === 0) this.#visit(this.#int(body, i, this.#offsetSize));
    else if (type === 64) {
      const target =
        body
          .subarray(i + 3)
          .toString('utf8')
          .split('\0')[0] ?? '';
      this.#context.report('HDF5-EXTERNAL', `${name} is a link into the file ${target}`, at);
    } else if (type !== 1) {
      this.#context.unparsed(`the link ${name} is of the unknown type ${type}`, at);
    }
  }

  #linkInfo(body: Buffer, at: number): void {
    const heap = this.#int(body, 2 + ((body[1] ?? 0) & 1 ? 8 : 0), this.#offsetSize);
    if (heap !== undefined)
      this.#context.unparsed('a group keeps its links in a heap, which is not looked into', at);
  }

  /** B-tree of version 1, whose leaves are symbol table nodes. */
  #tree(address: number | undefined, depth: number): void {
    if (address === undefined || this.#seen.has(-address - 1)) return;
    if (depth > 16) throw malformed('HDF5', 'a tree is nested too deep', address);
    // Trees and objects share the set of seen addresses; negative ones are trees.
    this.#seen.add(-address - 1);
    if (this.#seen.size > MAX_OBJECTS || !this.#context.spend(512)) return;
    const O = this.#offsetSize;
    const at = this.#base + address;
    const head = this.#bytes(at, 8 + 2 * O);
    if (head.toString('latin1', 0, 4) !== 'TREE')
      throw malformed('HDF5', 'there is no tree where one is referred to', at);
    const [level, count] = [head[5] ?? 0, head.readUInt16LE(6)];
    const entry = this.#lengthSize + O;
    const entries = this.#bytes(at + 8 + 2 * O, count * entry);
    for (let i = 0; i < count; i++) {
      const child = this.#int(entries, i * entry + this.#lengthSize, O);
      if (level > 0) this.#tree(child, depth + 1);
      else if (child !== undefined) this.#symbols(this.#base + child);
    }
  }

  #symbols(at: number): void {
    const head = this.#bytes(at, 8);
    if (head.toString('latin1', 0, 4) !== 'SNOD')
      throw malformed('HDF5', 'there is no symbol node where one is referred to', at);
    const O = this.#offsetSize;
    const count = head.readUInt16LE(6);
    const entry = 2 * O + 24;
    const entries = this.#bytes(at + 8, count * entry);
    for (let i = 0; i < count; i++) {
      // Cache type 2 is a soft link, which has no header.
      if (entries.readUInt32LE(i * entry + 2 * O) === 2) continue;
      this.#visit(this.#int(entries, i * entry + O, O));
    }
  }

  #limited(length: number, at: number): number {
    if (length > MAX_BLOCK) throw malformed('HDF5', 'a header is too long', at);
    return length;
  }

  #bytes(at: number, length: number): Buffer {
    const bytes = Number.isSafeInteger(at) ? copyOf(this.#source, at, length) : undefined;
    if (!bytes)
      throw malformed('HDF5', 'an address points outside the file', Number.isSafeInteger(at) ? at : 0);
    return bytes;
  }

  /** A little-endian integer; undefined where all bits are set (the undefined address) or bytes are missing. */
  #int(bytes: Buffer, at: number, size: number): number | undefined {
    if (at + size > bytes.length) return undefined;
    if (size === 8) {
      const value = bytes.readBigUInt64LE(at);
      return value === 0xffffffffffffffffn ? undefined : Number(value);
    }
    const value = bytes.readUIntLE(at, size);
    return size === 4 && value === 0xffffffff ? undefined : value;
  }
}
