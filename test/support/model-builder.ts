import { crc32, deflateSync } from 'node:zlib';
import { buildZip, type ZipInput } from './archive-builder.js';

const latin = (text: string): Buffer => Buffer.from(text, 'latin1');

/** A pickle that would run `id` when loaded, and one of an empty dictionary. */
export const EVIL_PICKLE = latin('\x80\x02cposix\nsystem\nX\x02\x00\x00\x00id\x85R.');
export const GOOD_PICKLE = latin('\x80\x02}q\x00.');

export function u64(n: number | bigint): Buffer {
  const b = Buffer.alloc(8);
  b.writeBigUInt64LE(BigInt(n));
  return b;
}

export function u32(n: number): Buffer {
  const b = Buffer.alloc(4);
  b.writeUInt32LE(n >>> 0);
  return b;
}

/** `header` as text, so that duplicate keys and malformed JSON can be written; `length` overrides the truth. */
export function safetensors(header: string, data: Uint8Array, length?: number | bigint): Buffer {
  return Buffer.concat([u64(length ?? Buffer.byteLength(header)), Buffer.from(header), data]);
}

export const tensor = (from: number, to: number, shape = [(to - from) / 4], dtype = 'F32'): string =>
  JSON.stringify({ dtype, shape, data_offsets: [from, to] });

export function npy(header: string, data: Uint8Array): Buffer {
  const text = latin(`${header}\n`);
  const length = Buffer.alloc(2);
  length.writeUInt16LE(text.length);
  return Buffer.concat([latin('\x93NUMPY\x01\x00'), length, text, data]);
}

export const npyHeader = (descr = '<f4', shape = '(3,)'): string =>
  `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`;

export function torchZip(pickle: Uint8Array, more: readonly ZipInput[] = [], root = 'archive'): Buffer {
  return buildZip([
    { name: `${root}/data.pkl`, data: pickle },
    { name: `${root}/byteorder`, data: 'little' },
    { name: `${root}/data/0`, data: Buffer.alloc(64, 0x3f) },
    { name: `${root}/version`, data: '3\n' },
    ...more,
  ]);
}

/** Protobuf fields. */
export const varint = (n: number | bigint): Buffer => {
  const out: number[] = [];
  for (let left = BigInt.asUintN(64, BigInt(n)); ; left >>= 7n) {
    const byte = Number(left & 127n);
    if (left < 128n) return Buffer.from([...out, byte]);
    out.push(byte | 128);
  }
};
export const field = (number: number, content: Uint8Array | string): Buffer => {
  const bytes = Buffer.from(content as string);
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
};
export const number = (n: number, value: number | bigint): Buffer =>
  Buffer.concat([varint(n << 3), varint(value)]);
const all = (...parts: Uint8Array[]): Buffer => Buffer.concat(parts);

export function onnxNode(op: string, domain = '', attributes: readonly Uint8Array[] = []): Buffer {
  const domainField = domain === '' ? [] : [field(7, domain)];
  return all(
    field(1, 'x'),
    field(2, 'y'),
    field(4, op),
    ...attributes.map((a) => field(5, a)),
    ...domainField,
  );
}

/** An initializer of float32. */
export function onnxTensor(name: string, dims: readonly number[], raw: number): Buffer {
  return all(...dims.map((d) => number(1, d)), number(2, 1), field(8, name), field(9, Buffer.alloc(raw)));
}

export function onnxExternal(entries: Readonly<Record<string, string>>): Buffer {
  const pairs = Object.entries(entries).map(([k, v]) => field(13, all(field(1, k), field(2, v))));
  return all(number(1, 4), number(2, 1), field(8, 'w'), ...pairs, number(14, 1));
}

export interface OnnxParts {
  readonly nodes?: readonly Uint8Array[];
  readonly tensors?: readonly Uint8Array[];
  readonly more?: readonly Uint8Array[];
}

export function onnxModel({ nodes = [onnxNode('Relu')], tensors = [], more = [] }: OnnxParts = {}): Buffer {
  const value = (name: string): Buffer => field(1, name);
  const graph = all(
    ...nodes.map((n) => field(1, n)),
    field(2, 'g'),
    ...tensors.map((t) => field(5, t)),
    field(11, value('x')),
    field(12, value('y')),
  );
  return all(number(1, 8), field(2, 'test'), field(7, graph), field(8, number(2, 17)), ...more);
}

export function savedModel(ops: readonly string[], inLibrary = false): Buffer {
  const nodes = ops.map((op, i) => all(field(1, `n${i}`), field(2, op)));
  const library = field(2, field(1, all(field(1, all(field(1, 'f'))), ...nodes.map((n) => field(3, n)))));
  const plain = field(1, all(field(1, 'x'), field(2, 'Placeholder')));
  const graph = inLibrary ? all(plain, library) : all(plain, ...nodes.map((n) => field(1, n)));
  return all(number(1, 1), field(2, all(field(1, field(4, 'serve')), field(2, graph))));
}

/** GGUF version 3, little-endian. */
export const ggufText = (text: string): Buffer => all(u64(Buffer.byteLength(text)), Buffer.from(text));
export const ggufPair = (key: string, value: string | number): Buffer =>
  typeof value === 'string'
    ? all(ggufText(key), u32(8), ggufText(value))
    : all(ggufText(key), u32(4), u32(value));
