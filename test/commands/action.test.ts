import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parse } from 'yaml';
import { writeFiles } from '../support/guard.js';
import { NOT_AFTER } from '../support/pki.js';
import { publisher } from '../support/signed-model.js';
import { useTemp } from '../support/temp.js';

interface Step {
  readonly id?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}
const root = fileURLToPath(new URL('../..', import.meta.url));
const action = parse(readFileSync(join(root, 'action.yml'), 'utf8')) as {
  inputs: Record<string, { default?: string | number }>;
  runs: { steps: Step[] };
};

describe('action.yml', function () {
  this.timeout(60_000);
  const temp = useTemp();
  const built = existsSync(join(root, 'dist/bin/modelseal.cjs'));

  /** Runs the steps as GitHub does: each a script under `bash -eo pipefail`, with an npm that installs this checkout. */
  function run(inputs: Readonly<Record<string, string>>): {
    status: number;
    outputs: Record<string, string>;
  } {
    const workspace = join(temp(), 'workspace');
    const tools = join(temp(), 'tools');
    writeFiles(tools, {
      npm: `#!/bin/sh
        pwd > ${JSON.stringify(join(temp(), 'npm-ran-in'))}
        echo "$*" > ${JSON.stringify(join(temp(), 'npm-words'))}
        mkdir node_modules && ln -s ${JSON.stringify(root)} node_modules/modelseal`,
      npx: '#!/bin/sh\nexit 99',
    });
    for (const name of ['npm', 'npx']) chmodSync(join(tools, name), 0o755);
    mkdirSync(join(temp(), 'runner'), { recursive: true });
    const outputs: Record<string, string> = {};
    for (const { run: script, env = {} } of action.runs.steps) {
      if (script === undefined) continue;
      const output = join(temp(), 'output');
      writeFileSync(output, '');
      const value = (text: string): string =>
        text
          .replace(
            /\$\{\{ inputs\.([a-z-]+) \}\}/g,
            (_, name: string) => inputs[name] ?? String(action.inputs[name]?.default ?? ''),
          )
          .replace(/\$\{\{ steps\.[a-z]+\.outputs\.([a-z]+) \}\}/g, (_, name: string) => outputs[name] ?? '');
      const file = join(temp(), 'step.sh');
      writeFileSync(file, script);
      const done = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', file], {
        cwd: workspace,
        encoding: 'utf8',
        env: {
          PATH: [tools, process.env.PATH].join(delimiter),
          RUNNER_TEMP: join(temp(), 'runner'),
          GITHUB_OUTPUT: output,
          GITHUB_STEP_SUMMARY: join(temp(), 'summary.md'),
          ...Object.fromEntries(Object.entries(env).map(([name, text]) => [name, value(text)])),
        },
      });
      for (const line of readFileSync(output, 'utf8').split('\n')) {
        const [name, ...rest] = line.split('=');
        if (name) outputs[name] = rest.join('=');
      }
      if (done.status !== 0) return { status: done.status ?? -1, outputs };
    }
    return { status: 0, outputs };
  }

  it('installs an exact version outside of what it judges, and gives every verdict', async function () {
    if (!built) {
      console.log('      skipped: the command line is not built (npm run build)');
      this.skip();
    }
    const workspace = join(temp(), 'workspace');
    writeFiles(workspace, {
      'models/m/weights.bin': 'weights',
      // What npx or npm would have followed.
      '.npmrc': 'node-options=--require ./evil.cjs',
      'evil.cjs': 'process.exit(0)',
      'node_modules/.bin/modelseal': '#!/bin/sh\nexit 0',
    });
    const signer = publisher();
    await signer.sign(join(workspace, 'models/m'));
    writeFileSync(join(workspace, 'root.der'), signer.root.certificate.raw);
    const inputs = { path: 'models', 'trust-root': 'root.der', revocation: 'off' };
    const first = run(inputs);
    // The action judges by the clock: once the certificates of the tests have expired, there is nothing to accept.
    expect(first.outputs.verdict).to.equal(new Date() < NOT_AFTER ? 'accepted' : 'refused');
    expect(readFileSync(join(temp(), 'npm-ran-in'), 'utf8')).to.match(/runner\/modelseal\.[^/]+\/tool\n$/);
    expect(readFileSync(join(temp(), 'npm-words'), 'utf8')).to.match(/modelseal@[0-9]+\.[0-9]+\.[0-9]+\n$/);
    writeFileSync(join(workspace, 'models/m/weights.bin'), 'changed');
    const refused = run(inputs);
    expect(refused).to.deep.include({ status: 1 });
    expect(refused.outputs.verdict).to.equal('refused');
    expect(readFileSync(join(temp(), 'summary.md'), 'utf8')).to.include('weights.bin');
    writeFileSync(join(workspace, 'models/evil.pkl'), 'cos\nsystem\n(S"id"\ntR.');
    const threat = run(inputs);
    expect(threat.status).to.equal(2);
    expect(threat.outputs.verdict).to.equal('threat');
    const absent = run({ ...inputs, path: 'absent' });
    expect(absent.status).to.equal(3);
    expect(absent.outputs.verdict).to.equal('unchecked');
  });

  it('takes exact versions only; without one, the version that it belongs to', () => {
    writeFiles(join(temp(), 'workspace'), { x: '' });
    for (const version of ['latest', '^1.0.0', '1', '', '1.0.0 evil', 'file:evil'])
      expect(run({ version, 'trust-root': 'x' }).status, version).to.equal(64);
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(String(action.inputs.version?.default)).to.equal(version);
  });
});
