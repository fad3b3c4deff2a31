import { CONTRACT } from './contract.js';
import { FINANCE } from './finance.js';
import { INCIDENT } from './incident.js';
import { MEDICAL } from './medical.js';

/** The classes in the order of the model's outputs. */
export const LABELS = ['contract', 'medical', 'finance', 'incident'] as const;
export type Label = (typeof LABELS)[number];

export interface Example {
  readonly text: string;
  readonly label: Label;
}

const BY_LABEL: { readonly [L in Label]: readonly string[] } = {
  contract: CONTRACT,
  medical: MEDICAL,
  finance: FINANCE,
  incident: INCIDENT,
};

/** Every fifth sentence is held out: never seen in training, used to measure. */
const HOLD_OUT = 5;

const part = (held: boolean): Example[] =>
  LABELS.flatMap((label) =>
    BY_LABEL[label]
      .filter((_, i) => (i % HOLD_OUT === HOLD_OUT - 1) === held)
      .map((text) => ({ text, label })),
  );

export const TRAINING: readonly Example[] = part(false);
export const HELD_OUT: readonly Example[] = part(true);
