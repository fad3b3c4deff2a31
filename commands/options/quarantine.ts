import { text } from './table.js';

const REASONS = ['signature', 'integrity', 'unsigned', 'threat', 'load'] as const;
export type QuarantineOn = (typeof REASONS)[number];

/** The folder, and what is moved there unless the command line says otherwise. */
export const quarantineOptions = (describe: string, usual: readonly QuarantineOn[]) =>
  ({
    quarantine: text(describe),
    'quarantine-on': { choices: REASONS, array: true, default: usual, describe: 'What is quarantined' },
  }) as const;
