import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CASES } from './cases.js';
import { MODELSEAL, makeIdentity } from './fixtures.js';
import { plot } from './plot.js';
import { benchReference, type Cell } from './reference.js';
import type { Row } from './row.js';
import { markdownPage, textTable } from './table.js';

// npm run bench [-- --quick] [-- --only NAME]: measures everything the README may quote, beside what a user would pick
// instead, in the same run. Prints a table, writes bench.json, bench.md and bench.svg to results/.

const argv = process.argv.slice(2);
const quick = argv.includes('--quick');
const only = argv.includes('--only') ? argv[argv.indexOf('--only') + 1] : undefined;
const results = fileURLToPath(new URL('./results/', import.meta.url));

const openssl = spawnSync('openssl', ['version'], { encoding: 'utf8' }).stdout?.trim() ?? 'no openssl';
const machine = `${cpus().length} × ${cpus()[0]?.model ?? '?'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}, ${openssl}`;

if (!existsSync(MODELSEAL))
  throw new Error('run "npm run build" first: the built command line is what is measured');
const heading = `${machine}${quick ? '\nquick: sizes divided by 16; the targets are for full sizes' : ''}`;
const rows: Row[] = [];
const cells: Cell[] = [];
const folder = mkdtempSync(join(process.env.MODELSEAL_BENCH_DIR ?? tmpdir(), 'modelseal-bench-'));
try {
  const identity = makeIdentity(folder);
  const setting = { folder: join(folder, 'work'), identity, runs: quick ? 3 : 5, scale: quick ? 16 : 1 };
  for (const { name, run } of CASES) {
    if (only !== undefined && only !== name) continue;
    process.stderr.write(`measuring: ${name}\n`);
    rows.push(...(await orSkipped(name, () => run(setting))));
    save();
  }
  if (only === undefined || only === 'reference') {
    process.stderr.write('measuring: reference\n');
    rows.push(...(await orSkipped('reference', () => benchReference(setting, cells))));
  }
  save();
  process.stdout.write(`${heading}\n${textTable(rows)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** What could not be measured stands in the table with its reason; the rest is measured all the same. */
async function orSkipped(name: string, run: () => Promise<Row[]>): Promise<Row[]> {
  // Models of many gigabytes do not stay while the next ones are made.
  rmSync(join(folder, 'work'), { recursive: true, force: true });
  mkdirSync(join(folder, 'work'));
  try {
    return await run();
  } catch (error) {
    const skipped = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    process.stderr.write(`not measured: ${name}: ${skipped}\n`);
    return [{ work: name, against: '–', unit: 's', target: '–', skipped }];
  }
}

/** After every case: a run of a quarter of an hour that is interrupted is not lost. */
function save(): void {
  mkdirSync(results, { recursive: true });
  const record = { machine, date: new Date().toISOString(), quick, rows, reference: cells };
  writeFileSync(join(results, 'bench.json'), `${JSON.stringify(record, null, 2)}\n`);
  writeFileSync(join(results, 'bench.md'), markdownPage(rows, record.date, heading, cells.length > 0));
  if (cells.length > 0) writeFileSync(join(results, 'bench.svg'), plot(cells, machine));
}
