import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scanPaths } from '../scanner/scan.js';
import type { FileVerdict } from '../scanner/types.js';
import { ARCHIVE_CASES } from '../test/corpora/archives.js';
import { EVASION_CASES } from '../test/corpora/evasions.js';
import { MODEL_CASES } from '../test/corpora/models.js';
import { TEXT_CASES } from '../test/corpora/texts.js';
import { CORPUS } from '../test/corpora/pickles.js';

/**
 * Our scanner beside others, over the corpus of the tests, through their own Python interface: nothing is loaded.
 * Many of these files are outside of what the others set out to read; "not judged" counts where they say so.
 */
interface Sample {
  readonly group: string;
  readonly path: string;
  readonly verdict: FileVerdict;
}

/** What one scanner said of each sample: a threat, nothing, or that it failed. */
type Answer = 'threat' | 'nothing' | 'failed';

const FAMILIES = {
  archives: ARCHIVE_CASES,
  models: MODEL_CASES,
  texts: TEXT_CASES,
  evasions: EVASION_CASES,
} as const;

/** Reads paths from standard input and prints one answer per line; nothing is loaded. */
const DRIVERS: Readonly<Record<string, string>> = {
  picklescan: `
from picklescan.scanner import scan_file_path
def answer(path):
    r = scan_file_path(path)
    return 'threat' if r.issues_count or r.infected_files else 'failed' if r.scan_err else 'nothing'`,
  modelscan: `
from modelscan.modelscan import ModelScan
def answer(path):
    r = ModelScan().scan(path)
    s = r['summary']
    return 'threat' if s['total_issues'] else 'failed' if r['errors'] or not s['scanned']['total_scanned'] else 'nothing'`,
  fickling: `
import fickling
def answer(path):
    r = fickling.scan_file(path)
    code = r.exit_code if hasattr(r, 'exit_code') else (0 if r.is_safe else 1)
    return 'threat' if code == fickling.EXIT_UNSAFE else 'failed' if code == fickling.EXIT_ERROR else 'nothing'`,
};
const LOOP = `
import sys, time, logging, warnings
logging.disable(logging.CRITICAL); warnings.simplefilter('ignore')
paths = sys.stdin.read().split('\\n')
start = time.time()
for path in paths:
    try: a = answer(path)
    except Exception: a = 'failed'
    print('ANSWER', a)
print('SECONDS', time.time() - start)`;

function writeCorpus(folder: string): Sample[] {
  const cases = [
    ...Object.entries(FAMILIES).flatMap(([group, list]) =>
      list.map((c) => ({ group, file: c.file, bytes: c.bytes(), verdict: c.verdict })),
    ),
    ...CORPUS.map((c) => ({ group: 'pickles', file: 'model.pkl', bytes: c.bytes, verdict: c.verdict })),
  ];
  return cases.map(({ group, file, bytes, verdict }, i) => {
    const path = join(folder, String(i), file);
    mkdirSync(join(folder, String(i)));
    writeFileSync(path, bytes);
    return { group, path, verdict };
  });
}

function others(
  name: string,
  samples: readonly Sample[],
): { answers: Answer[]; seconds: number } | undefined {
  const python = process.env.MODELSEAL_PEERS ? join(process.env.MODELSEAL_PEERS, 'bin/python') : 'python3';
  const run = spawnSync(python, ['-c', `${DRIVERS[name]}\n${LOOP}`], {
    input: samples.map((s) => s.path).join('\n'),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const lines = (run.stdout ?? '').split('\n');
  const answers = lines.flatMap((line) => (line.startsWith('ANSWER ') ? [line.slice(7) as Answer] : []));
  if (answers.length !== samples.length) {
    console.error(`${name} did not run: ${run.stderr?.trim().split('\n').at(-1) ?? 'no output'}`);
    return undefined;
  }
  return { answers, seconds: Number(lines.find((line) => line.startsWith('SECONDS '))?.slice(8)) };
}

function ours(samples: readonly Sample[]): { answers: Answer[]; seconds: number } {
  const start = performance.now();
  const answers = samples.map(({ path }): Answer => {
    const { verdict } = scanPaths([path], { policy: { failOn: 'low' } });
    return verdict === 'threat' ? 'threat' : verdict === 'incomplete' ? 'failed' : 'nothing';
  });
  return { answers, seconds: (performance.now() - start) / 1000 };
}

function row(name: string, group: string, samples: readonly Sample[], answers: readonly Answer[]): string {
  let [threats, missed, refused, benign, alarms] = [0, 0, 0, 0, 0];
  for (const [i, sample] of samples.entries()) {
    if (sample.group !== group) continue;
    if (sample.verdict === 'clean') {
      benign++;
      if (answers[i] === 'threat') alarms++;
    } else if (sample.verdict !== 'unparsed') {
      threats++;
      if (answers[i] === 'nothing') missed++;
      if (answers[i] === 'failed') refused++;
    }
  }
  return `| ${group} | ${name} | ${missed} of ${threats} | ${refused} | ${alarms} of ${benign} |`;
}

const folder = mkdtempSync(join(tmpdir(), 'modelseal-bench-'));
try {
  const samples = writeCorpus(folder);
  const results = new Map([['modelseal', ours(samples)]]);
  for (const name of Object.keys(DRIVERS)) {
    const result = others(name, samples);
    if (result) results.set(name, result);
  }
  console.log(
    '| files | scanner | threats missed | threats not judged | false alarms |\n|---|---|---|---|---|',
  );
  for (const group of ['pickles', ...Object.keys(FAMILIES)]) {
    for (const [name, { answers }] of results) console.log(row(name, group, samples, answers));
  }
  console.log(`\n| scanner | seconds for ${samples.length} files, start-up not counted |\n|---|---|`);
  for (const [name, { seconds }] of results) console.log(`| ${name} | ${seconds.toFixed(2)} |`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
