import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { writeApplication } from '../../../demo/app/folder.js';
import { doorsOf, GUARD_DOORS } from '../../corpora/guard-doors.js';
import { codes, SignedApp } from '../../support/guard.js';
import { external, matMulModel, weightBytes } from '../../support/onnx.js';
import { useTemp } from '../../support/temp.js';

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
  const doors = ${doorsOf(GUARD_DOORS.sessions)};
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
    expect(outcomes).to.deep.equal(Object.fromEntries(GUARD_DOORS.sessions));
    expect(y).to.deep.equal([4, 6]);
    expect(codes(run)).to.include('ERR_GUARD_SESSION_PATH');
  });
});
