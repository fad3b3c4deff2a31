/** A writer of small ONNX models for tests: protobuf fields by number, and a model that multiplies by a matrix. */
type Part = Buffer;

export const varint = (value: number): Buffer => {
  const octets: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    octets.push(rest > 0 ? low | 0x80 : low);
  } while (rest > 0);
  return Buffer.from(octets);
};

export const int = (field: number, value: number): Part => Buffer.concat([varint(field * 8), varint(value)]);
export const len = (field: number, ...parts: (Uint8Array | string)[]): Part => {
  const body = Buffer.concat(parts.map((p) => (typeof p === 'string' ? Buffer.from(p) : p)));
  return Buffer.concat([varint(field * 8 + 2), varint(body.length), body]);
};

/** A tensor's `external_data` entries and location. */
export const external = (entries: Readonly<Record<string, string>>): Part =>
  Buffer.concat([
    ...Object.entries(entries).map(([key, value]) => len(13, len(1, key), len(2, value))),
    int(14, 1),
  ]);

const floats = (values: readonly number[]): Buffer => {
  const out = Buffer.alloc(values.length * 4);
  values.forEach((v, i) => {
    out.writeFloatLE(v, i * 4);
  });
  return out;
};

export const WEIGHTS = [1, 2, 3, 4];
export const weightBytes = (): Buffer => floats(WEIGHTS);

/** A 2×2 float tensor named `name`: values inside, or where `outside` says. */
export const tensor = (name: string, outside?: Part): Part =>
  Buffer.concat([int(1, 2), int(1, 2), int(2, 1), len(8, name), outside ?? len(9, weightBytes())]);

const valueInfo = (name: string): Part =>
  Buffer.concat([
    len(1, name),
    len(2, len(1, int(1, 1), len(2, len(1, len(2, 'batch')), len(1, int(1, 2))))),
  ]);

export const matMul = (): Part =>
  Buffer.concat([len(1, 'x'), len(1, 'w'), len(2, 'y'), len(3, 'mul'), len(4, 'MatMul')]);

export const graph = (weights: Part, ...more: Part[]): Part =>
  Buffer.concat([
    len(1, matMul()),
    len(2, 'g'),
    len(5, weights),
    len(11, valueInfo('x')),
    len(12, valueInfo('y')),
    ...more,
  ]);

export const model = (graphs: Part, ...more: Part[]): Part =>
  Buffer.concat([int(1, 8), len(7, graphs), len(8, len(1, ''), int(2, 13)), ...more]);

/** y = x · [[1, 2], [3, 4]]. */
export const matMulModel = (outside?: Part): Buffer => model(graph(tensor('w', outside)));
