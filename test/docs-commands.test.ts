import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { cli } from './support/cli.js';
import { needAll } from './support/slow.js';
import { everyCommandPath } from './support/command-paths.js';
import { cacheModel } from './support/hub.js';
import { writeModel } from './support/signed-model.js';

// Every command of the documents. Blocks marked `sh` are run in their order by a shell, each page in a copy of the folder
// that the README leaves; a command that ends otherwise than with 0 says so: `# exit code 1`.

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

const PROGRAM = join(root, 'dist/bin/modelseal.cjs');

/** What the pages speak of and the README does not make. */
const SETUP: Readonly<Record<string, string>> = {
  'docs/guard.md': `rm model/model.sig; mkdir app; echo '{"type": "module"}' > app/package.json
    echo 'console.log(process.argv.slice(2).join(" "))' > app/main.js`,
  'docs/models.md': 'echo "import sys; print(sys.argv[1:])" > serve.py; mkdir srv',
  'docs/scanner.md': 'mkdir models; cp -r model/config.json models; cp model/model.onnx model.pt',
  'docs/verification.md': `modelseal ca init --home other --no-passphrase
    modelseal ca issue --home other --email bob@example.org --out bob --no-passphrase; cp other/root.pem tsa-root.pem
    export MODELSEAL_TRUST_STORE="$PWD/trust"`,
};

const PASSPHRASES = {
  CA_PASS: 'correct horse battery staple',
  ROOT_PASS: 'of the key in the safe',
  DEV_PASS: 'another long passphrase',
};

/** Blocks that are shown and not run here, by their first line, with the reason. */
const SHOWN: Readonly<Record<string, string>> = {
  'npm ci && npm run demo     # installs, then: attack, trust, defence, in under a minute':
    'an installation; .ci/run does it on a clean checkout',
  'mkdir -p ~/modelseal/empty && cd ~/modelseal':
    'the registry; test/commands/action.test.ts installs a packed tarball in this way',
  'npm ci                     # installs and builds': '.ci/run calls the same scripts',
  'npm ci && npm run build:standalone                  # standalone/modelseal, for this platform':
    'test/interop/standalone.test.ts, where the toolchain can be had',
  'modelseal sign ./model … --timestamp-url http://tsa.example.org':
    'a time-stamp authority; test/signer/timestamp.test.ts has one',
  'modelseal attest ./model --type slsa-provenance --predicate build.json --private-key K --signing-certificate C':
    'a predicate of somebody’s build; test/loader/attestation.test.ts has one',
  'modelseal push ./tiny oci://registry.example/acme/tiny:v1': 'a registry; test/interop/oci.test.ts has one',
};

const DOCUMENTS = ['.', 'docs', 'certs'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: folder === 'docs', encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && name !== 'CHANGELOG.md')
    .map((name) => join(folder, name)),
);

interface Block {
  readonly language: string;
  readonly text: string;
}

const blocksOf = (file: string): Block[] =>
  [...read(file).matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
    language,
    text,
  }));

/** The `sh` blocks as one script that stops at the first command which does not end as it says. */
const scriptOf = (file: string): string =>
  blocksOf(file)
    .filter(({ language }) => language === 'sh')
    .map(({ text }) =>
      text
        .replaceAll('\\\n', ' ')
        .replace(
          /^(modelseal .*?)\s+# (?:.*: )?exit code (\d+)$/gm,
          (_all, command, code) =>
            `code=0; ${command} || code=$?; [ "$code" = ${code} ] || { echo "exit code $code, not ${code}: ${command.replace(/["'$`\\]/g, '')}" >&2; exit 99; }`,
        ),
    )
    .join('\n');

function play(file: string, folder: string): void {
  const script = [
    'set -euo pipefail',
    `modelseal() { ${JSON.stringify(process.execPath)} ${JSON.stringify(PROGRAM)} "$@"; }`,
    SETUP[file] ?? '',
    scriptOf(file),
  ].join('\n');
  const { PATH } = process.env;
  const env = { PATH, HOME: folder, ...(file !== 'README.md' && PASSPHRASES) };
  const run = spawnSync('bash', ['-c', script], { cwd: folder, env, encoding: 'utf8', timeout: 120_000 });
  expect(run.status, `${file}: ${run.stderr}\n${run.stdout}`).to.equal(0);
}

