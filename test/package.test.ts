import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import small from '../build/small-bundle.json' with { type: 'json' };
import { TrustStore } from '../loader/index.js';
import { editBundle } from './support/edit-bundle.js';
import { AT } from './support/pki.js';
import { publisher, writeModel } from './support/signed-model.js';
import { useTemp } from './support/temp.js';
import { testTsa } from './support/timestamp.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const program = join(root, 'dist/bin/modelseal.cjs');

describe('the package', function () {
  this.timeout(60_000);

  it('holds nothing opaque, and what the documents promise', () => {
    const run = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: root,
      encoding: 'utf8',
    });
    const [{ files }] = JSON.parse(run.stdout) as [{ files: { path: string }[] }];
    const paths = files.map(({ path }) => path);
    expect(paths.filter((path) => !/\.(c?js|ts|json|md|svg|txt)$|^LICENSE$/.test(path))).to.deep.equal([]);
    expect(paths).to.include.members(['certs/README.md', 'docs/errors.md', 'dist/bin/THIRD-PARTY.txt']);
  });

  it('imports nothing but its dependencies and optional peers', () => {
    const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const known = Object.keys({ ...dependencies, ...peerDependencies });
    const imported = new Set<string>();
    for (const entry of readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' })) {
      if (!/\.(js|d\.ts)$/.test(entry)) continue;
      const text = readFileSync(join(root, 'dist', entry), 'utf8');
      for (const [, name] of text.matchAll(
        /^(?:import|export)\b[^;'"]*?from\s*['"]((?:@[^/'"]+\/)?[^./'"][^/'"]*)/gms,
      ))
        if (name && !name.startsWith('node:')) imported.add(name);
    }
    expect(imported.size).to.be.greaterThan(8);
    expect(
      [...imported].filter((name) => !known.includes(name) && name !== 'onnxruntime-common'),
    ).to.deep.equal([]);
  });
});

describe('the small bundle', function () {
  this.timeout(60_000);
  const camel = (option: string): string =>
    option.replace(/-([a-z])/g, (_all, letter) => letter.toUpperCase());

  const temp = useTemp();

  it('holds no parser of policies and stores, which would double the time to start', () => {
    const bundle = readFileSync(join(root, 'dist/bin/small.cjs'), 'latin1');
    expect(bundle.length).to.be.greaterThan(300_000).and.lessThan(800_000);
    expect(bundle).not.to.match(/node_modules\/(zod|yaml)\//);
  });

  it('is not chosen for words that need more, in any spelling', async () => {
    const at = (name: string): string => join(temp(), name);
    const [pub, tsa] = [publisher(), testTsa()];
    const model = writeModel(at('model'));
    await pub.sign(model);
    const file = join(model, 'model.sig');
    const { sig } = JSON.parse(readFileSync(file, 'utf8')).dsseEnvelope.signatures[0];
    const token = Buffer.from(await tsa.stamp(Buffer.from(sig, 'base64'))).toString('base64');
    editBundle(file, ({ verificationMaterial }) => {
      verificationMaterial.timestampVerificationData = { rfc3161Timestamps: [{ signedTimestamp: token }] };
    });
    writeFileSync(at('root.pem'), pub.root.pem);
    writeFileSync(at('tsa.pem'), tsa.root.pem);
    writeFileSync(at('policy.yaml'), 'version: 1\n');
    TrustStore.at(at('store')).add({ name: 'a', at: AT, certificates: [pub.root.certificate] });
    const trust = ['--trust-root', at('root.pem')];
    /** What each option is given, and how the command then ends. */
    const uses: Readonly<Record<string, readonly [readonly string[], string, number]>> = {
      policy: [trust, at('policy.yaml'), 0],
      'trusted-root': [['--identity', 'email:a@b.c'], 'missing', 3],
      'tsa-root': [trust, at('tsa.pem'), 0],
      'trust-store': [[], at('store'), 0],
    };
    expect(Object.keys(uses)).to.include.members(Object.keys(small.withoutOptions));
    for (const [name, [more, value, status]] of Object.entries(uses)) {
      for (const option of new Set([`--${name}`, `--${camel(name)}`])) {
        const words = [small.command, model, ...more, option, value, '--at', AT.toISOString()];
        const run = spawnSync(process.execPath, [program, ...words], { encoding: 'utf8' });
        expect(run.status, `${option} ${run.stdout} ${run.stderr}`).to.equal(status);
      }
    }
  });
});

describe('the code that V8 compiled', () => {
  const temp = useTemp();
  const run = (env: Record<string, string>): { status: number | null; output: string } => {
    const done = spawnSync(process.execPath, [program, 'digest', join(temp(), 'model')], {
      env: { PATH: process.env.PATH ?? '', ...env },
      encoding: 'utf8',
    });
    return { status: done.status, output: done.stdout + done.stderr };
  };
  const folder = (): string => join(temp(), 'home', '.cache', 'modelseal');
  beforeEach(() => {
    mkdirSync(join(temp(), 'home'));
    mkdirSync(join(temp(), 'model'));
    writeFileSync(join(temp(), 'model', 'f'), 'x');
  });

  it('is kept for its user alone, and used again', () => {
    const HOME = join(temp(), 'home');
    expect(run({ HOME }).status).to.equal(0);
    const [file = ''] = readdirSync(folder());
    expect(file).to.match(/^main-[0-9a-f]{64}-.*\.code$/);
    expect(statSync(folder()).mode & 0o777).to.equal(0o700);
    expect(statSync(join(folder(), file)).mode & 0o777).to.equal(0o600);
    const before = statSync(join(folder(), file)).mtimeMs;
    expect(run({ HOME }).status).to.equal(0);
    expect(statSync(join(folder(), file)).mtimeMs).to.equal(before);
  });

  it('of another source never runs, however long that is', () => {
    const HOME = join(temp(), 'home');
    run({ HOME });
    const [file = ''] = readdirSync(folder());
    // The code of a program of the same length that prints something else, under every name but the right one.
    const evil = file.replace(/-[0-9a-f]{64}-/, `-${'0'.repeat(64)}-`);
    writeFileSync(join(folder(), evil), readFileSync(join(folder(), file)));
    writeFileSync(join(folder(), file), 'not what V8 wrote');
    expect(run({ HOME }).status).to.equal(0);
    expect(readFileSync(join(folder(), file), 'latin1')).not.to.equal('not what V8 wrote');
  });

  it('is neither read from nor written to a folder that others can write to', () => {
    const HOME = join(temp(), 'home');
    mkdirSync(folder(), { recursive: true });
    chmodSync(folder(), 0o777);
    expect(run({ HOME }).status).to.equal(0);
    expect(readdirSync(folder())).to.deep.equal([]);
  });

  it('is not needed', () => {
    const HOME = join(temp(), 'home');
    expect(run({ HOME, MODELSEAL_CODE_CACHE: 'off' }).status).to.equal(0);
    expect(readdirSync(HOME)).to.deep.equal([]);
    expect(run({}).status).to.equal(0);
    expect(run({ HOME: '/nonexistent' }).status).to.equal(0);
  });
});