export const ggufTensor = (
  name: string,
  dims: readonly (number | bigint)[],
  type: number,
  offset: number,
): Buffer => all(ggufText(name), u32(dims.length), ...dims.map(u64), u32(type), u64(offset));

export interface GgufParts {
  readonly pairs?: readonly Uint8Array[];
  readonly tensors?: readonly Uint8Array[];
  readonly data?: number;
  readonly counts?: readonly [number | bigint, number | bigint];
  readonly version?: number;
}

export function gguf(parts: GgufParts = {}): Buffer {
  const { pairs = [ggufPair('general.architecture', 'llama')], tensors = [ggufTensor('t', [8], 0, 0)] } =
    parts;
  const [tensorCount, pairCount] = parts.counts ?? [tensors.length, pairs.length];
  const head = all(
    latin('GGUF'),
    u32(parts.version ?? 3),
    u64(tensorCount),
    u64(pairCount),
    ...pairs,
    ...tensors,
  );
  return all(head, Buffer.alloc((32 - (head.length % 32)) % 32), Buffer.alloc(parts.data ?? 32));
}

export function png(suffix: Uint8Array = Buffer.alloc(0)): Buffer {
  const chunk = (type: string, data: Uint8Array): Buffer => {
    const body = all(latin(type), data);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(data.length, 0);
    ends.writeUInt32BE(crc32(body), 4);
    return all(ends.subarray(0, 4), body, ends.subarray(4));
  };
  const header = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
  return all(
    latin('\x89PNG\r\n\x1a\n'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.from([0, 0]))),
    chunk('IEND', Buffer.alloc(0)),
    suffix,
  );
}

/** HDF5 with a superblock of version 2 and one root header of version 2 that holds the given messages. */
export function hdf5(messages: readonly { readonly type: number; readonly body: Uint8Array }[]): Buffer {
  const body = all(
    ...messages.map(({ type, body }) =>
      all(Buffer.from([type, body.length & 255, body.length >> 8, 0]), body),
    ),
  );
  const superblock = all(
    latin('\x89HDF\r\n\x1a\n'),
    Buffer.from([2, 8, 8, 0]),
    u64(0),
    Buffer.alloc(8, 255),
    u64(48 + 10 + body.length + 4),
    u64(48),
    u32(0),
  );
  return all(superblock, latin('OHDR'), Buffer.from([2, 2]), u32(body.length), body, u32(0));
}

/** An attribute whose value is a text; only the text matters to a scan. */
export const hdf5Text = (text: string): { type: number; body: Buffer } => ({
  type: 0x0c,
  body: all(Buffer.from([3, 0, 1, 0, 0, 0, 0, 0, 0]), Buffer.from(text), Buffer.alloc(1)),
});

/** A link: 1 soft, 64 external (to `file`). */
export const hdf5Link = (type: number, target: string): { type: number; body: Buffer } => {
  const value = type === 64 ? all(Buffer.from([0]), latin(`${target}\0/x\0`)) : latin(target);
  return {
    type: 6,
    body: all(Buffer.from([1, 8, type, 1]), latin('l'), Buffer.from([value.length, 0]), value),
  };
};

export const kerasConfig = (layers: readonly object[]): string =>
  JSON.stringify({
    module: 'keras',
    class_name: 'Sequential',
    config: { name: 's', layers },
    registered_name: null,
  });

export const denseLayer = {
  module: 'keras.layers',
  class_name: 'Dense',
  config: { name: 'd', units: 4, activation: 'relu' },
  registered_name: null,
};

export const kerasZip = (config: string, more: readonly ZipInput[] = []): Buffer =>
  buildZip([
    { name: 'metadata.json', data: '{"keras_version": "3.6.0", "date_saved": "2026-01-01"}' },
    { name: 'config.json', data: config },
    { name: 'model.weights.h5', data: hdf5([]) },
    ...more,
  ]);

/** TFLite with one operator code of the given custom name. */
export function tflite(custom: string): Buffer {
  const name = all(u32(custom.length), Buffer.from(custom), Buffer.alloc(4));
  const b = Buffer.alloc(64);
  b.writeUInt32LE(20, 0);
  b.write('TFL3', 4, 'latin1');
  // Field lists: the model at 8 has its operator codes (field 1) at +4, an operator its name (field 1) at +4.
  b.writeUInt16LE(8, 8);
  b.writeUInt16LE(8, 10);
  b.writeUInt16LE(0, 12);
  b.writeUInt16LE(4, 14);
  b.writeInt32LE(20 - 8, 20);
  b.writeUInt32LE(28 - 24, 24);
  b.writeUInt32LE(1, 28);
  b.writeUInt32LE(48 - 32, 32);
  b.writeUInt16LE(8, 36);
  b.writeUInt16LE(8, 38);
  b.writeUInt16LE(0, 40);
  b.writeUInt16LE(4, 42);
  b.writeInt32LE(48 - 36, 48);
  b.writeUInt32LE(64 - 52, 52);
  return all(b, name);
}
