import { expect } from 'chai';
import type { ErrorCode } from '../../core/errors/index.js';
import { detectRuntimeFormat, OnnxRuntime, type VerifiedFiles } from '../../loader/runtime/index.js';
import { findExternalTensors } from '../../loader/runtime/onnx/model.js';
import { expectCode, expectCodeAsync } from '../support/errors.js';
import { external, graph, int, len, matMulModel, model, tensor, weightBytes } from '../support/onnx.js';

const files = (content: Readonly<Record<string, Uint8Array>>): VerifiedFiles => ({
  has: (name) => Object.hasOwn(content, name),
  read: async (name) => content[name] as Uint8Array,
});

const X = { x: { type: 'float32', dims: [1, 2], data: [1, 1] } };

describe('ONNX runtime', () => {
  it('runs a model from bytes, closes, and then runs no more', async () => {
    const runtime = await OnnxRuntime.load(files({ 'm.onnx': matMulModel() }), 'm.onnx');
    expect(runtime.inputs).to.deep.equal([{ name: 'x', type: 'float32', dims: ['batch', 2] }]);
    const { y } = await runtime.run(X);
    expect(y?.dims).to.deep.equal([1, 2]);
    expect([...(y?.data ?? [])]).to.deep.equal([4, 6]);
    await runtime.close();
    await expectCodeAsync('ERR_MODEL_CLOSED', () => runtime.run(X));
  });

  it('takes external data from verified files only', async () => {
    const bytes = matMulModel(external({ location: 'w.bin' }));
    const content = { 'sub/m.onnx': bytes, 'sub/w.bin': weightBytes() };
    const runtime = await OnnxRuntime.load(files(content), 'sub/m.onnx');
    const { y } = await runtime.run(X);
    expect([...(y?.data ?? [])]).to.deep.equal([4, 6]);
    await runtime.close();
    await expectCodeAsync('ERR_ONNX_EXTERNAL_UNSIGNED', () =>
      OnnxRuntime.load(files({ 'sub/m.onnx': bytes }), 'sub/m.onnx'),
    );
  });

  const outside: readonly [string, Readonly<Record<string, string>>, ErrorCode][] = [
    ['a parent folder', { location: '../w.bin' }, 'ERR_ONNX_EXTERNAL_PATH'],
    ['a parent folder in the middle', { location: 'a/../../w.bin' }, 'ERR_ONNX_EXTERNAL_PATH'],
    ['an absolute name', { location: '/etc/passwd' }, 'ERR_ONNX_EXTERNAL_PATH'],
    ['a drive', { location: 'C:w.bin' }, 'ERR_ONNX_EXTERNAL_PATH'],
    ['a backslash', { location: '..\\w.bin' }, 'ERR_ONNX_EXTERNAL_PATH'],
    ['an empty name', { location: '' }, 'ERR_ONNX_EXTERNAL_PATH'],
    ['an unsigned file', { location: 'other.bin' }, 'ERR_ONNX_EXTERNAL_UNSIGNED'],
    ['an offset past the end', { location: 'w.bin', offset: '17' }, 'ERR_ONNX_EXTERNAL_RANGE'],
    ['a length past the end', { location: 'w.bin', offset: '8', length: '9' }, 'ERR_ONNX_EXTERNAL_RANGE'],
    ['a negative offset', { location: 'w.bin', offset: '-1' }, 'ERR_ONNX_EXTERNAL_RANGE'],
    ['a hexadecimal length', { location: 'w.bin', length: '0x10' }, 'ERR_ONNX_EXTERNAL_RANGE'],
  ];
  for (const [what, entries, code] of outside) {
    it(`refuses external data at ${what}`, async () => {
      const content = { 'm.onnx': matMulModel(external(entries)), 'w.bin': weightBytes() };
      await expectCodeAsync(code, () => OnnxRuntime.load(files(content), 'm.onnx'));
    });
  }

  const hidden = tensor('h', external({ location: 'secret' }));
  const ATTRIBUTE = (content: Uint8Array): Buffer => len(1, len(4, 'Op'), len(5, len(1, 'a'), content));
  const places: readonly [string, Buffer][] = [
    ['an initializer', model(graph(tensor('w'), len(5, hidden)))],
    ['a sparse initializer', model(graph(tensor('w'), len(15, len(2, hidden))))],
    ['a tensor attribute', model(graph(tensor('w'), ATTRIBUTE(len(5, hidden))))],
    ['a list of tensors', model(graph(tensor('w'), ATTRIBUTE(len(10, hidden))))],
    ['a sparse attribute', model(graph(tensor('w'), ATTRIBUTE(len(22, len(1, hidden)))))],
    ['a sub-graph', model(graph(tensor('w'), ATTRIBUTE(len(6, len(5, hidden)))))],
    ['one of several sub-graphs', model(graph(tensor('w'), ATTRIBUTE(len(11, len(5, hidden)))))],
    ['a function', model(graph(tensor('w')), len(25, len(7, len(5, len(5, hidden)))))],
    ['a default attribute of a function', model(graph(tensor('w')), len(25, len(11, len(5, hidden))))],
    ['a training graph', model(graph(tensor('w')), len(20, len(2, len(5, hidden))))],
    ['a second graph that parsers merge', model(graph(tensor('w')), len(7, len(5, hidden)))],
    [
      'entries without the location field',
      model(graph(tensor('w'), len(5, len(8, 'h'), len(13, len(1, 'location'), len(2, 'secret'))))),
    ],
  ];
  for (const [what, bytes] of places) {
    it(`finds external data in ${what}`, () => {
      expect(findExternalTensors(bytes, 'm.onnx').map((t) => t.location)).to.deep.equal(['secret']);
    });
  }

  it('refuses what is not a well-formed ONNX model', async () => {
    const good = matMulModel();
    const deep = (n: number): Buffer => (n === 0 ? Buffer.alloc(0) : len(1, len(5, len(6, deep(n - 1)))));
    const bad: readonly [string, Buffer][] = [
      ['cut short', good.subarray(0, good.length - 1)],
      ['bytes after it', Buffer.concat([good, Buffer.from([0xff])])],
      ['a group', Buffer.concat([good, varintTag(30, 3)])],
      ['field number 0', Buffer.concat([good, Buffer.from([0, 0])])],
      [
        'a field number beyond 32 bits',
        Buffer.concat([good, Buffer.from([0xb8, 0x80, 0x80, 0x80, 0x10, 0])]),
      ],
      ['no graph', int(1, 8)],
      [
        'location twice',
        matMulModel(Buffer.concat([external({ location: 'a' }), external({ location: 'b' })])),
      ],
      ['external without a location', matMulModel(int(14, 1))],
      ['a location kind that a parser may cut to EXTERNAL', matMulModel(int(14, 2 ** 32 + 1))],
      ['nested without end', model(graph(tensor('w'), deep(40)))],
      ['the ORT format', Buffer.concat([Buffer.from([0x08, 0x08, 0x12, 0x08]), Buffer.from('ORTM'), good])],
    ];
    for (const [, bytes] of bad) expectCode('ERR_ONNX_MALFORMED', () => findExternalTensors(bytes, 'm.onnx'));
    expect(findExternalTensors(model(graph(tensor('w'), deep(30))), 'm.onnx')).to.deep.equal([]);
  });

  it('refuses an operator that makes the runtime open files', () => {
    const context = model(graph(tensor('w'), len(1, len(3, 'ctx'), len(4, 'EPContext'))));
    expectCode('ERR_ONNX_FILE_OPERATOR', () => findExternalTensors(context, 'm.onnx'));
  });

  it('refuses inputs that do not fit, each with its code', async () => {
    const runtime = await OnnxRuntime.load(files({ 'm.onnx': matMulModel() }), 'm.onnx', 'wasm');
    await expectCodeAsync('ERR_INPUT_NAMES', () => runtime.run({}));
    await expectCodeAsync('ERR_INPUT_NAMES', () => runtime.run({ z: X.x }));
    await expectCodeAsync('ERR_INPUT_TENSOR', () => runtime.run({ x: { ...X.x, dims: [2, 2] } }));
    await expectCodeAsync('ERR_INPUT_TENSOR', () => runtime.run({ x: { ...X.x, type: 'constructor' } }));
    await expectCodeAsync('ERR_INPUT_TENSOR', () => runtime.run({ x: { ...X.x, data: ['a', 1] } }));
    await expectCodeAsync('ERR_INFERENCE_FAILED', () => runtime.run({ x: { ...X.x, dims: [2, 1] } }));
    await runtime.close();
  });

  it('says what is missing when the native engine is asked for and absent', async function () {
    try {
      await import('onnxruntime-node' as string);
      console.log('      skipped: onnxruntime-node is installed');
      this.skip();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    }
    await expectCodeAsync('ERR_OPTIONAL_PART_MISSING', () =>
      OnnxRuntime.load(files({ 'm.onnx': matMulModel() }), 'm.onnx', 'native'),
    );
  });

  for (const location of ['w.bin', './w.bin']) {
    it(`finds external data by the name ${location}`, async () => {
      const content = { 'm.onnx': matMulModel(external({ location })), 'w.bin': weightBytes() };
      const runtime = await OnnxRuntime.load(files(content), 'm.onnx', 'wasm');
      expect([...((await runtime.run(X)).y?.data ?? [])]).to.deep.equal([4, 6]);
      await runtime.close();
    });
  }

  it('is chosen by content', () => {
    expect(detectRuntimeFormat(matMulModel())).to.equal('onnx');
    expect(detectRuntimeFormat(Buffer.from('{"not": "onnx"}'))).to.equal(undefined);
  });
});

const varintTag = (field: number, wire: number): Buffer =>
  Buffer.from([((field * 8) % 128) + wire + 0x80, (field * 8) >> 7]);
