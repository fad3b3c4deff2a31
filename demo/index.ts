export { type DemoOptions, type DemoResult, LIMITS, runDemo } from './run.js';
export { SCENARIOS } from './scenarios/index.js';
export type { Narrator } from './stage/narrator.js';
export type { Expectation, Observation, Scenario, ScenarioResult } from './stage/scenario.js';
