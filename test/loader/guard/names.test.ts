import { mkdirSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { codes, SignedApp, type Step, writeFiles } from '../../support/guard.js';
import { matMulModel, model, graph, tensor } from '../../support/onnx.js';
import { useTemp } from '../../support/temp.js';

/** Two of everything, so that each attack can put the one signed file in place of the other. */
const FILES = {
  'package.json': '{"name": "app", "type": "module", "imports": {"#x": "./lib/a.js"}}',
  'lib/a.js': 'console.log("a");',
  'lib/b.js': 'console.log("b");',
  'lib/fall.js': 'console.log("fall");',
  'lib/fall/index.js': 'console.log("through");',
  'lib/folder/package.json': '{"main": "./main.js", "type": "commonjs"}',
  'lib/folder/main.js': 'console.log("main");',
  'lib/folder/index.js': 'console.log("index");',
  'node_modules/dep/package.json': '{"name": "dep", "exports": {".": "./main.js", "./sub/*": "./sub/*.js"}}',
  'node_modules/dep/main.js': 'console.log("dep");',
  'node_modules/dep/other.js': 'console.log("other dep");',
  'node_modules/dep/sub/x.js': 'console.log("sub");',
  'node_modules/old/package.json': '{"name": "old", "main": "lib/main"}',
  'node_modules/old/lib/main.js': 'console.log("old");',
  'node_modules/old/index.js': 'console.log("old index");',
  'labels.json': '["cat", "dog"]',
  'other.json': '["dog", "cat"]',
  'import-a.js': 'import "./lib/a.js";',
  'import-x.js': 'import "#x";',
  'import-dep.js': 'import "dep"; import "dep/sub/x";',
  'import-old.js': 'import "old";',
  'require-fall.cjs': 'require("./lib/fall");',
  'require-folder.cjs': 'require("./lib/folder");',
  'require-dep.cjs': 'require("old");',
  'worker.js':
    'import { Worker } from "node:worker_threads"; new Worker(new URL("./lib/a.js", import.meta.url));',
};

const replaced = (name: string, by: string): Step[] => [
  ['unlink', name],
  ['symlink', by, name],
];

describe('guard: names', function () {
  this.timeout(60_000);
  const temp = useTemp();
  let app: SignedApp;
  beforeEach(async () => {
    app = await SignedApp.make(temp(), FILES);
  });

  const attacks: readonly (readonly [program: string, output: string, steps: readonly Step[]])[] = [
    ['import-a.js', 'a', replaced('lib/a.js', 'b.js')],
    ['import-x.js', 'a', replaced('lib/a.js', 'b.js')],
    ['worker.js', 'a', replaced('lib/a.js', 'b.js')],
    ['import-dep.js', 'dep\nsub', replaced('node_modules/dep/main.js', 'other.js')],
    ['import-dep.js', 'dep\nsub', replaced('node_modules/dep/sub/x.js', '../other.js')],
    ['import-old.js', 'old', [['unlink', 'node_modules/old/lib/main.js']]],
    ['require-dep.cjs', 'old', [['unlink', 'node_modules/old/lib/main.js']]],
    ['require-folder.cjs', 'main', [['unlink', 'lib/folder/main.js']]],
    ['require-folder.cjs', 'main', replaced('lib/folder/main.js', 'index.js')],
  ];
  for (const [program, output, steps] of attacks) {
    const what = steps.map((step) => step.join(' ')).join(', ');
    it(`${program}: ${what}`, async () => {
      const genuine = await app.run(program);
      expect(codes(genuine), genuine.stderr).to.deep.equal([]);
      expect(genuine.stdout.trim()).to.equal(output);
      const late = await app.runLate(program, steps);
      expect(codes(late), late.stdout).not.to.deep.equal([]);
      for (const evil of ['b', 'other dep', 'old index', 'index'])
        expect(late.stdout.split('\n')).not.to.include(evil);
      // The same before the start: nothing of the application runs.
      const early = await (async () => {
        const folder = app.folder;
        app = await SignedApp.make(join(temp(), 'again'), FILES);
        for (const [name, ...args] of steps) {
          const at = (path: string | undefined): string => app.path(path ?? '');
          if (name === 'unlink') unlinkSync(at(args[0]));
          if (name === 'symlink') symlinkSync(args[0] as string, at(args[1]));
        }
        expect(folder).not.to.equal(app.folder);
        return app.run(program);
      })();
      expect(early).to.include({ status: 1, stdout: '' });
      expect(codes(early)).to.have.length(1);
    });
  }

  it('a missing file does not fall through to another', async () => {
    const first = await app.run('require-fall.cjs');
    expect(codes(first)).to.deep.equal(['ERR_GUARD_REQUIRE_ESM']);
    writeFileSync(app.path('package.json'), '{"name": "app"}');
    await app.publisher.sign(app.folder, { overwrite: true });
    expect((await app.run('require-fall.cjs')).stdout).to.equal('fall\n');
    const late = await app.runLate('require-fall.cjs', [['unlink', 'lib/fall.js']]);
    expect(codes(late)).to.deep.equal(['ERR_GUARD_NAME']);
    expect(late.stdout).to.equal('');
  });

  it('a package.json that was added steers nothing', async () => {
    const late = await app.runLate('import-a.js', [
      ['writeFile', 'lib/package.json', '{"type": "commonjs"}'],
    ]);
    expect(codes(late)).to.deep.equal(['ERR_GUARD_PACKAGE_JSON']);
    writeFiles(app.folder, { 'lib/package.json': '{"type": "commonjs"}' });
    expect(codes(await app.run('import-a.js'))).to.deep.equal(['ERR_FILE_UNSIGNED']);
  });

  it('no pipe is waited for in place of a signed file', async function () {
    if (process.platform === 'win32') this.skip();
    unlinkSync(app.path('lib/a.js'));
    expect(spawnSync('mkfifo', [app.path('lib/a.js')]).status).to.equal(0);
    const early = await app.run('import-a.js');
    expect(codes(early)).to.deep.equal(['ERR_MODEL_FILE_TYPE']);
    renameSync(app.path('lib/a.js'), join(temp(), 'pipe'));
    writeFileSync(app.path('lib/a.js'), FILES['lib/a.js']);
    const late = await app.runLate('import-a.js', [
      ['unlink', 'lib/a.js'],
      ['rename', '../pipe', 'lib/a.js'],
    ]);
    expect(codes(late)).to.deep.equal(['ERR_GUARD_MODULE_MISSING']);
  });
});

/** Every way in which a program reads a file, as an expression that gives its text. */
const READERS: readonly string[] = [
  'fs.readFileSync(NAME, "utf8")',
  'fs.readFileSync(Buffer.from(NAME)).toString()',
  'fs.readFileSync(pathToFileURL(NAME), { encoding: "utf8" })',
  'fs.promises.readFile(NAME, "utf8")',
  'promisify(fs.readFile)(NAME, "utf8")',
  'promisify(fs.readFile)(NAME).then(String)',
  'named.readFileSync(NAME, "utf8")',
  'named.promises.readFile(NAME, "utf8")',
  'read(fs.openSync(NAME))',
  'read(fs.openSync(NAME, fs.constants.O_RDONLY))',
  'promisify(fs.open)(NAME, "r").then(read)',
  'promisify(fs.open)(NAME).then(read)',
  'fs.promises.open(NAME).then(async (file) => { const t = await file.readFile("utf8"); await file.close(); return t; })',
  'text(fs.createReadStream(NAME))',
  'text(new fs.ReadStream(NAME))',
  'fs.openAsBlob(NAME).then((blob) => blob.text())',
  '(fs.copyFileSync(NAME, COPY), fs.readFileSync(COPY, "utf8"))',
  'fs.promises.copyFile(NAME, COPY).then(() => fs.readFileSync(COPY, "utf8"))',
];

describe('guard: data files', function () {
  this.timeout(60_000);
  const temp = useTemp();

  const program = `
    import fs from 'node:fs';
    import * as named from 'node:fs';
    import { text } from 'node:stream/consumers';
    import { pathToFileURL, fileURLToPath } from 'node:url';
    import { promisify } from 'node:util';
    const NAME = fileURLToPath(new URL('./labels.json', import.meta.url));
    const COPY = process.env.HOME + '/copy';
    const read = (fd) => { const t = fs.readFileSync(fd, 'utf8'); fs.closeSync(fd); return t; };
    const outcomes = {};
    const readers = {${READERS.map((reader) => `${JSON.stringify(reader)}: () => ${reader}`).join(',\n')}};
    for (const [reader, get] of Object.entries(readers)) {
      try { outcomes[reader] = await get(); } catch (error) { outcomes[reader] = error.code ?? String(error); }
    }
    console.log(JSON.stringify(outcomes));`;
  const expectAll = (stdout: string, outcome: string): void => {
    const outcomes = JSON.parse(stdout) as Record<string, string>;
    for (const reader of READERS) {
      // Node 22 has it, Node 20 as well, but not the first of them.
      if (outcomes[reader]?.includes('is not a function')) continue;
      expect(outcomes[reader], reader).to.equal(outcome);
    }
  };

  it('are the bytes signed under their name, however they are read', async () => {
    const app = await SignedApp.make(temp(), { ...FILES, 'main.js': program });
    const env = { PATH: process.env.PATH, HOME: temp() };
    const run = await app.run('main.js', {}, { env });
    expect(codes(run), run.stderr).to.deep.equal([]);
    expectAll(run.stdout, FILES['labels.json']);

    writeFileSync(app.path('labels.json'), '["evil"]');
    expectAll((await app.run('main.js', {}, { env })).stdout, 'ERR_GUARD_FILE_CHANGED');
    const steps = async (...list: Step[]): Promise<string> => {
      writeFileSync(app.path('labels.json'), FILES['labels.json']);
      return (await app.runLate('main.js', list)).stdout;
    };
    // Signed, but not under this name.
    expectAll(await steps(['copyFile', 'other.json', 'labels.json']), 'ERR_GUARD_FILE_CHANGED');
    expectAll(
      await steps(['unlink', 'labels.json'], ['symlink', 'other.json', 'labels.json']),
      'ERR_GUARD_FILE_CHANGED',
    );
    unlinkSync(app.path('labels.json'));
    expectAll(await steps(['unlink', 'labels.json']), 'ERR_GUARD_FILE_MISSING');
    expectAll(await steps(['unlink', 'labels.json'], ['mkdir', 'labels.json']), 'ERR_GUARD_FILE_MISSING');
  });

  it('are neither added, nor found by another way round, nor opened for writing too', async () => {
    const app = await SignedApp.make(temp(), {
      ...FILES,
      'main.js': `
        import fs from 'node:fs';
        process.chdir(process.env.HOME);
        const tries = {
          added: () => fs.readFileSync('app/added.json', 'utf8'),
          through: () => fs.readFileSync('link/labels.json', 'utf8'),
          other: () => fs.readFileSync('link/other.json', 'utf8'),
          outside: () => fs.readFileSync('free.txt', 'utf8'),
          absent: () => fs.readFileSync('app/absent.json', 'utf8'),
          writing: () => fs.openSync('app/labels.json', 'r+'),
          signature: () => typeof fs.readFileSync('app/model.sig', 'utf8'),
          folder: () => typeof fs.openSync('app'),
          variables: () => typeof process.loadEnvFile('app/added.json'),
        };
        const outcomes = {};
        fs.writeFileSync('app/added.json', 'evil');
        fs.writeFileSync('app/other.json', 'evil');
        for (const [name, get] of Object.entries(tries))
          try { outcomes[name] = get(); } catch (error) { outcomes[name] = error.code ?? String(error); }
        console.log(JSON.stringify(outcomes));`,
    });
    symlinkSync('app', join(temp(), 'link'));
    writeFileSync(join(temp(), 'free.txt'), 'free');
    const run = await app.run('main.js', {}, { env: { PATH: process.env.PATH, HOME: temp() } });
    expect(JSON.parse(run.stdout), run.stderr).to.deep.equal({
      added: 'ERR_GUARD_FILE_UNSIGNED',
      through: FILES['labels.json'],
      other: 'ERR_GUARD_FILE_CHANGED',
      outside: 'free',
      absent: 'ENOENT',
      writing: 'ERR_GUARD_FILE_WRITABLE',
      signature: 'string',
      folder: 'number',
      variables: 'ERR_GUARD_FILE_UNSIGNED',
    });
  });

  it('of a model: another signed model does not pass under its name', async () => {
    const models = join(temp(), 'models');
    mkdirSync(models);
    writeFiles(models, {
      'new/model.onnx': matMulModel(),
      'old/model.onnx': model(graph(tensor('other'))),
    });
    const app = await SignedApp.make(temp(), {
      'main.mjs': `
        import fs from 'node:fs';
        const bytes = fs.readFileSync(${JSON.stringify(join(models, 'new/model.onnx'))});
        console.log(bytes.length);`,
    });
    await app.publisher.sign(models);
    const signed = { signed: [{ folder: app.folder }, { folder: models }] };
    expect((await app.run('main.mjs', signed)).stdout.trim()).to.equal(String(matMulModel().length));
    renameSync(join(models, 'new'), join(models, 'x'));
    renameSync(join(models, 'old'), join(models, 'new'));
    renameSync(join(models, 'x'), join(models, 'old'));
    const run = await app.run('main.mjs', signed);
    expect(codes(run)).to.deep.equal(['ERR_GUARD_FILE_CHANGED']);
    expect(run.stdout).to.equal('');
  });
});
