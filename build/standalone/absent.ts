import { ModelsealError } from '../../core/errors/index.js';

// Stands, in the standalone program, in place of what needs native code, or Node itself: each says so when it is used.

const absent = (part: string, needed: string): never => {
  throw new ModelsealError('ERR_STANDALONE_PART', { part, needed });
};

/** libsql */
export default class Database {
  constructor() {
    absent('libsql', 'the database of an authority');
  }
}

export const openEngine: typeof import('../../loader/runtime/onnx/engine.js').openEngine = () =>
  absent('ONNX Runtime', 'inference');

export const runGuarded: typeof import('../../loader/guard/run.js').runGuarded = () =>
  absent('Node', 'a guarded program');

/** Whatever is above the program: without a guard the answer does not matter. */
export const signedFolderOf: typeof import('../../loader/guard/run.js').signedFolderOf = () =>
  absent('Node', 'a guarded program');

export const runDemo: typeof import('../../demo/run.js').runDemo = () => absent('Node', 'the demonstration');
