import { execFile, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { cli } from '../support/cli.js';
import { sharedFile } from '../support/shared.js';
import { useTemp } from '../support/temp.js';
import { PKITS_TIME, readPkits } from '../vectors/pkits.js';

const PROGRAM = process.env.MODELSEAL_STANDALONE;
const CRL_TIME = '2026-11-27T12:00:00Z';
const OMS_TIME = '2026-03-01T00:00:00Z';
/** Two processes at a time; the machine may have no more cores. */
const AT_ONCE = 2;

interface Case {
  readonly name: string;
  readonly words: readonly string[];
}

interface Answer {
  readonly code: number;
  /** The document of `--json`, without how long it took. */
  readonly document: unknown;
}

function answer(code: number, stdout: string): Answer {
  const document: unknown = JSON.parse(stdout, (key, value: unknown) =>
    key === 'timings' ? undefined : value,
  );
  return { code, document };
}

function standalone(words: readonly string[]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      PROGRAM ?? '',
      [...words, '--json'],
      { maxBuffer: 1 << 28, env: {} },
      (error, stdout, stderr) => {
        if (child.exitCode === null || stdout === '') reject(error ?? new Error(stderr));
        else resolve(answer(child.exitCode, stdout));
      },
    );
  });
}

/** What the two answer, case by case, with those that differ. */
async function compare(cases: readonly Case[]): Promise<{ codes: number[]; different: string[] }> {
  const codes: number[] = [];
  const different: string[] = [];
  for (let at = 0; at < cases.length; at += AT_ONCE) {
    const group = cases.slice(at, at + AT_ONCE);
    const theirs = group.map(({ words }) => standalone(words));
    for (const [i, { name, words }] of group.entries()) {
      const run = await cli([...words, '--json']);
      const ours = answer(run.code, run.stdout);
      const other = await theirs[i];
      codes.push(ours.code);
      const [a, b] = [JSON.stringify(ours), JSON.stringify(other)];
      if (a !== b) different.push(`${name}: Node ${a.slice(0, 2000)}, standalone ${b?.slice(0, 2000)}`);
    }
  }
  return { codes, different };
}

