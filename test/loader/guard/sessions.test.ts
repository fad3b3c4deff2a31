import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { writeApplication } from '../../../demo/app/folder.js';
import { codes, SignedApp } from '../../support/guard.js';
import { external, matMulModel, weightBytes } from '../../support/onnx.js';
import { useTemp } from '../../support/temp.js';

const DOORS: readonly (readonly [tried: string, outcome: string])[] = [
  ['create(MODEL)', 'ok'],
  ['create(MODEL, { executionProviders: ["wasm"] })', 'ok'],
  ['create(MODEL.buffer, MODEL.byteOffset, MODEL.byteLength)', 'ok'],
  ['create(shared(MODEL))', 'ok'],
  ['create("model.onnx")', 'ERR_GUARD_SESSION_PATH'],
  ['create(new URL("model.onnx", import.meta.url))', 'ERR_GUARD_SESSION_PATH'],
  ['create(UNSIGNED)', 'ERR_GUARD_SESSION_UNVERIFIED'],
  ['create(UNSIGNED.buffer, UNSIGNED.byteOffset, UNSIGNED.byteLength)', 'ERR_GUARD_SESSION_UNVERIFIED'],
  ['create(MODEL.subarray(1))', 'ERR_GUARD_SESSION_UNVERIFIED'],
  ['ort.default.InferenceSession.create(UNSIGNED)', 'ERR_GUARD_SESSION_UNVERIFIED'],
  ['COMMON.InferenceSession.create(UNSIGNED)', 'ERR_GUARD_SESSION_UNVERIFIED'],
  [
    'import("onnxruntime-web/wasm").then((o) => o.InferenceSession.create(UNSIGNED))',
    'ERR_GUARD_SESSION_UNVERIFIED',
  ],
  ['create(EXTERNAL)', 'ERR_GUARD_SESSION_EXTERNAL'],
  ['create(EXTERNAL, { externalData: ["w.bin"] })', 'ERR_GUARD_SESSION_EXTERNAL'],
  ['create(EXTERNAL, { externalData: [{ path: "w.bin", data: "w.bin" }] })', 'ERR_GUARD_SESSION_EXTERNAL'],
  ['create(EXTERNAL, { externalData: [{ path: "w.bin", data: ZEROS }] })', 'ERR_GUARD_SESSION_UNVERIFIED'],
  ['create(EXTERNAL, { externalData: [{ path: "other", data: WEIGHTS }] })', 'ERR_GUARD_SESSION_EXTERNAL'],
  ['create(EXTERNAL, { externalData: [{ path: "w.bin", data: WEIGHTS }] })', 'ok'],
  ['create(EXTERNAL, { externalData: [{ path: "./w.bin", data: WEIGHTS }] })', 'ok'],
  ['create(DOTTED, { externalData: [{ path: "w.bin", data: WEIGHTS }] })', 'ok'],
  ['create(DOTTED, { externalData: [{ path: "./w.bin", data: WEIGHTS }] })', 'ok'],
  [
    'create(DOTTED, { externalData: [{ path: "./w.bin", data: WEIGHTS }, { path: "w.bin", data: OTHER }] })',
    'ERR_GUARD_SESSION_EXTERNAL',
  ],
  // Signed, but under another name than the model means.
  ['create(EXTERNAL, { externalData: [{ path: "w.bin", data: OTHER }] })', 'ERR_GUARD_SESSION_EXTERNAL'],
  ['create(ESCAPES, { externalData: [{ path: "../w.bin", data: WEIGHTS }] })', 'ERR_ONNX_EXTERNAL_PATH'],
  ['create(LONG, { externalData: [{ path: "w.bin", data: WEIGHTS }] })', 'ERR_ONNX_EXTERNAL_RANGE'],
  [
    'create(MODEL, { extra: { session: { model_external_initializers_file_folder_path: "/" } } })',
    'ERR_GUARD_SESSION_EXTERNAL',
  ],
  ['import("./copy.mjs")', 'ERR_GUARD_RUNTIME_COPY'],
  ['require("onnxruntime-web").InferenceSession.create(UNSIGNED)', 'ERR_GUARD_SESSION_UNVERIFIED'],
  ['require("onnxruntime-web").InferenceSession.create("model.onnx")', 'ERR_GUARD_SESSION_PATH'],
  ['ort.InferenceSession.create = null', 'TypeError'],
];

