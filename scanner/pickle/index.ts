export { isDangerousModuleName } from './dangerous.js';
export type { PickleSink } from './effects.js';
export { judgeGlobal } from './judge.js';
export { type PickleRule, pickleRules } from './rules.js';
export { pickleScanner, searchPickles } from './scanner.js';
export { type StreamSink, type StreamSummary, scanPickle } from './stream.js';
