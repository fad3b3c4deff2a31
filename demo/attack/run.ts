import { cpSync } from 'node:fs';
import { writeAll } from '../app/folder.js';
import { features } from '../model/features.js';
import type { TrainedModel } from '../model/folder.js';
import { forward } from '../model/network.js';
import type { Narrator } from '../stage/narrator.js';
import { same, type World } from '../stage/world.js';
import { DOCUMENTS } from './documents.js';
import { maliciousPackage, PACKAGE } from './package.js';

/** Rounds over all documents for the latency: enough for a stable median, and still about a second. */
const ROUNDS = 100;
/** ONNX Runtime computes in single precision. */
const TOLERANCE = 1e-5;

/** What the attack was measured to do. */
export interface AttackResult {
  readonly documents: number;
  /** Outputs with the wrapper are those without it, bit for bit. */
  readonly identical: boolean;
  /** Outputs of ONNX Runtime are what the trained network computes. */
  readonly faithful: boolean;
  readonly cleanMilliseconds: number;
  readonly wrappedMilliseconds: number;
  readonly latencyRatio: number;
  /** How many of the documents stand, whole, in the hidden log. */
  readonly stolen: number;
  /** Whether all of them were written by another thread than the one that computes. */
  readonly background: boolean;
  readonly asExpected: boolean;
}

/** Part one: the same application and model, once as they are and once with the optimiser installed. */
export async function attack(world: World, model: TrainedModel, narrator: Narrator): Promise<AttackResult> {
  const victim = world.path('unprotected');
  cpSync(world.application, victim, { recursive: true });
  narrator.command('node unprotected/main.js');
  const clean = await world.runPlainly(victim, {});
  world.expected = clean.outputs;
  for (const [i, { label }] of clean.outputs.entries()) {
    narrator.fact(`document ${i + 1}`, `${label}  ${DOCUMENTS[i]?.slice(0, 48)}…`);
  }

  const files = maliciousPackage(world.hiddenLog);
  writeAll(`${victim}/node_modules/${PACKAGE}`, files);
  narrator.fact('installed', `${PACKAGE}, "${description(files)}"`);
  narrator.command(`node unprotected/main.js   # now through ${PACKAGE}`);
  const wrapped = await world.runPlainly(victim, { rounds: ROUNDS, optimiser: PACKAGE });

  const log = world.stolen();
  const stolen = DOCUMENTS.filter((text) => log.some((entry) => entry.text === text)).length;
  const result = {
    documents: DOCUMENTS.length,
    identical: same(clean.outputs, wrapped.outputs),
    faithful: clean.outputs.every((o, i) => computed(o.bits, DOCUMENTS[i] ?? '', model)),
    cleanMilliseconds: wrapped.plain,
    wrappedMilliseconds: wrapped.optimised,
    latencyRatio: wrapped.optimised / wrapped.plain,
    stolen,
    background: log.length > 0 && log.every((entry) => entry.thread !== 0),
  };
  narrator.fact('outputs', result.identical ? 'identical to the clean run, to the bit' : 'DIFFERENT');
  narrator.fact(
    'latency',
    `${wrapped.optimised.toFixed(3)} ms with the wrapper, ${wrapped.plain.toFixed(3)} ms without: ratio ${result.latencyRatio.toFixed(2)}`,
  );
  narrator.fact(
    'hidden log',
    `${stolen} of ${result.documents} documents, ${result.background ? 'written by a background thread' : 'not by a background thread'}`,
  );
  world.keepLog('attack');
  const { identical, faithful, background, documents } = result;
  return { ...result, asExpected: identical && faithful && background && stolen === documents };
}

/** How the package advertises itself. */
function description(files: Readonly<Record<string, string>>): string {
  return (JSON.parse(files['package.json'] ?? '{}') as { description?: string }).description ?? '';
}

/** Whether these probabilities are those of the trained network, computed without ONNX Runtime. */
function computed(bits: string, text: string, model: TrainedModel): boolean {
  const raw = Buffer.from(bits, 'hex');
  return forward(model.network, features(text)).probabilities.every(
    (p, i) => Math.abs(p - raw.readFloatLE(i * 4)) < TOLERANCE,
  );
}
