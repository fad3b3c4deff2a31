import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { writeApplication } from '../../demo/app/folder.js';
import { DOCUMENTS } from '../../demo/attack/documents.js';
import { maliciousClassifier } from '../../demo/attack/package.js';
import { COMMANDS } from '../../commands/all.js';
import { conclude } from '../../commands/demo.js';
import { inProcess } from '../../commands/terminal/in-process.js';
import { type DemoResult, runDemo, SCENARIOS, type Scenario } from '../../demo/index.js';
import { trainClassifier, writeModel } from '../../demo/model/folder.js';
import { World } from '../../demo/stage/world.js';
import { compiledGuard } from '../support/guard.js';
import { useTemp } from '../support/temp.js';

const run = inProcess(COMMANDS);

const wrong: readonly Scenario[] = [
  {
    id: 'wrong-code',
    title: 'refused, but for another reason',
    command: '',
    expected: { outcome: 'refused', code: 'ERR_FILE_CHANGED' },
    play: async () => ({ outcome: 'refused', code: 'ERR_FILE_MISSING', detail: '' }),
  },
  {
    id: 'not-refused',
    title: 'accepted where it must be refused',
    command: '',
    expected: { outcome: 'refused', code: 'ERR_FILE_CHANGED' },
    play: async () => ({ outcome: 'genuine', detail: '' }),
  },
  {
    id: 'broken',
    title: 'fails in a way nobody planned',
    command: '',
    expected: { outcome: 'genuine' },
    play: async () => {
      throw new Error('broken');
    },
  },
  {
    id: 'leak',
    title: 'as expected, but the thief has written',
    command: '',
    expected: { outcome: 'genuine' },
    play: async (world) => {
      writeFileSync(world.hiddenLog, '{"thread": 1, "text": "secret"}\n');
      return { outcome: 'genuine', detail: '' };
    },
  },
];

/** What the command says it ended with. */
function outcomeOf(result: DemoResult): string | undefined {
  let outcome: string | undefined;
  const output = { result: () => {} } as unknown as Parameters<typeof conclude>[1]['output'];
  conclude(result, { output, finish: (how) => (outcome = how) });
  return outcome;
}

describe('demo', function () {
  this.timeout(120_000);
  const temp = useTemp();

  it('ends as expected, in every scenario, within a minute', async () => {
    const facts: string[] = [];
    const result = await runDemo({
      folder: temp(),
      now: () => new Date(),
      run,
      guardEntry: await compiledGuard(),
      narrator: {
        part: async () => {},
        command: () => {},
        fact: (name, value) => facts.push(`${name}: ${value}`),
        scenario: () => {},
      },
    });
    for (const s of result.scenarios) expect(s.asExpected, JSON.stringify(s)).to.equal(true);
    expect(result.attack).to.include({
      documents: 4,
      stolen: 4,
      identical: true,
      faithful: true,
      background: true,
      asExpected: true,
    });
    expect(result.asExpected).to.equal(true);
    expect(outcomeOf(result)).to.equal('accepted');
    expect(result.seconds).to.be.lessThan(60);
    expect(facts.length).to.be.greaterThan(8);
    expect(result.limits).to.have.lengthOf(3);
  });

  it('has attacks that do steal where nothing stops them', async () => {
    const world = new World(temp(), () => new Date(), run);
    const trained = trainClassifier();
    writeModel(world.model, trained);
    writeApplication(world.application);
    const genuine = await world.runPlainly(world.application, {});
    expect(world.stolen()).to.deep.equal([]);
    const target = join(world.application, 'classifier.js');
    writeFileSync(target, maliciousClassifier(readFileSync(target, 'utf8'), world.hiddenLog));
    const robbed = await world.runPlainly(world.application, {});
    expect(robbed.outputs).to.deep.equal(genuine.outputs);
    expect(world.stolen().map((entry) => entry.text)).to.deep.equal(DOCUMENTS);
  });

  it('has one scenario per file, and a code of its own for everything that is blocked', () => {
    const files = readdirSync(new URL('../../demo/scenarios', import.meta.url));
    expect(SCENARIOS).to.have.lengthOf(files.length - 1);
    for (const { id } of SCENARIOS) expect(files).to.include(`${id}.ts`);
    // A time stamp that is too late changes nothing: the code is that of the revoked certificate without one.
    const own = SCENARIOS.filter(({ id }) => id !== 'revoked-key-stamped');
    const blocked = own.flatMap(({ expected }) => (expected.outcome === 'refused' ? [expected.code] : []));
    expect(blocked).to.have.lengthOf(11);
    expect(new Set(blocked).size).to.equal(blocked.length);
  });

  it('does not end as accepted when one scenario goes wrong', async () => {
    const result = await runDemo({ folder: temp(), now: () => new Date(), run, scenarios: wrong });
    expect(result.attack.asExpected).to.equal(true);
    expect(result.scenarios.map((s) => s.asExpected)).to.deep.equal(wrong.map(() => false));
    for (const scenario of result.scenarios) {
      const one = { ...result, scenarios: [scenario], asExpected: scenario.asExpected };
      expect(outcomeOf(one), scenario.id).to.equal('refused');
    }
    expect(result.asExpected).to.equal(false);
  });
});
