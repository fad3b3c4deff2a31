import { sep } from 'node:path';
import { type ErrorCode, isModelsealError } from '../../core/errors/index.js';
import type { GuardedRun } from '../../loader/guard/run.js';
import type { Classified, ProgramOutput } from '../app/program.js';
import { same, type World } from './world.js';

/** What was seen to happen. */
export type Observation =
  | { readonly outcome: 'refused'; readonly code: string; readonly detail: string }
  /** The model answered, bit for bit as the clean one does. */
  | { readonly outcome: 'genuine'; readonly detail: string }
  /** Neither: the model answered otherwise, or something broke. */
  | { readonly outcome: 'unexpected'; readonly detail: string };

export type Expectation =
  | { readonly outcome: 'refused'; readonly code: ErrorCode }
  | { readonly outcome: 'genuine' };

const TRUST = '--trust-root ca/root.pem --crl ca/root.crl --crl ca/issuing.crl --revocation require';
/** Uses the model after everything was checked. */
export const LOAD = `modelseal load model ${TRUST}`;
/** Runs the application under the guard. */
export const RUN = `modelseal run app/main.js --signed app --signed model ${TRUST}`;

/** One thing an attacker tries, and what must come of it. */
export interface Scenario {
  readonly id: string;
  readonly title: string;
  /** The command line that does what the scenario does through the library, for the screen. */
  readonly command: string;
  readonly expected: Expectation;
  /** Does the harm and then uses the model. A refusal may be thrown. */
  play(world: World): Promise<Observation>;
}

export interface ScenarioResult {
  readonly id: string;
  readonly title: string;
  readonly command: string;
  readonly expected: Expectation;
  readonly observed: Observation;
  /** Documents in the hidden log afterwards. */
  readonly stolen: number;
  readonly milliseconds: number;
  readonly asExpected: boolean;
}

/** Plays one scenario and judges it by what happened: the outcome, its code, and an empty hidden log. */
export async function playScenario(scenario: Scenario, world: World): Promise<ScenarioResult> {
  // Nothing of an earlier part may be held against this one.
  world.keepLog(`before-${scenario.id}`);
  const started = performance.now();
  let observed: Observation;
  try {
    observed = await scenario.play(world);
  } catch (error) {
    observed = isModelsealError(error)
      ? { outcome: 'refused', code: error.code, detail: error.message }
      : { outcome: 'unexpected', detail: error instanceof Error ? error.message : String(error) };
  }
  const milliseconds = Math.round(performance.now() - started);
  const { id, title, command, expected } = scenario;
  const stolen = world.stolen().length;
  world.keepLog(scenario.id);
  const asExpected =
    stolen === 0 &&
    observed.outcome === expected.outcome &&
    (expected.outcome !== 'refused' || (observed.outcome === 'refused' && observed.code === expected.code));
  // Paths as seen from the folder of the demonstration are long enough.
  const detail = observed.detail.replaceAll(`${world.root}${sep}`, '');
  return {
    ...{ id, title, command, expected, stolen, milliseconds, asExpected },
    observed: { ...observed, detail },
  };
}

/** Judges the answers of a model by those of the clean one. */
export function compare(outputs: readonly Classified[], world: World): Observation {
  return same(outputs, world.expected)
    ? { outcome: 'genuine', detail: `${outputs.length} documents: ${outputs.map((o) => o.label).join(', ')}` }
    : { outcome: 'unexpected', detail: 'the outputs are not those of the clean model' };
}

/** What came of a program under the guard: its first refusal, provided it printed nothing, or its answers. */
export function observeRun(run: GuardedRun, world: World): Observation {
  const [refusal] = run.refusals;
  if (refusal) {
    return run.stdout === '' && run.status !== 0
      ? { outcome: 'refused', code: refusal.code, detail: refusal.message }
      : { outcome: 'unexpected', detail: `${refusal.code}, but the program went on` };
  }
  if (run.status !== 0)
    return { outcome: 'unexpected', detail: `exit ${run.status}: ${run.stderr.slice(0, 300)}` };
  return compare((JSON.parse(run.stdout) as ProgramOutput).outputs, world);
}