describe('commands of the documents', function () {
  this.timeout(180_000);
  const temp = mkdtempSync(join(tmpdir(), 'modelseal-docs-'));
  const copy = (name: string): string => {
    const folder = join(temp, name);
    cpSync(join(temp, 'start'), folder, { recursive: true, verbatimSymlinks: true });
    return folder;
  };
  const pages = DOCUMENTS.filter((file) => blocksOf(file).some(({ language }) => language === 'sh'));

  before(function () {
    needAll(this);
    const start = join(temp, 'start');
    writeModel(join(start, 'model'));
    play('README.md', start);
    cacheModel(join(start, 'hub'), 'acme/tiny', join(start, 'model'));
    cacheModel(join(start, '.cache/huggingface/hub'), 'acme/tiny', join(start, 'model'));
  });

  after(() => {
    rmSync(temp, { recursive: true, force: true });
  });

  it('are in the page of each reader', () => {
    expect(pages).to.include.members([
      ...['README.md', 'docs/demo.md', 'docs/authority.md', 'docs/publisher.md', 'docs/consumer.md'],
      'docs/security-team.md',
    ]);
  });

  for (const file of pages.filter((page) => page !== 'README.md')) {
    it(`${file}: every command does what the page says`, () => {
      play(file, copy(file.replaceAll('/', '-')));
    });
  }

  it('docs/consumer.md: the program for Node loads the model', () => {
    const folder = copy('node');
    const [program] = blocksOf('docs/consumer.md').filter(({ language }) => language === 'ts');
    const local = (program?.text ?? '').replace(
      /'modelseal\/(\w+)'/g,
      (_all, module) => `'${pathToFileURL(join(root, 'dist', module, 'index.js'))}'`,
    );
    writeFileSync(join(folder, 'program.mjs'), local);
    const run = spawnSync(process.execPath, ['program.mjs'], { cwd: folder, encoding: 'utf8' });
    expect(run.stderr).to.equal('');
    expect(run.stdout).to.match(/^accepted Float32Array\(2\) \[ 4, 6 \]/);
  });

  for (const file of DOCUMENTS) {
    it(`${file}: a block with commands is run, or says why not`, () => {
      for (const { language, text } of blocksOf(file)) {
        if (language === 'sh' || !/^(?:\$ )?(?:modelseal|npm|npx|openssl) /m.test(text)) continue;
        if (language === 'yaml' || language === 'ts') continue;
        expect(SHOWN, text).to.have.property(text.split('\n')[0] ?? '');
      }
      // An indented block would be run by nobody.
      expect(read(file)).not.to.match(/^ {4}(?:\$ )?modelseal /m);
    });
  }

  it('name commands and options that exist', async () => {
    const paths = await everyCommandPath();
    const groups = new Set(paths.map((path) => path.split(' ')[0]));
    const options = new Map<string, Set<string>>();
    for (const path of paths) {
      const { stdout } = await cli([...path.split(' '), '--help']);
      options.set(path, new Set([...stdout.matchAll(/--([a-z][a-z0-9-]*)/g)].map((m) => String(m[1]))));
    }
    let seen = 0;
    const wrong: string[] = [];
    for (const file of DOCUMENTS) {
      const text = read(file).replaceAll('\\\n', ' ');
      for (const [, line = ''] of text.matchAll(/(?:^|`|\$ )modelseal ([^`\n#|]+)/gm)) {
        const words = line.trim().split(/\s+/);
        if (!groups.has(words[0] ?? '')) continue;
        const path = [words.slice(0, 2).join(' '), words[0] ?? ''].find((name) => options.has(name));
        // `modelseal ca` alone names the group.
        if (path === undefined) {
          if (words.length > 1 && /^[a-z]/.test(words[1] ?? '')) wrong.push(`${file}: modelseal ${line}`);
          continue;
        }
        seen++;
        const own = line.split(/ -- | \|\| /)[0] ?? '';
        for (const [, option = ''] of own.matchAll(/(?:^|\s)--([a-z][a-z0-9-]*)/g)) {
          const known = options.get(path);
          if (!known?.has(option) && !known?.has(option.replace(/^no-/, '')))
            wrong.push(`${file}: modelseal ${path} --${option}`);
        }
      }
    }
    expect(wrong).to.deep.equal([]);
    expect(seen).to.be.greaterThan(90);
  });

  it('name scripts of npm that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = DOCUMENTS.flatMap((file) =>
      [...read(file).matchAll(/npm run (?:-s )?([a-z][a-z:-]*)/g)].map((m) => String(m[1])),
    );
    expect(named).to.include.members(['demo', 'docs', 'rules']);
    for (const name of named) expect(scripts).to.have.property(name);
  });
});
