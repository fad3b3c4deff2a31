import { expect } from 'chai';
import { CORPUS } from '../corpora/pickles.js';
import { disagreement, STRICTER, UNREADABLE } from './reference/compare.js';
import { Dice, generate, mutate } from './reference/generate.js';
import { loadAll } from './reference/machine.js';

/** More by hand: MODELSEAL_REFERENCE=1000000, and MODELSEAL_SEED for the first. Without them every run is the same. */
const COUNT = Number(process.env.MODELSEAL_REFERENCE ?? 4000);
const SEED = Number(process.env.MODELSEAL_SEED ?? 1);

describe('pickle scanner: a slow machine that holds every object', function () {
  this.timeout(Math.max(30_000, COUNT));

  it(`agrees on ${COUNT} pickles from seed ${SEED} on`, () => {
    const outcomes = { clean: 0, finding: 0, broken: 0, raises: 0 };
    const excused = new Map<unknown, number>();
    for (let seed = SEED; seed < SEED + COUNT; seed++) {
      const bytes = generate(seed);
      outcomes[loadAll(bytes).is]++;
      const why = disagreement(bytes, (reason) => excused.set(reason, (excused.get(reason) ?? 0) + 1));
      expect(why, `seed ${seed}: ${Buffer.from(bytes).toString('hex')}`).to.equal(undefined);
    }
    console.log(`      ${JSON.stringify(outcomes)}`);
    // A generator that makes one kind only would agree with anything.
    expect(outcomes.clean).to.be.above(COUNT / 4);
    expect(outcomes.finding).to.be.above(COUNT / 10);
    const unused = [...STRICTER, ...UNREADABLE].filter((reason) => !excused.has(reason));
    // The rarest is needed once in some hundred thousand pickles.
    if (COUNT >= 1_000_000) expect(unused, 'reasons that nothing needs').to.deep.equal([]);
  });

  it('is never harder on mutated cases of the corpus than the scanner', () => {
    const dice = new Dice(SEED);
    const small = CORPUS.filter(({ bytes, verdict }) => bytes.length < 2000 && verdict !== 'clean');
    // Of names that only the scanner knows, the reference says nothing.
    const says = (bytes: Uint8Array): boolean => {
      const outcome = loadAll(bytes);
      return outcome.is === 'finding' && !/is imported$/.test(outcome.why);
    };
    const known = small.filter(({ bytes }) => says(bytes));
    expect(known.length).to.be.above(60);
    for (let i = 0; i < COUNT / 4; i++) {
      const { name, bytes } = dice.pick(known);
      const mutated = mutate(bytes, dice);
      const why = says(mutated) ? disagreement(mutated) : undefined;
      if (why?.startsWith('softer'))
        expect(why, `seed ${SEED}, ${name}: ${Buffer.from(mutated).toString('hex')}`).to.equal(undefined);
    }
  });
});
