import { writeApplication } from './app/folder.js';
import { type AttackResult, attack } from './attack/run.js';
import { trainClassifier, writeModel } from './model/folder.js';
import { SCENARIOS } from './scenarios/index.js';
import { type Narrator, SILENT } from './stage/narrator.js';
import type { RunCommand } from './stage/run-command.js';
import { playScenario, type Scenario, type ScenarioResult } from './stage/scenario.js';
import { establishTrust } from './stage/trust.js';
import { World } from './stage/world.js';

/** What no signature and no guard changes; said at the end of every demonstration. */
const LIMITS: readonly string[] = [
  'A developer who is trusted and hostile: a signature says who published the bytes, not that they mean well.',
  'Poisoned training data: the model is exactly what was trained, with whatever it was taught.',
  'Hostile code in the same process that is itself signed, and whoever controls the machine.',
];

interface DemoOptions {
  /** An empty folder, in which everything happens. */
  readonly folder: string;
  readonly now: () => Date;
  readonly run: RunCommand;
  readonly narrator?: Narrator | undefined;
  /** Other scenarios than those of the demonstration, for tests. */
  readonly scenarios?: readonly Scenario[] | undefined;
  readonly guardEntry?: string | undefined;
}

export interface DemoResult {
  readonly model: {
    readonly trainedOn: number;
    readonly heldOut: number;
    readonly accuracy: number;
    readonly milliseconds: number;
  };
  readonly attack: AttackResult;
  readonly scenarios: readonly ScenarioResult[];
  readonly limits: readonly string[];
  readonly seconds: number;
  /** True only when the attack worked as described and every scenario ended as it must. */
  readonly asExpected: boolean;
}

/** Attack, trust, defence. Every fact that is told was measured in this run. */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const started = performance.now();
  const narrator = options.narrator ?? SILENT;
  const world = new World(options.folder, options.now, options.run, options.guardEntry);

  await narrator.part('A model and an application');
  const model = trainClassifier();
  writeModel(world.model, model);
  writeApplication(world.application);
  const { trainedOn, heldOut, accuracy } = model;
  const milliseconds = Math.round(model.milliseconds);
  narrator.fact('trained', `on ${trainedOn} sentences in ${milliseconds} ms`);
  narrator.fact('accuracy', `${(accuracy * 100).toFixed(1)} % on ${heldOut} sentences it has not seen`);

  await narrator.part('Attack: a package that promises faster inference');
  const attacked = await attack(world, model, narrator);

  await narrator.part('Trust: an authority, a developer, a signature');
  await establishTrust(world, narrator);

  await narrator.part('Defence: the signed model, and what attackers do to it');
  const scenarios: ScenarioResult[] = [];
  for (const scenario of options.scenarios ?? SCENARIOS) {
    const result = await playScenario(scenario, world);
    scenarios.push(result);
    narrator.scenario(result);
  }
  return {
    model: { trainedOn, heldOut, accuracy, milliseconds },
    attack: attacked,
    scenarios,
    limits: LIMITS,
    seconds: Math.round((performance.now() - started) / 10) / 100,
    asExpected: attacked.asExpected && scenarios.length > 0 && scenarios.every((s) => s.asExpected),
  };
}
