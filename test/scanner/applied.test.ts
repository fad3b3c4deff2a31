import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { allowedNames, type Permission } from '../../scanner/pickle/allow/index.js';
import { appliedBy, appliedNames } from '../../scanner/pickle/applied.js';
import { judgeGlobal } from '../../scanner/pickle/judge.js';
import { APPLIED_FACTS, type AppliedFact, GENERATED_FACTS } from './applied-facts.js';

const SCRIPT = fileURLToPath(new URL('../support/applied-facts.py', import.meta.url));

/** Never called with arguments of a pickle's choice, or only with those that a check of their own has seen. */
const CALLED_OTHERWISE: readonly Permission[] = ['ref', 'check'];

/** Places that the table of the scanner states; every one where such a call is judged otherwise. */
function stated(module: string, name: string): readonly number[] | 'otherwise' {
  const judgement = judgeGlobal(module, name);
  if (judgement.allowed === undefined || CALLED_OTHERWISE.includes(judgement.allowed)) return 'otherwise';
  return appliedBy(judgement.allowed, { module, name })?.places ?? [];
}

function missing({ module, name, places }: Pick<AppliedFact, 'module' | 'name' | 'places'>): string[] {
  const known = stated(module, name);
  if (known === 'otherwise') return [];
  return places
    .filter((place) => !known.includes(place))
    .map((place) => `${module}.${name}: argument ${place}`);
}

describe('pickle scanner: functions that apply their arguments', () => {
  it('are all in the table, with each argument that they apply', () => {
    expect(APPLIED_FACTS.flatMap(missing)).to.deep.equal([]);
    for (const [module, name] of allowedNames())
      for (const fact of GENERATED_FACTS)
        if (fact.name.test(name)) expect(missing({ module, name, places: fact.places })).to.deep.equal([]);
  });

  it('are in the table for a fact each, and on the allow-list', () => {
    const facts = new Set(APPLIED_FACTS.map(({ module, name }) => `${module}.${name}`));
    const allowed = new Set(allowedNames().map(([module, name]) => `${module}.${name}`));
    const names = appliedNames();
    expect(names.length).to.be.above(20);
    expect(names.filter((name) => !facts.has(name))).to.deep.equal([]);
    expect(names.filter((name) => !allowed.has(name))).to.deep.equal([]);
  });

  it('say so in the allow-list only where the table says how', () => {
    const silent = allowedNames().filter(
      ([module, name, permission]) => permission === 'applies' && stated(module, name).length === 0,
    );
    expect(silent).to.deep.equal([]);
  });

  it('are those that the sources of the installed libraries show', function () {
    this.timeout(120_000);
    const peers = process.env.MODELSEAL_PEERS;
    const python = peers === undefined ? '' : join(peers, 'bin', 'python');
    if (!existsSync(python)) {
      console.log(
        '      skipped: no libraries to read (set MODELSEAL_PEERS to a virtual environment with them)',
      );
      this.skip();
    }
    const called = allowedNames().filter(([, , permission]) => permission !== 'ref');
    const input = called.map(([module, name]) => `${module} ${name}\n`).join('');
    const run = spawnSync(python, [SCRIPT], { input, encoding: 'utf8', maxBuffer: 1 << 26 });
    expect(run.status, run.stderr).to.equal(0);
    const derived = run.stdout
      .trim()
      .split('\n')
      .map(
        (line) =>
          JSON.parse(line) as {
            module: string;
            name: string;
            source: string;
            applies?: Record<string, string>;
          },
      );
    const read = derived.filter(({ source }) => source !== 'none');
    console.log(`      ${read.length} of ${derived.length} have a source in Python`);
    expect(read.length).to.be.above(20);
    const shown = read.flatMap(({ module, name, applies = {} }) =>
      Object.keys(applies).map((place) => ({ module, name, place, how: applies[place] })),
    );
    // A parameter that can only be named, or a state, has no place in a call: none is applied.
    expect(shown.filter(({ place }) => !/^\d+$/.test(place))).to.deep.equal([]);
    expect(
      shown.flatMap(({ module, name, place }) => missing({ module, name, places: [Number(place)] })),
    ).to.deep.equal([]);
    // What is committed is what the sources say, for those that are installed.
    const facts = APPLIED_FACTS.filter(
      (f) => !f.byHand && read.some((d) => d.module === f.module && d.name === f.name),
    );
    for (const { module, name, places } of facts) {
      const own = shown
        .filter((s) => s.module === module && s.name === name)
        .map(({ place }) => Number(place));
      expect(own.sort(), `${module}.${name}`).to.deep.equal([...places]);
    }
  });
});
