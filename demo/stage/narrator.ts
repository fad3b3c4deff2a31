import type { ScenarioResult } from './scenario.js';

/** Hears of everything as it happens; the terminal shows it, `--json` collects it. */
export interface Narrator {
  /** A part begins. */
  part(title: string): Promise<void>;
  /** A command that runs now. */
  command(line: string): void;
  /** Something that was measured. */
  fact(name: string, value: string): void;
  scenario(result: ScenarioResult): void;
}

export const SILENT: Narrator = {
  part: async () => {},
  command: () => {},
  fact: () => {},
  scenario: () => {},
};
