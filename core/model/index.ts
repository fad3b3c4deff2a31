export { Digests, type MeasuredItem, MeasuredItems } from './columns.js';
export { type Comparison, compareModel } from './compare.js';
export { DEFAULT_IGNORED, IgnoreRules } from './ignore.js';
export type { ModelFile } from './listed-file.js';
export { DEFAULT_SHARD_SIZE, Manifest, type Resource, type Serialization } from './manifest.js';
export {
  type MeasuredModel,
  type MeasureOptions,
  manifestOf,
  measureModel,
  rangeEnds,
  resourceName,
  treeDigestOf,
} from './measure.js';
export { byCodePoint, checkDistinct, checkName, windowsProblem } from './names.js';
export { rootDigest, TREE_DIGEST_KEY, type TreeLeaves, treeDigest } from './root.js';
export {
  LOOK_UP_TO,
  MAX_DEPTH,
  MAX_ENTRIES,
  type ModelTree,
  type WalkOptions,
  walkModel,
} from './tree.js';
