import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parse } from 'yaml';
import { VERSION } from '../../core/version.js';
import { cli } from '../support/cli.js';
import { writeModel } from '../support/signed-model.js';
import { useTemp } from '../support/temp.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string; readonly required?: boolean }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: {
    readonly steps: readonly {
      readonly id?: string;
      readonly shell?: string;
      readonly env?: Readonly<Record<string, string>>;
      readonly run?: string;
      readonly if?: string;
      readonly uses?: string;
      readonly with?: Readonly<Record<string, string>>;
    }[];
  };
}

const action = parse(readFileSync(join(root, 'action.yml'), 'utf8')) as Action;

interface Ended {
  readonly code: number;
  readonly summary: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly log: string;
  /** Where npm was started, and with what. */
  readonly npm:
    | { readonly cwd: string; readonly args: readonly string[]; readonly files: readonly string[] }
    | undefined;
}

/** The steps of action.yml, run as the runner of GitHub runs them; npm is one that installs this checkout. */
describe('action.yml', function () {
  this.timeout(60_000);
  const temp = useTemp();
  let workspace: string;

  const runner = (): string => join(temp(), 'runner');
  const bin = (): string => join(temp(), 'bin');
  const seen = (): string => join(temp(), 'npm.json');

  before(function () {
    if (process.platform === 'win32' || !existsSync(join(root, 'dist/bin/modelseal.cjs'))) {
      console.log('      skipped: needs bash and a build');
      this.skip();
    }
  });

  beforeEach(async () => {
    for (const folder of [runner(), bin()]) mkdirSync(folder);
    writeFileSync(
      join(bin(), 'npm'),
      `#!${process.execPath}
const fs = require('node:fs');
fs.writeFileSync(${JSON.stringify(seen())}, JSON.stringify({ cwd: process.cwd(), args: process.argv.slice(2), files: fs.readdirSync('.') }));
if (process.env.NPM_FAILS) process.exit(1);
fs.mkdirSync('node_modules');
fs.symlinkSync(${JSON.stringify(root)}, 'node_modules/modelseal');
`,
      { mode: 0o755 },
    );
    symlinkSync(process.execPath, join(bin(), 'node'));
    workspace = join(temp(), 'work space');
    const must = async (...args: string[]): Promise<void> => {
      const run = await cli(args);
      expect(run.code, args.join(' ') + run.stdout + run.stderr).to.equal(0);
    };
    const key = ['--key-type', 'ec-p256', '--no-passphrase'];
    const home = join(workspace, 'trust');
    const out = join(temp(), 'dev');
    await must('ca', 'init', '--home', home, ...key);
    await must(
      'ca',
      'issue',
      '--home',
      home,
      '--out',
      out,
      '--name',
      'Dev',
      '--email',
      'dev@example.org',
      ...key,
    );
    const model = writeModel(join(workspace, 'models', 'good'));
    await must(
      'sign',
      model,
      '--private-key',
      join(out, 'key.pem'),
      '--signing-certificate',
      join(out, 'chain.pem'),
    );
    // What the judged folder would like to have a say in.
    for (const folder of [workspace, join(workspace, 'models')]) {
      writeFileSync(join(folder, '.npmrc'), 'registry=http://evil.invalid/\n');
      mkdirSync(join(folder, 'node_modules', '.bin'), { recursive: true });
      writeFileSync(join(folder, 'node_modules', '.bin', 'modelseal'), '#!/bin/sh\nexit 0\n', {
        mode: 0o755,
      });
    }
  });

  function runAction(inputs: Readonly<Record<string, string>>, more: NodeJS.ProcessEnv = {}): Ended {
    const given: Record<string, string> = {};
    for (const [name, input] of Object.entries(action.inputs))
      given[name] = inputs[name] ?? input.default ?? '';
    rmSync(seen(), { force: true });
    const outputs: Record<string, string> = {};
    const summary = join(temp(), 'summary');
    writeFileSync(summary, '');
    const value = (text: string): string =>
      text.replace(
        /\$\{\{ (inputs|steps\.check\.outputs)\.([a-z-]+) \}\}/g,
        (_all, from: string, name: string) => String(from === 'inputs' ? given[name] : (outputs[name] ?? '')),
      );
    let code = 0;
    let log = '';
    for (const step of action.runs.steps) {
      if (step.run === undefined) continue;
      expect(step.shell).to.equal('bash');
      const script = join(temp(), 'step.sh');
      writeFileSync(script, step.run);
      const output = join(temp(), 'output');
      writeFileSync(output, '');
      const env = Object.fromEntries(
        Object.entries(step.env ?? {}).map(([name, text]) => [name, value(text)]),
      );
      // As the runner starts `shell: bash`.
      const run = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], {
        cwd: workspace,
        encoding: 'utf8',
        env: {
          PATH: `${bin()}:/usr/bin:/bin`,
          HOME: temp(),
          GITHUB_WORKSPACE: workspace,
          GITHUB_OUTPUT: output,
          GITHUB_STEP_SUMMARY: summary,
          RUNNER_TEMP: runner(),
          ...env,
          ...more,
        },
      });
      code = run.status ?? -1;
      log += run.stdout + run.stderr;
      for (const line of readFileSync(output, 'utf8').split('\n')) {
        const at = line.indexOf('=');
        if (at > 0) outputs[line.slice(0, at)] = line.slice(at + 1);
      }
      if (code !== 0) break;
    }
    const named = Object.entries(action.outputs).map(([name, output]) => [name, value(output.value)]);
    return {
      code,
      log,
      summary: readFileSync(summary, 'utf8'),
      outputs: Object.fromEntries(named),
      npm: existsSync(seen()) ? JSON.parse(readFileSync(seen(), 'utf8')) : undefined,
    };
  }
  const trust = {
    'trust-root': 'trust/root.pem\n',
    crl: 'trust/root.crl\ntrust/issuing.crl\n',
    revocation: 'require',
  };
  const good = (): string => join(workspace, 'models', 'good');

  const verdicts: {
    code: number;
    verdict: string;
    harm: () => void;
    inputs?: Record<string, string>;
    says: RegExp;
  }[] = [
    { code: 0, verdict: 'accepted', harm: () => {}, says: /good/ },
    {
      code: 1,
      verdict: 'refused',
      harm: () => appendFileSync(join(good(), 'config.json'), ' '),
      says: /ERR_FILE_CHANGED/,
    },
    {
      code: 2,
      verdict: 'threat',
      harm: () => writeFileSync(join(workspace, 'models', 'evil.pkl'), "cos\nsystem\n(S'id'\ntR."),
      says: /PKL-/,
    },
    { code: 3, verdict: 'unchecked', harm: () => {}, inputs: { path: 'absent' }, says: /exit code 3/ },
    {
      code: 70,
      verdict: 'unchecked',
      harm: () => symlinkSync('nowhere', join(workspace, 'models', 'broken')),
      says: /broken/,
    },
  ];
  for (const { code, verdict, harm, inputs, says } of verdicts) {
    it(`ends with ${code}, the verdict "${verdict}" and a summary`, () => {
      harm();
      const ended = runAction({ ...trust, ...inputs });
      expect(ended.code, ended.log).to.equal(code);
      expect(ended.outputs).to.include({ verdict, 'exit-code': String(code) });
      expect(ended.summary).to.match(says);
      const report = ended.outputs.report as string;
      expect(report.startsWith(join(temp(), 'runner'))).to.equal(true);
      const json = JSON.parse(readFileSync(join(report, 'check.json'), 'utf8')) as { verdict?: string };
      expect(existsSync(join(report, 'check.sarif'))).to.equal(code !== 3);
      if (code === 3) expect(ended.log).to.include('ERR_FILE_NOT_FOUND');
      else expect(json.verdict).to.equal(verdict);
    });
  }

  it('takes nothing from the folder that it judges', () => {
    const ended = runAction(trust, { NODE_OPTIONS: '--require ./evil.cjs' });
    expect(ended.code, ended.log).to.equal(0);
    const { npm } = ended;
    expect(npm?.cwd.startsWith(join(temp(), 'runner'))).to.equal(true);
    expect(npm?.files).to.deep.equal(['package.json']);
    expect(npm?.args).to.include(`modelseal@${VERSION}`).and.to.include('--ignore-scripts');
    expect(existsSync(join(workspace, 'modelseal-report'))).to.equal(false);
  });

  it('wants an exact version, by default its own', () => {
    expect(action.inputs.version?.default).to.equal(VERSION);
    for (const version of ['latest', '^0.1.0', '0.1', '1.0.0 evil', 'file:.', '../x', '']) {
      const ended = runAction({ ...trust, version });
      expect(ended.code, version).to.equal(64);
      expect(ended.outputs).to.include({ verdict: 'unchecked', 'exit-code': '64' });
      expect(ended.npm, version).to.equal(undefined);
      expect(ended.summary).to.include('exit code 64');
    }
  });

  it('has not checked where the package cannot be installed', () => {
    const ended = runAction(trust, { NPM_FAILS: '1' });
    expect(ended.code).to.equal(70);
    expect(ended.outputs).to.include({ verdict: 'unchecked', 'exit-code': '70' });
    expect(ended.summary).to.include('exit code 70');
  });

  it('keeps the report whatever the verdict', () => {
    const upload = action.runs.steps.find((step) => step.uses?.startsWith('actions/upload-artifact@'));
    expect(upload?.if).to.match(/^always\(\)/);
    expect(upload?.with?.path).to.equal(action.outputs.report?.value);
  });
});
