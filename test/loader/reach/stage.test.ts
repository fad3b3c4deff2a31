import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { encodePem } from '../../../core/pem.js';
import type { Report } from '../../../core/report/index.js';
import { execModel, ReportBuilder, stageModel, verifyModel } from '../../../loader/index.js';
import { programEnvironment } from '../../../loader/stage/program-environment.js';
import { cli } from '../../support/cli.js';
import { expectCodeAsync } from '../../support/errors.js';
import { cacheModel } from '../../support/hub.js';
import { onnxExternal, onnxModel } from '../../support/model-builder.js';
import { AT } from '../../support/pki.js';
import { publisher, writeModel } from '../../support/signed-model.js';
import { useTemp } from '../../support/temp.js';

const BIN = fileURLToPath(new URL('../../../dist/bin/modelseal.cjs', import.meta.url));
const EVIL = "cos\nsystem\n(S'id'\ntR.";

describe('stage and exec', () => {
  const temp = useTemp();
  const alice = publisher();
  const base = { at: AT, trustRoots: alice.trustRoots, revocation: 'off' as const };

  const signed = async (more: Record<string, string | Uint8Array> = {}): Promise<string> => {
    const folder = writeModel(join(temp(), 'model'), more);
    await alice.sign(folder);
    return folder;
  };
  const trust = (): string[] => {
    const root = join(temp(), 'root.pem');
    writeFileSync(root, encodePem('CERTIFICATE', alice.root.certificate.raw));
    return ['--trust-root', root, '--at', AT.toISOString(), '--revocation', 'off'];
  };
  /** Everything in a folder that is not there on purpose. */
  const left = (...known: string[]): string[] => readdirSync(temp()).filter((name) => !known.includes(name));

  describe('stage', () => {
    it('makes a read-only copy that verifies by itself, with the report beside it', async () => {
      const folder = await signed({ 'empty.txt': '' });
      const target = join(temp(), 'out');
      const { files, report, reportFile } = await stageModel(folder, target, base);
      expect(files).to.deep.equal(['config.json', 'empty.txt', 'labels/names.txt', 'model.onnx']);
      for (const name of [...files, 'model.sig']) {
        expect(readFileSync(join(target, name))).to.deep.equal(readFileSync(join(folder, name)));
        expect(statSync(join(target, name)).mode & 0o777).to.equal(0o444);
      }
      for (const name of ['', 'labels']) expect(statSync(join(target, name)).mode & 0o777).to.equal(0o555);
      expect(JSON.parse(readFileSync(reportFile, 'utf8'))).to.deep.equal(JSON.parse(JSON.stringify(report)));
      expect(report.checks.map((c) => c.name)).to.include.members(['signature', 'files', 'scan', 'stage']);
      expect(left('model', 'out', 'out.report.json')).to.deep.equal([]);
      expect((await verifyModel(target, base)).report.verdict).to.equal('accepted');
    });

    it('copies what links lead to, shards, single files and signed empty files', async () => {
      const snapshot = cacheModel(join(temp(), 'hub'), 'acme/tiny', await signed());
      await stageModel(snapshot, join(temp(), 'a'), base);
      expect(statSync(join(temp(), 'a/config.json')).isFile()).to.equal(true);
      const shards = writeModel(join(temp(), 'shards'), { 'big.txt': 'x'.repeat(5000), '__init__.py': '' });
      await alice.sign(shards, { method: 'shards', shardSize: 1024 });
      await stageModel(shards, join(temp(), 'b'), base);
      expect((await verifyModel(join(temp(), 'b'), base)).report.verdict).to.equal('accepted');
      mkdirSync(join(temp(), 'single'));
      const one = join(temp(), 'single/config.json');
      writeFileSync(one, '{}');
      await alice.sign(one);
      const { path } = await stageModel(one, join(temp(), 'c'), base);
      expect(readdirSync(path).sort()).to.deep.equal(['config.json', 'model.sig']);
      expect((await verifyModel(join(path, 'config.json'), base)).report.verdict).to.equal('accepted');
    });

    it('scans the copy, external data included, and only without it takes a signed threat', async () => {
      const folder = await signed({
        'model.onnx': onnxModel({ tensors: [onnxExternal({ location: 'w.data' })] }),
        'w.data': Buffer.from([1, 7, 200, 9, 3, 3, 250, 1]),
      });
      await stageModel(folder, join(temp(), 'a'), base);
      const bad = writeModel(join(temp(), 'bad'), { 'extra.pkl': EVIL });
      await alice.sign(bad);
      const report = new ReportBuilder(bad, AT);
      await expectCodeAsync('ERR_THREAT_FOUND', () =>
        stageModel(bad, join(temp(), 'b'), { ...base, report }),
      );
      expect(report.build().threats[0]?.file).to.equal('extra.pkl');
      expect(existsSync(join(temp(), 'b'))).to.equal(false);
      const { report: trusting } = await stageModel(bad, join(temp(), 'b'), { ...base, skipScan: true });
      expect(trusting.checks.find((c) => c.name === 'scan')?.outcome).to.equal('skipped');
    });

    it('leaves nothing behind when it refuses', async () => {
      const folder = await signed();
      const target = join(temp(), 'out');
      const refuse = async (code: Parameters<typeof expectCodeAsync>[0]): Promise<void> => {
        await expectCodeAsync(code, () => stageModel(folder, target, base));
        expect(left('model')).to.deep.equal([]);
      };
      writeFileSync(join(folder, 'config.json'), '{"classes": 3}');
      await refuse('ERR_FILE_CHANGED');
      writeFileSync(join(folder, 'config.json'), '{"classes": 2}');
      writeFileSync(join(folder, 'extra.py'), '');
      await refuse('ERR_FILE_UNSIGNED');
      rmSync(join(folder, 'extra.py'));
      rmSync(join(folder, 'labels'), { recursive: true });
      await refuse('ERR_FILE_MISSING');
      rmSync(join(folder, 'model.sig'));
      await refuse('ERR_SIGNATURE_MISSING');
    });

    it('replaces nothing but an empty folder', async () => {
      const folder = await signed();
      const target = join(temp(), 'out');
      mkdirSync(target);
      writeFileSync(join(target, 'mine'), 'x');
      await expectCodeAsync('ERR_FILE_EXISTS', () => stageModel(folder, target, base));
      expect(readFileSync(join(target, 'mine'), 'utf8')).to.equal('x');
      rmSync(join(target, 'mine'));
      await stageModel(folder, target, base);
      for (const [name, make] of [
        ['file', (at: string) => writeFileSync(at, 'x')],
        ['link', (at: string) => symlinkSync('nowhere', at)],
      ] as const) {
        make(join(temp(), name));
        await expectCodeAsync('ERR_FILE_EXISTS', () => stageModel(folder, join(temp(), name), base));
      }
      await expectCodeAsync('ERR_FILE_NOT_FOUND', () => stageModel(folder, join(temp(), 'no/where'), base));
    });

    it('an interruption ends it and leaves nothing', async () => {
      const folder = await signed({ 'big.txt': 'x'.repeat(3_000_000) });
      const stop = new AbortController();
      const onProgress = (): void => stop.abort();
      stop.abort();
      await expectCodeAsync('ERR_INTERRUPTED', () =>
        stageModel(folder, join(temp(), 'out'), { ...base, signal: stop.signal, onProgress }),
      );
      expect(left('model')).to.deep.equal([]);
    });

    it('what a kill left is removed by the next one, and what lives is not', async function () {
      this.timeout(60_000);
      const folder = await signed();
      const big = join(folder, 'big.txt');
      writeFileSync(big, '');
      truncateSync(big, 1_000_000_000);
      await alice.sign(folder, { overwrite: true });
      const args = ['stage', folder, join(temp(), 'out'), ...trust(), '--no-scan'];
      const child = spawn(process.execPath, [BIN, ...args], { stdio: 'ignore' });
      const partial = (): string | undefined =>
        readdirSync(temp()).find((n) => n.startsWith('.modelseal-stage-'));
      await until(() => {
        const at = partial();
        return at !== undefined && existsSync(join(temp(), at, 'out'));
      });
      const name = partial() as string;
      expect(existsSync(join(temp(), 'out'))).to.equal(false);
      const small = writeModel(join(temp(), 'small'));
      await alice.sign(small);
      await stageModel(small, join(temp(), 'while'), base);
      expect(existsSync(join(temp(), name))).to.equal(true);
      const ended = exited(child);
      child.kill('SIGKILL');
      await ended;
      expect(existsSync(join(temp(), 'out'))).to.equal(false);
      expect(existsSync(join(temp(), name))).to.equal(true);
      await stageModel(small, join(temp(), 'after'), base);
      expect(partial()).to.equal(undefined);
      // A signal that asks is obeyed at once, and nothing stays.
      const asked = spawn(process.execPath, [BIN, ...args], { stdio: 'ignore' });
      await until(() => partial() !== undefined);
      const gone = exited(asked);
      asked.kill('SIGTERM');
      expect(await gone).to.equal(130);
      expect(partial()).to.equal(undefined);
      expect(existsSync(join(temp(), 'out'))).to.equal(false);
    });

    it('does not sweep what others could have put there', async () => {
      const folder = await signed();
      const foreign = join(temp(), `.modelseal-stage-${'0'.repeat(24)}`);
      mkdirSync(foreign, { mode: 0o755 });
      chmodSync(foreign, 0o755);
      writeFileSync(
        join(foreign, 'owners.json'),
        JSON.stringify([{ machine: 'other', pid: 1, started: '' }]),
      );
      mkdirSync(join(temp(), 'victim'));
      symlinkSync('victim', join(temp(), `.modelseal-stage-${'1'.repeat(24)}`));
      await stageModel(folder, join(temp(), 'out'), base);
      expect(existsSync(foreign)).to.equal(true);
      expect(existsSync(join(temp(), 'victim'))).to.equal(true);
      // Ours, but of a machine that is another one: it may be alive there.
      chmodSync(foreign, 0o700);
      await stageModel(folder, join(temp(), 'out2'), base);
      expect(existsSync(foreign)).to.equal(true);
    });

    it('a model that is changed in a loop is copied as signed or refused', async function () {
      this.timeout(30_000);
      const folder = await signed({ 'weights.txt': 'good '.repeat(200_000) });
      const swapper = swap(join(folder, 'weights.txt'), 'evil '.repeat(200_000));
      const outcomes = new Set<string>();
      try {
        for (let round = 0; round < 25 || outcomes.size < 2; round++) {
          if (round > 400) break;
          const target = join(temp(), `out-${round}`);
          const outcome = await stageModel(folder, target, { ...base, skipScan: true }).then(
            () => 'staged',
            () => 'refused',
          );
          outcomes.add(outcome);
          expect(existsSync(target)).to.equal(outcome === 'staged');
          if (outcome === 'staged')
            expect(readFileSync(join(target, 'weights.txt'), 'utf8')).to.equal('good '.repeat(200_000));
        }
      } finally {
        await stopped(swapper);
      }
      expect([...outcomes].sort()).to.deep.equal(['refused', 'staged']);
    });

    it('is a command: report, exit codes, JSON', async () => {
      const folder = await signed();
      const target = join(temp(), 'out');
      const { code, stdout } = await cli(['stage', folder, target, ...trust(), '--json']);
      expect(code).to.equal(0);
      expect((JSON.parse(stdout) as Report).verdict).to.equal('accepted');
      expect(existsSync(`${target}.report.json`)).to.equal(true);
      expect((await cli(['stage', folder, target, ...trust()])).code).to.equal(64);
      writeFileSync(join(folder, 'config.json'), '{}');
      expect((await cli(['stage', folder, join(temp(), 'no'), ...trust()])).code).to.equal(1);
      expect((await cli(['stage', join(temp(), 'none'), join(temp(), 'no'), ...trust()])).code).to.equal(3);
    });

    it('takes little memory for a large model', async function () {
      this.timeout(60_000);
      const folder = await signed();
      writeFileSync(join(folder, 'zeros.txt'), '');
      truncateSync(join(folder, 'zeros.txt'), 500_000_000);
      await alice.sign(folder, { overwrite: true });
      const measure =
        'import resource, subprocess, sys; code = subprocess.run(sys.argv[1:]).returncode; ' +
        'sys.stderr.write("RSS %d" % resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(code)';
      const args = ['stage', folder, join(temp(), 'out'), ...trust(), '--no-scan'];
      const child = spawnSync('python3', ['-c', measure, process.execPath, BIN, ...args], {
        encoding: 'utf8',
      });
      if (child.error) this.skip();
      const rss = Number(/RSS (\d+)/.exec(child.stderr)?.[1]);
      expect(child.status, child.stderr).to.equal(0);
      expect(rss).to.be.lessThan(150 * 1024);
    });
  });

  describe('exec', () => {
    it('runs a program on a private copy that is gone afterwards, and passes its exit code on', async () => {
      const folder = await signed();
      mkdirSync(join(temp(), 'in'));
      const out = join(temp(), 'seen.json');
      const script = `
        const fs = require('fs');
        const [, model, out] = process.argv;
        fs.writeFileSync(out, JSON.stringify({
          same: model === process.env.MODELSEAL_MODEL,
          model,
          mode: fs.statSync(model + '/..').mode & 0o777,
          files: fs.readdirSync(model).sort(),
          text: fs.readFileSync(model + '/config.json', 'utf8'),
        }));
        process.exit(7);`;
      const { status, report } = await execModel(folder, [process.execPath, '-e', script, '{model}', out], {
        ...base,
        env: { PATH: process.env.PATH },
        in: join(temp(), 'in'),
      });
      expect(status).to.equal(7);
      expect(report.verdict).to.equal('accepted');
      const seen = JSON.parse(readFileSync(out, 'utf8')) as Record<string, unknown>;
      expect(seen).to.include({ same: true, mode: 0o700, text: '{"classes": 2}' });
      expect(seen.files).to.deep.equal(['config.json', 'labels', 'model.onnx', 'model.sig']);
      expect(String(seen.model).startsWith(join(temp(), 'in'))).to.equal(true);
      expect(readdirSync(join(temp(), 'in'))).to.deep.equal([]);
    });

    it('runs nothing when the model is refused, or a program is not there', async () => {
      const folder = await signed();
      const touch = ['touch', join(temp(), 'ran')];
      writeFileSync(join(folder, 'extra.py'), '');
      const options = { ...base, env: process.env, in: temp() };
      await expectCodeAsync('ERR_FILE_UNSIGNED', () => execModel(folder, touch, options));
      expect(existsSync(join(temp(), 'ran'))).to.equal(false);
      rmSync(join(folder, 'extra.py'));
      await expectCodeAsync('ERR_EXEC_PROGRAM', () => execModel(folder, ['/no/such/program'], options));
      await expectCodeAsync('ERR_USAGE', () => execModel(folder, [], options));
      expect(left('model')).to.deep.equal([]);
      const { status } = await execModel(folder, touch, options);
      expect(status).to.equal(0);
      expect(existsSync(join(temp(), 'ran'))).to.equal(true);
    });

    it('gives a single file by its path', async () => {
      mkdirSync(join(temp(), 'one'));
      const file = join(temp(), 'one/config.json');
      writeFileSync(file, '{}');
      await alice.sign(file);
      const { status } = await execModel(file, ['cat', '{model}'], { ...base, env: process.env });
      expect(status).to.equal(0);
    });

    it('keeps secrets of the environment to itself', () => {
      const env = {
        PATH: '/bin',
        HOME: '/h',
        LANG: 'C',
        MODELSEAL_WEBHOOK_SECRET: 'a',
        MODELSEAL_MODEL: 'other',
        ROOT_PASS: 'b',
        CA_PASSPHRASE: 'c',
        DB_PASSWORD: 'd',
        HF_TOKEN: 'e',
        AWS_SECRET_ACCESS_KEY: 'f',
        COMPASS: 'north',
        MODEL_HMAC_KEY: 'g',
        PASSAGE: 'x',
      };
      expect(programEnvironment(env, [], '/m')).to.deep.equal({
        PATH: '/bin',
        HOME: '/h',
        LANG: 'C',
        COMPASS: 'north',
        PASSAGE: 'x',
        MODELSEAL_MODEL: '/m',
      });
      expect(programEnvironment(env, ['HF_TOKEN'], '/m')).to.include({ HF_TOKEN: 'e' });
    });

    it('is a command: exit codes, signals, and nothing left', async function () {
      this.timeout(60_000);
      const folder = await signed();
      mkdirSync(join(temp(), 'in'));
      const args = ['exec', folder, ...trust(), '--in', join(temp(), 'in'), '--'];
      const run = (program: string[], env = {}) =>
        spawnSync(process.execPath, [BIN, ...args, ...program], {
          encoding: 'utf8',
          env: { ...process.env, DEMO_PASS: 'secret', ...env },
        });
      expect(run(['sh', '-c', 'exit 5']).status).to.equal(5);
      expect(run(['sh', '-c', 'kill -9 $$']).status).to.equal(137);
      expect(run(['sh', '-c', 'echo "$DEMO_PASS|$0"', '--quiet']).stdout).to.equal('|--quiet\n');
      expect(run(['cat', '{model}/config.json']).stdout).to.equal('{"classes": 2}');
      expect(run(['/no/such']).status).to.equal(3);
      // A signal is passed on, the program decides, and its exit code comes back.
      const trap = spawn(
        process.execPath,
        [BIN, ...args, 'sh', '-c', 'trap "echo got; exit 9" TERM; echo ready; while :; do sleep 0.05; done'],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      let output = '';
      trap.stdout.on('data', (chunk: Buffer) => (output += String(chunk)));
      await until(() => output.includes('ready'));
      const ended = exited(trap);
      trap.kill('SIGTERM');
      expect(await ended).to.equal(9);
      expect(output).to.equal('ready\ngot\n');
      expect(readdirSync(join(temp(), 'in'))).to.deep.equal([]);
    });

    it('a copy outlives a kill for as long as its program runs, and is swept afterwards', async function () {
      this.timeout(60_000);
      const folder = await signed();
      const within = join(temp(), 'in');
      mkdirSync(within);
      const pid = join(temp(), 'pid');
      const child = spawn(
        process.execPath,
        [
          BIN,
          'exec',
          folder,
          ...trust(),
          '--in',
          within,
          '--',
          'sh',
          '-c',
          `echo $$ > ${pid}; exec sleep 60`,
        ],
        { stdio: 'ignore' },
      );
      await until(() => existsSync(pid) && readFileSync(pid, 'utf8').endsWith('\n'));
      // The program may have come further than the note that it runs.
      const note = join(within, readdirSync(within)[0] ?? '', 'owners.json');
      await until(() => (JSON.parse(readFileSync(note, 'utf8')) as unknown[]).length === 2);
      const ended = exited(child);
      child.kill('SIGKILL');
      await ended;
      const again = (): Promise<unknown> =>
        execModel(folder, ['true'], { ...base, env: process.env, in: within });
      await again();
      expect(readdirSync(within)).to.have.length(1);
      process.kill(Number(readFileSync(pid, 'utf8')), 'SIGKILL');
      await until(() => !alive(Number(readFileSync(pid, 'utf8'))));
      await again();
      expect(readdirSync(within)).to.deep.equal([]);
    });

    it('a Python program reads signed bytes while the original is swapped in a loop', async function () {
      this.timeout(60_000);
      if (spawnSync('python3', ['--version']).status !== 0) this.skip();
      const good = 'good '.repeat(100_000);
      const folder = await signed({ 'weights.txt': good });
      const script = `
import hashlib, os, sys, time
model = sys.argv[1]
assert model == os.environ["MODELSEAL_MODEL"]
seen = set()
end = time.time() + 1.5
while time.time() < end:
    with open(os.path.join(model, "weights.txt"), "rb") as file:
        seen.add(hashlib.sha256(file.read()).hexdigest())
print(len(seen), seen.pop() == hashlib.sha256(b"good " * 100000).hexdigest())
`;
      const swapper = swap(join(folder, 'weights.txt'), 'evil '.repeat(100_000));
      const runs: string[] = [];
      try {
        for (let round = 0; round < 200 && runs.length < 2; round++) {
          const child = spawnSync(
            process.execPath,
            [BIN, 'exec', folder, ...trust(), '--no-scan', '--', 'python3', '-c', script, '{model}'],
            { encoding: 'utf8' },
          );
          // Refused where the original was the other one at that moment; otherwise it ran to its end.
          if (child.status === 0) runs.push(child.stdout);
          else expect(child.status, child.stderr).to.equal(1);
        }
      } finally {
        await stopped(swapper);
      }
      expect(runs).to.deep.equal(['1 True\n', '1 True\n']);
    });
  });
});

/** Puts another content in the place of a file and the old one back, as fast as it can. */
function swap(file: string, evil: string): ChildProcess {
  writeFileSync(`${file}.evil`, evil);
  renameSync(`${file}.evil`, join(file, '../../swap.evil'));
  const script = `
    const fs = require('fs'), path = require('path');
    const [, file] = process.argv;
    const other = path.join(file, '../../swap.evil'), third = other + '.third';
    const pause = new Int32Array(new SharedArrayBuffer(4));
    for (;;) {
      fs.renameSync(file, third); fs.renameSync(other, file); fs.renameSync(third, other);
      Atomics.wait(pause, 0, 0, Math.random() * 8);
    }`;
  return spawn(process.execPath, ['-e', script, file], { stdio: 'ignore' });
}

function stopped(child: ChildProcess): Promise<unknown> {
  const ended = exited(child);
  child.kill('SIGKILL');
  return ended;
}

function exited(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once('exit', (code) => resolve(code)));
}

async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + 20_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error('it never came to that');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !execFileSync('cat', [`/proc/${pid}/stat`], { encoding: 'latin1' }).includes(') Z ');
  } catch {
    return false;
  }
}
