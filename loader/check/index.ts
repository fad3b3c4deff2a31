export { type CheckOptions, checkFolder, checkModel } from './check.js';
export { type FoundModel, type FoundModels, findModels } from './find.js';
export { type WatchOptions, watchFolder } from './watch.js';