const program = `
  import { readFileSync } from 'node:fs';
  import { createRequire } from 'node:module';
  import * as ort from 'onnxruntime-web';
  import * as COMMON from 'onnxruntime-common';
  ort.env.wasm.numThreads = 1;
  const require = createRequire(import.meta.url);
  const read = (name) => readFileSync(new URL(name, import.meta.url));
  const [MODEL, EXTERNAL, WEIGHTS] = ['model.onnx', 'external.onnx', 'w.bin'].map(read);
  const [DOTTED, ESCAPES, LONG, OTHER] = ['dotted.onnx', 'escapes.onnx', 'long.onnx', 'other.bin'].map(read);
  const UNSIGNED = Buffer.from(MODEL), ZEROS = Buffer.alloc(WEIGHTS.length);
  UNSIGNED[UNSIGNED.length - 20] ^= 1;
  const create = (...args) => ort.InferenceSession.create(...args);
  const shared = (bytes) => {
    const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
    copy.set(bytes);
    return copy;
  };
  const outcomes = {};
  const doors = {${DOORS.map(([tried]) => `${JSON.stringify(tried)}: () => ${tried}`).join(',\n')}};
  for (const [tried, open] of Object.entries(doors)) {
    try { await open(); outcomes[tried] = 'ok'; } catch (error) { outcomes[tried] = error.code ?? error.name; }
  }
  const session = await create(MODEL);
  const { y } = await session.run({ x: new ort.Tensor('float32', [1, 1], [1, 2]) });
  console.log(JSON.stringify({ outcomes, y: [...y.data] }));`;

describe('guard: model sessions', function () {
  this.timeout(60_000);
  const temp = useTemp();

  it('are made from verified bytes only, in every copy of ONNX Runtime', async () => {
    const folder = join(temp(), 'app');
    writeApplication(folder);
    // Beyond what the demonstration needs: the CommonJS build, and the build that carries its own core.
    const web = dirname(createRequire(import.meta.url).resolve('onnxruntime-web'));
    const target = join(folder, 'node_modules', 'onnxruntime-web', 'dist');
    for (const name of ['ort.node.min.js', 'ort.wasm.bundle.min.mjs', 'ort.wasm.min.mjs'])
      cpSync(join(web, name), join(target, name));
    const common = dirname(dirname(createRequire(join(web, 'x.js')).resolve('onnxruntime-common')));
    cpSync(join(common, 'cjs'), join(folder, 'node_modules', 'onnxruntime-common', 'dist', 'cjs'), {
      recursive: true,
    });
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'w.bin'), weightBytes());
    const app = await SignedApp.make(temp(), {
      'model.onnx': matMulModel(),
      'external.onnx': matMulModel(external({ location: 'w.bin' })),
      'dotted.onnx': matMulModel(external({ location: './w.bin' })),
      'escapes.onnx': matMulModel(external({ location: '../w.bin' })),
      'long.onnx': matMulModel(external({ location: 'w.bin', length: '17' })),
      'other.bin': Buffer.alloc(weightBytes().length, 1),
      'copy.mjs': `export const createInferenceSessionHandler = 1; console.log('a bundle with the runtime in it');`,
      'probe.js': program,
    });
    const run = await app.run('probe.js');
    expect(run.status, run.stderr).to.equal(0);
    const { outcomes, y } = JSON.parse(run.stdout) as { outcomes: object; y: number[] };
    expect(outcomes).to.deep.equal(Object.fromEntries(DOORS));
    expect(y).to.deep.equal([4, 6]);
    expect(codes(run)).to.include('ERR_GUARD_SESSION_PATH');
  });
});
