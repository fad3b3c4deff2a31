import { crc32, deflateRawSync } from 'node:zlib';

const u16 = (n: number): Buffer => Buffer.from([n & 255, (n >> 8) & 255]);
const u32 = (n: number): Buffer => {
  const b = Buffer.alloc(4);
  b.writeUInt32LE(n >>> 0);
  return b;
};

/** Fields of one of the two descriptions of an entry that are to differ from the truth. */
export interface Override {
  readonly name?: string;
  readonly method?: number;
  readonly flags?: number;
  readonly crc?: number;
  readonly size?: number;
  readonly compressedSize?: number;
  readonly offset?: number;
}

export interface ZipInput {
  readonly name: string;
  readonly data: Uint8Array | string;
  readonly deflate?: boolean;
  /** Unix mode, type bits included. */
  readonly mode?: number;
  readonly central?: Override;
  readonly local?: Override;
  /** Sizes and checksum follow the data instead of standing in the local header. */
  readonly descriptor?: boolean;
  /** Leaves the entry out of the directory. */
  readonly hidden?: boolean;
  /** Bytes behind the data of the entry. */
  readonly after?: Uint8Array;
}

export interface ZipFaults {
  readonly prefix?: Uint8Array;
  readonly suffix?: Uint8Array;
  readonly comment?: string;
  /** Offsets count from the start of the file rather than of the archive. */
  readonly absolute?: boolean;
  readonly count?: number;
  readonly zip64?: boolean;
}

/** Builds zip archives byte by byte, honest ones and every kind of dishonest one. */
export function buildZip(inputs: readonly ZipInput[], faults: ZipFaults = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  const shift = faults.absolute ? (faults.prefix?.length ?? 0) : 0;
  let offset = 0;
  let listed = 0;
  for (const input of inputs) {
    const data = Buffer.from(input.data as string);
    const stored = input.deflate ? deflateRawSync(data) : data;
    const truth = {
      name: input.name,
      method: input.deflate ? 8 : 0,
      flags: input.descriptor ? 8 : 0,
      crc: crc32(data),
      size: data.length,
      compressedSize: stored.length,
      offset: offset + shift,
    };
    const zero = input.descriptor ? { crc: 0, size: 0, compressedSize: 0 } : {};
    const l = { ...truth, ...zero, ...input.local };
    const name = Buffer.from(l.name);
    const common = (f: typeof l): Buffer =>
      Buffer.concat([u16(f.flags), u16(f.method), u32(0), u32(f.crc), u32(f.compressedSize), u32(f.size)]);
    const descriptor = input.descriptor
      ? Buffer.concat([u32(0x08074b50), u32(truth.crc), u32(truth.compressedSize), u32(truth.size)])
      : Buffer.alloc(0);
    const local = Buffer.concat([u32(0x04034b50), u16(20), common(l), u16(name.length), u16(0), name]);
    const whole = Buffer.concat([local, stored, descriptor, input.after ?? Buffer.alloc(0)]);
    parts.push(whole);
    offset += whole.length;
    if (input.hidden) continue;
    listed++;
    const c = { ...truth, ...input.central };
    const centralName = Buffer.from(c.name);
    directory.push(
      Buffer.concat([
        u32(0x02014b50),
        u16(input.mode === undefined ? 20 : 0x0314),
        u16(20),
        common(c),
        u16(centralName.length),
        u16(0),
        u16(0),
        u16(0),
        u16(0),
        u32(((input.mode ?? 0) << 16) >>> 0),
        u32(c.offset),
        centralName,
      ]),
    );
  }
  const central = Buffer.concat(directory);
  const count = faults.count ?? listed;
  const comment = Buffer.from(faults.comment ?? '', 'latin1');
  const end = Buffer.concat([
    ...(faults.zip64 ? [zip64End(count, central.length, offset + shift)] : []),
    u32(0x06054b50),
    u16(0),
    u16(0),
    ...(faults.zip64
      ? [u16(0xffff), u16(0xffff), u32(0xffffffff), u32(0xffffffff)]
      : [u16(count), u16(count), u32(central.length), u32(offset + shift)]),
    u16(comment.length),
    comment,
  ]);
  return Buffer.concat([
    faults.prefix ?? Buffer.alloc(0),
    ...parts,
    central,
    end,
    faults.suffix ?? Buffer.alloc(0),
  ]);
}

function zip64End(count: number, size: number, offset: number): Buffer {
  const b = Buffer.alloc(56 + 20);
  b.writeUInt32LE(0x06064b50, 0);
  b.writeBigUInt64LE(44n, 4);
  b.writeBigUInt64LE(BigInt(count), 24);
  b.writeBigUInt64LE(BigInt(count), 32);
  b.writeBigUInt64LE(BigInt(size), 40);
  b.writeBigUInt64LE(BigInt(offset), 48);
  b.writeUInt32LE(0x07064b50, 56);
  b.writeBigUInt64LE(BigInt(offset + size), 64);
  b.writeUInt32LE(1, 72);
  return b;
}

export interface TarInput {
  readonly name: string;
  readonly data?: Uint8Array | string;
  readonly type?: string;
  readonly link?: string;
  readonly badChecksum?: boolean;
}

/** Builds ustar archives. */
export function buildTar(inputs: readonly TarInput[], suffix: Uint8Array = Buffer.alloc(0)): Buffer {
  const parts: Buffer[] = [];
  for (const { name, data = '', type = '0', link = '', badChecksum } of inputs) {
    const bytes = Buffer.from(data as string);
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write('0000644\0', 100);
    header.write('0000000\0', 108);
    header.write('0000000\0', 116);
    header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('00000000000\0', 136);
    header.write('        ', 148);
    header.write(type, 156);
    header.write(link, 157);
    header.write('ustar\x0000', 257);
    const sum = header.reduce((total, byte) => total + byte, 0) + (badChecksum ? 1 : 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    parts.push(header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512));
  }
  return Buffer.concat([...parts, Buffer.alloc(1024), suffix]);
}

/** One pax header record block for the entry that follows. */
export function pax(records: Readonly<Record<string, string>>): TarInput {
  const lines = Object.entries(records).map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    let length = rest.length + 1;
    while (String(length).length + rest.length !== length) length++;
    return `${length}${rest}`;
  });
  return { name: 'PaxHeader', type: 'x', data: lines.join('') };
}
