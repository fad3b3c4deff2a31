// Mutation testing: changes the source in small ways and asks whether a test notices. Not part of `npm ci` and of the
// checks: the tool is installed into a folder of its own, and a whole run takes hours.
//
//   npm run mutants                       every area
//   npm run mutants -- revocation bundle  some
//
// What no test can tell apart by its meaning is listed in build/mutants.json, with the reason.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** The last release that runs on Node 20. */
const VERSION = '9.6.1';
const folder = process.env.MODELSEAL_STRYKER ?? join(tmpdir(), `modelseal-stryker-${VERSION}`);

/** @type {{ areas: Record<string, { mutate: string[], tests: string[] }>, equivalent: { file: string, line: string, mutator: string, why: string }[] }} */
const { areas, equivalent } = JSON.parse(readFileSync(join(root, 'build/mutants.json'), 'utf8'));

function install() {
  if (existsSync(join(folder, 'node_modules/@stryker-mutator/core'))) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const packages = [
    ...['core', 'mocha-runner'].map((name) => `@stryker-mutator/${name}@${VERSION}`),
    // What the tool looks for beside itself.
    'typescript@5',
    'mocha@11',
  ];
  const run = spawnSync('npm', ['install', '--no-audit', '--no-fund', ...packages], {
    cwd: folder,
    stdio: 'inherit',
  });
  if (run.status !== 0) {
    console.error(`the mutation tester cannot be installed; MODELSEAL_STRYKER may name a folder that has it`);
    process.exit(70);
  }
}

/** Runs one area and returns the mutants that lived and are not known to mean the same. */
function run(name) {
  const area = areas[name];
  const report = join(folder, `${name}.json`);
  const config = join(folder, `${name}.config.json`);
  writeFileSync(
    config,
    JSON.stringify({
      mutate: area.mutate,
      testRunner: 'mocha',
      plugins: [join(folder, 'node_modules/@stryker-mutator/mocha-runner/dist/src/index.js')],
      mochaOptions: { spec: area.tests, config: join(root, '.mocharc.json') },
      testRunnerNodeArgs: ['--import', 'tsx'],
      coverageAnalysis: 'perTest',
      concurrency: 2,
      timeoutMS: 20_000,
      tempDirName: join(folder, 'sandbox'),
      ignorePatterns: ['dist', 'docs', 'bench', '.git'],
      reporters: ['clear-text', 'json'],
      clearTextReporter: { logTests: false, allowColor: false },
      jsonReporter: { fileName: report },
      thresholds: { high: 95, low: 95, break: null },
    }),
  );
  const stryker = join(folder, 'node_modules/@stryker-mutator/core/bin/stryker.js');
  const status = spawnSync(process.execPath, [stryker, 'run', config], {
    cwd: root,
    stdio: 'inherit',
  }).status;
  if (status !== 0) process.exit(status ?? 70);
  const { files } = JSON.parse(readFileSync(report, 'utf8'));
  let [killed, lived] = [0, 0];
  const survivors = [];
  for (const [file, { mutants, source }] of Object.entries(files)) {
    const lines = source.split('\n');
    for (const { status: outcome, mutatorName, location } of mutants) {
      if (outcome === 'Killed' || outcome === 'Timeout') killed++;
      if (outcome !== 'Survived' && outcome !== 'NoCoverage') continue;
      const line = lines[location.start.line - 1].trim();
      const known = equivalent.some((e) => e.file === file && e.line === line && e.mutator === mutatorName);
      if (known) continue;
      lived++;
      survivors.push(`${file}:${location.start.line} ${mutatorName}  ${line}`);
    }
  }
  const rate = ((100 * killed) / Math.max(1, killed + lived)).toFixed(1);
  console.log(`\n${name}: ${killed} killed, ${lived} lived, ${rate} %`);
  for (const survivor of survivors) console.log(`  ${survivor}`);
  return lived;
}

install();
const asked = process.argv.slice(2);
const unknown = asked.find((name) => !Object.hasOwn(areas, name));
if (unknown !== undefined) {
  console.error(`${unknown} is no area; known are ${Object.keys(areas).join(', ')}`);
  process.exit(64);
}
for (const name of asked.length > 0 ? asked : Object.keys(areas)) run(name);
