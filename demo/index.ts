export { type DemoResult, runDemo } from './run.js';
export { SCENARIOS } from './scenarios/index.js';
export type { CommandResult, RunCommand } from './stage/run-command.js';
export type { Narrator } from './stage/narrator.js';
export type { Scenario, ScenarioResult } from './stage/scenario.js';
