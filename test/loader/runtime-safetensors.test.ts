import { expect } from 'chai';
import type { ErrorCode } from '../../core/errors/index.js';
import { detectRuntimeFormat, SafetensorsFile } from '../../loader/runtime/index.js';
import { expectCodeAsync } from '../support/errors.js';

const pack = (header: string | object, data: Uint8Array, length?: number): Buffer => {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(length ?? text.length));
  return Buffer.concat([size, text, data]);
};

const load = (bytes: Uint8Array): Promise<SafetensorsFile> =>
  SafetensorsFile.load({ has: () => true, read: async () => bytes }, 'm.safetensors');

const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

describe('safetensors', () => {
  const cases: readonly [string, ArrayBufferView, number][] = [
    ['F64', Float64Array.of(1.5, -2), 2],
    ['F32', Float32Array.of(1.5, -2), 2],
    ['F16', Uint16Array.of(0x3e00, 0xc000), 2],
    ['BF16', Uint16Array.of(0x3fc0, 0xc000), 2],
    ['I64', BigInt64Array.of(-1n, 2n ** 62n), 2],
    ['I32', Int32Array.of(-1, 7), 2],
    ['I16', Int16Array.of(-1, 7), 2],
    ['I8', Int8Array.of(-1, 7), 2],
    ['U64', BigUint64Array.of(1n, 2n ** 63n), 2],
    ['U32', Uint32Array.of(1, 7), 2],
    ['U16', Uint16Array.of(1, 7), 2],
    ['U8', Uint8Array.of(1, 7), 2],
    ['BOOL', Uint8Array.of(1, 0), 2],
    ['F8_E4M3', Uint8Array.of(1, 7), 2],
    ['F8_E5M2', Uint8Array.of(1, 7), 2],
    ['F4', Uint8Array.of(0x12), 2],
  ];
  for (const [dtype, values, count] of cases) {
    it(`reads ${dtype}, aligned or not`, async () => {
      const content = bytesOf(values);
      for (const padding of ['', ' ', '  ', '   ', '     ']) {
        const header = JSON.stringify({ t: { dtype, shape: [count], data_offsets: [0, content.length] } });
        const file = await load(pack(header + padding, content));
        const tensor = file.tensors.get('t');
        expect(tensor?.data).to.deep.equal(values);
        if (['F64', 'F32', 'F16', 'BF16'].includes(dtype)) {
          expect([...(tensor?.float32() ?? [])]).to.deep.equal([1.5, -2]);
        } else {
          expect(tensor?.float32()).to.equal(undefined);
        }
      }
    });
  }

  it('widens every special value of 16-bit floats', async () => {
    const patterns = Uint16Array.of(0x0000, 0x8000, 0x0001, 0x7bff, 0x7c00, 0xfc00, 0x7e00);
    const file = await load(
      pack({ h: { dtype: 'F16', shape: [7], data_offsets: [0, 14] } }, bytesOf(patterns)),
    );
    const values = file.tensors.get('h')?.float32();
    expect([...(values ?? [])]).to.deep.equal([
      0,
      -0,
      2 ** -24,
      65504,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
    ]);
  });

  it('reads scalars, empty tensors, names of any kind and metadata', async () => {
    const header =
      '{"__metadata__":{"format":"pt"},"__proto__":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"e":{"dtype":"F32","shape":[0,5],"data_offsets":[1,1]}}';
    const file = await load(pack(header, Uint8Array.of(9)));
    expect(file.metadata).to.deep.equal({ format: 'pt' });
    expect(file.tensors.get('__proto__')?.data).to.deep.equal(Uint8Array.of(9));
    expect(file.tensors.get('e')?.data).to.deep.equal(new Float32Array(0));
  });

  const two = (a: [number, number], b: [number, number]): object => ({
    a: { dtype: 'U8', shape: [a[1] - a[0]], data_offsets: a },
    b: { dtype: 'U8', shape: [b[1] - b[0]], data_offsets: b },
  });
  const data = new Uint8Array(8);
  it('accepts the twin of the refused ones', async () => {
    const file = await load(pack(two([0, 4], [4, 8]), data));
    expect([...file.tensors.keys()]).to.deep.equal(['a', 'b']);
    expect(detectRuntimeFormat(pack(two([0, 4], [4, 8]), data))).to.equal('safetensors');
  });
  const tensor = (fields: object): object => ({
    t: { dtype: 'U8', shape: [8], data_offsets: [0, 8], ...fields },
  });
  const malformed: readonly [string, Uint8Array, ErrorCode?][] = [
    ['an overlap', pack(two([0, 5], [4, 8]), data)],
    ['a gap', pack(two([0, 4], [5, 8]), data)],
    ['bytes before the first tensor', pack(two([1, 4], [4, 8]), data)],
    ['bytes after the last tensor', pack(two([0, 4], [4, 7]), data)],
    ['data cut short', pack(two([0, 4], [4, 8]), data.subarray(1))],
    [
      'the same tensor twice',
      pack(
        '{"t":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"t" :{"dtype":"I8","shape":[8],"data_offsets":[0,8]}}',
        data,
      ),
      'ERR_JSON_DUPLICATE_KEY',
    ],
    [
      'the same name written twice, once escaped',
      pack(
        '{"t":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"\\u0074":{"dtype":"I8","shape":[8],"data_offsets":[0,8]}}',
        data,
      ),
      'ERR_JSON_DUPLICATE_KEY',
    ],
    ['an unknown type', pack(tensor({ dtype: 'Q8' }), data)],
    ['a type named like a property', pack(tensor({ dtype: 'constructor' }), data)],
    ['an unknown field', pack(tensor({ note: 'x' }), data)],
    ['a negative size', pack(tensor({ shape: [-8] }), data)],
    ['a broken size', pack(tensor({ shape: [0.5, 16] }), data)],
    ['a size that overflows', pack(tensor({ shape: [2 ** 40, 2 ** 40] }), data)],
    ['a size that does not fit the type', pack(tensor({ dtype: 'F32' }), data)],
    ['half a byte', pack(tensor({ dtype: 'F4', shape: [15] }), data)],
    ['offsets the wrong way round', pack(tensor({ data_offsets: [8, 0] }), data)],
    ['three offsets', pack(tensor({ data_offsets: [0, 8, 8] }), data)],
    ['metadata that is no text', pack({ ...tensor({}), __metadata__: { a: 1 } }, data)],
    ['a header longer than the file', pack(tensor({}), data, 5000)],
    ['a header longer than the limit', pack(tensor({}), data, 100_000_001)],
    ['a header that is no object', pack('[]', new Uint8Array(0))],
    ['something after the header', pack('{}x', new Uint8Array(0)), 'ERR_JSON_SYNTAX'],
    ['nesting without end', pack(`{"a":${'['.repeat(50)}`, new Uint8Array(0)), 'ERR_JSON_DEPTH'],
    ['no header', Uint8Array.of(1, 2, 3)],
  ];
  for (const [what, bytes, code] of malformed) {
    it(`refuses ${what}`, () =>
      expectCodeAsync(code ?? 'ERR_SAFETENSORS_MALFORMED', () => load(bytes)).then(() => {}));
  }
});