describe('the standalone program answers as Node does', function () {
  this.timeout(180_000);
  const temp = useTemp();

  before(function () {
    if (PROGRAM) return;
    console.log('      skipped: MODELSEAL_STANDALONE does not name a program (npm run build:standalone)');
    this.skip();
  });

  it('NIST PKITS, by certificate verify', async function () {
    const suite = readPkits(sharedFile(this, 'vectors', 'pkits.json'));
    const folder = temp();
    const file = (kind: string, name: string, der: Uint8Array | undefined): string => {
      if (!der) throw new Error(`the suite has no ${name}`);
      const path = join(folder, `${kind}-${name.replace(/[^\w.-]/g, '_')}.der`);
      writeFileSync(path, der);
      return path;
    };
    const certificate = (name: string): string => file('certificate', name, suite.certificates.get(name));
    const cases = suite.tests.map(({ title, trusted, certs, crls, params }): Case => {
      const [leaf = '', ...bag] = certs.map(certificate).reverse();
      const flag = (on: boolean | undefined, option: string): string[] => (on ? [option] : []);
      return {
        name: title,
        words: [
          ...['certificate', 'verify', leaf, '--purpose', 'any', '--revocation', 'require'],
          ...['--at', PKITS_TIME.toISOString()],
          ...trusted.flatMap((name) => ['--trust-root', certificate(name)]),
          ...bag.flatMap((path) => ['--intermediates', path]),
          ...crls.flatMap((name) => ['--crl', file('crl', name, suite.crls.get(name))]),
          ...(params.initialPolicySet ?? []).flatMap((oid) => ['--policy-set', oid]),
          ...flag(params.initialExplicitPolicy, '--explicit-policy'),
          ...flag(params.initialPolicyMappingInhibit, '--inhibit-policy-mapping'),
          ...flag(params.initialInhibitPolicy, '--inhibit-any-policy'),
        ],
      };
    });
    const { codes, different } = await compare(cases);
    expect(different).to.deep.equal([]);
    expect(codes).to.have.lengthOf(248);
    expect(codes.filter((code) => code === 0)).to.have.length.above(70);
    expect(codes.filter((code) => code === 1)).to.have.length.above(100);
  });

  it('CRLs of every kind, in every mode', async function () {
    const folder = sharedFile(this, 'cases', 'crl');
    const lists = readdirSync(folder).filter((name) => name.startsWith('c_'));
    const cases = ['leaf', 'leafdp'].flatMap((leaf) =>
      lists.flatMap((list) =>
        ['require', 'prefer', 'off'].map((mode) => ({
          name: `${leaf} ${list} ${mode}`,
          words: [
            ...[
              'certificate',
              'verify',
              join(folder, `${leaf}.pem`),
              '--trust-root',
              join(folder, 'root.pem'),
            ],
            ...['--crl', join(folder, list), '--revocation', mode, '--at', CRL_TIME],
          ],
        })),
      ),
    );
    const { codes, different } = await compare(cases);
    expect(different).to.deep.equal([]);
    expect(codes).to.have.length.above(50);
    expect(new Set(codes)).to.include.members([0, 1]);
  });

  it('models of the reference implementation and the vectors of the specification', async function () {
    const published = sharedFile(this, 'oms', 'published');
    const vectors = sharedFile(this, 'oms', 'test-vectors', 'v1.0');
    const trust: Record<string, readonly string[]> = {
      'v0.2.0-certificate': ['--trust-root', join(published, 'ca-cert.pem')],
      'v1.1.0-certificate': ['--trust-root', join(published, 'ca-cert.pem')],
      'v1.1.0-elliptic-key': ['--public-key', join(published, 'signing-key-pub.pem')],
    };
    const changed = (sample: string): string => {
      const folder = join(temp(), sample);
      cpSync(join(published, sample), folder, { recursive: true });
      writeFileSync(join(folder, 'signme-1'), 'x');
      return folder;
    };
    const models = Object.entries(trust).flatMap(([sample, options]) =>
      [join(published, sample), changed(sample)].map((model) => ({
        name: model,
        words: ['verify', model, ...options, '--at', OMS_TIME, '--revocation', 'off'],
      })),
    );
    const bundles = ['valid', 'invalid', 'invalid-payload'].flatMap((kind) =>
      readdirSync(join(vectors, kind)).map((name) => join(vectors, kind, name)),
    );
    const inspected = bundles.map((bundle) => ({ name: bundle, words: ['inspect', bundle] }));
    const { codes, different } = await compare([...models, ...inspected]);
    expect(different).to.deep.equal([]);
    expect(codes.slice(0, 6)).to.deep.equal([0, 1, 0, 1, 0, 1]);
    expect(bundles).to.have.length.above(7);
  });

  it('pickles that were judged wrongly once', async function () {
    const folder = sharedFile(this, 'cases', 'pickle');
    const cases = readdirSync(folder).map((name) => {
      const path = join(temp(), name.replace('.hex', '.pkl'));
      writeFileSync(path, Buffer.from(readFileSync(join(folder, name), 'utf8').replace(/\s/g, ''), 'hex'));
      return { name, words: ['scan', path] };
    });
    const { codes, different } = await compare(cases);
    expect(different).to.deep.equal([]);
    expect(codes).to.have.length.above(5);
    expect(new Set(codes)).to.deep.equal(new Set([2]));
  });

  it('many files, which two threads share', async () => {
    const folder = join(temp(), 'many');
    mkdirSync(folder);
    const kinds = ['{"auto_map":{"a":"b"}}', 'cos\nsystem\n(S"id"\ntR.', 'plain text\n', '\u0001\u0002'];
    for (let i = 0; i < 600; i++) writeFileSync(join(folder, `f${i}`), kinds[i % kinds.length] ?? '');
    const { codes, different } = await compare([{ name: 'scan', words: ['scan', folder] }]);
    expect(different).to.deep.equal([]);
    expect(codes).to.deep.equal([2]);
  });

  it('says which part it lacks, and judges nothing beside foreign code', () => {
    const run = (words: readonly string[], env = {}): ReturnType<typeof spawnSync> =>
      spawnSync(PROGRAM ?? '', [...words, '--json'], { encoding: 'utf8', env });
    const home = join(temp(), 'home');
    const lacking = [
      ['ca', 'init', '--home', home, '--no-passphrase'],
      ['run', 'app.js', '--trust-root', 'root.pem'],
      ['demo'],
    ];
    for (const words of lacking) {
      const { status, stdout } = run(words);
      expect(status, words.join(' ')).to.equal(70);
      expect(JSON.parse(String(stdout)).error.code).to.equal('ERR_STANDALONE_PART');
    }
    const { status, stdout } = run(['verify', home], { BUN_OPTIONS: '--preload=/nowhere.js' });
    expect(status).to.not.equal(0);
    if (stdout !== '') expect(JSON.parse(String(stdout)).error.code).to.equal('ERR_NODE_OPTION');
  });

  it('takes nothing from the folder that it runs in', () => {
    const folder = temp();
    writeFileSync(join(folder, 'evil.js'), 'console.log("EVIL"); process.exit(0);');
    writeFileSync(join(folder, 'bunfig.toml'), 'preload = ["./evil.js"]\n');
    writeFileSync(join(folder, '.env'), 'MODELSEAL_TRUST_STORE=/nowhere\nBUN_OPTIONS=--preload=./evil.js\n');
    writeFileSync(join(folder, 'package.json'), '{ "main": "evil.js" }');
    const { status, stdout } = spawnSync(PROGRAM ?? '', ['--version'], {
      cwd: folder,
      encoding: 'utf8',
      env: {},
    });
    expect(status).to.equal(0);
    expect(stdout).to.match(/^\d+\.\d+\.\d+\n$/);
  });
});
