export { type ExecutedModel, execModel } from './exec.js';
export type { ExecOptions, StageOptions } from './options.js';
export { type StagedModel, stageModel } from './stage.js';
