import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { isTestedNative, NATIVE_MINORS, NATIVE_RANGE } from '../../loader/runtime/onnx/versions.js';
import { codes, SignedApp, writeFiles } from '../support/guard.js';
import { external, matMulModel, weightBytes } from '../support/onnx.js';
import { useTemp } from '../support/temp.js';

/** A folder with one folder a release, each holding node_modules/onnxruntime-node. */
const { MODELSEAL_ONNXRUNTIMES: home } = process.env;

const installed = home
  ? readdirSync(home)
      .map((name) => join(home, name, 'node_modules'))
      .filter((folder) => existsSync(join(folder, 'onnxruntime-node')))
  : [];
const versionIn = (modules: string): string =>
  (JSON.parse(readFileSync(join(modules, 'onnxruntime-node', 'package.json'), 'utf8')) as { version: string })
    .version;

/** Without optimisation the runtimes look for external data on the disk; that is the attack. */
const program = `
  import { readFileSync } from 'node:fs';
  import ort from 'onnxruntime-node';
  const read = (name) => readFileSync(new URL(name, import.meta.url));
  const outcomes = {};
  for (const location of ['w.bin', './w.bin', 'sub/w.bin'])
    for (const graphOptimizationLevel of ['disabled', 'all'])
      for (const supplied of [true, false]) {
        const name = location.replace('./', '');
        const externalData = supplied ? [{ path: location, data: read(name) }] : [];
        let outcome;
        try {
          const model = read(encodeURIComponent(location).replace('%', '-') + '.onnx');
          const session = await ort.InferenceSession.create(model, { graphOptimizationLevel, externalData });
          const { y } = await session.run({ x: new ort.Tensor('float32', [1, 1], [1, 2]) });
          outcome = [...y.data].join();
        } catch (error) { outcome = error.code ?? String(error); }
        outcomes[[location, graphOptimizationLevel, supplied].join()] = outcome;
      }
  console.log(JSON.stringify(outcomes));`;

describe('onnxruntime-node', function () {
  this.timeout(120_000);
  const temp = useTemp();

  it('is supported in the releases that the package declares', () => {
    const { peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      peerDependencies: Record<string, string>;
    };
    expect(peerDependencies['onnxruntime-node']).to.equal(NATIVE_RANGE);
    expect(['1.21.0', '1.30.9'].map(isTestedNative)).to.deep.equal([true, true]);
    for (const other of ['1.20.1', '1.31.0', '2.21.0', '1.28.0-dev.2026', '', undefined])
      expect(isTestedNative(other), String(other)).to.equal(false);
  });

  it('is tried in every declared minor release', function () {
    if (!home) {
      console.log('      skipped: MODELSEAL_ONNXRUNTIMES names no folder of releases');
      this.skip();
    }
    const minors = new Set(installed.map((modules) => Number(versionIn(modules).split('.')[1])));
    // 1.28 was never released.
    for (let minor: number = NATIVE_MINORS.first; minor <= NATIVE_MINORS.last; minor++)
      if (minor !== 28) expect([...minors]).to.include(minor);
  });

  for (const modules of installed) {
    const version = versionIn(modules);
    it(`${version} takes verified external data or is refused`, async () => {
      const folder = join(temp(), 'app');
      mkdirSync(folder, { recursive: true });
      for (const name of ['onnxruntime-node', 'onnxruntime-common'])
        cpSync(join(modules, name), join(folder, 'node_modules', name), { recursive: true });
      const models = Object.fromEntries(
        ['w.bin', './w.bin', 'sub/w.bin'].map((location) => [
          `${encodeURIComponent(location).replace('%', '-')}.onnx`,
          matMulModel(external({ location })),
        ]),
      );
      const app = await SignedApp.make(temp(), {
        'main.mjs': program,
        'w.bin': weightBytes(),
        'sub/w.bin': weightBytes(),
        ...models,
      });
      // The attack: other weights under the same names, where a runtime would look.
      const cwd = join(temp(), 'cwd');
      writeFiles(cwd, { 'w.bin': Buffer.alloc(16), 'sub/w.bin': Buffer.alloc(16) });
      const run = await app.run('main.mjs', {}, { cwd });
      if (!isTestedNative(version)) {
        expect([...new Set(codes(run))]).to.deep.equal(['ERR_RUNTIME_VERSION']);
        expect(run.stdout).to.equal('');
        return;
      }
      expect(run.status, run.stderr).to.equal(0);
      for (const [what, outcome] of Object.entries(JSON.parse(run.stdout) as Record<string, string>))
        expect(outcome, what).to.equal(what.endsWith('true') ? '4,6' : 'ERR_GUARD_SESSION_EXTERNAL');
    });
  }
});
