export {
  DIGEST_SIZE,
  HASH_NAMES,
  type HashEngine,
  type Hasher,
  type HashName,
  isHashName,
  openHash,
} from './algorithms.js';
export { type CacheUse, DigestCache } from './cache.js';
export { digestCacheKey } from './cache-key.js';
export { digestBytes, type HeldFile, holdFile } from './hold.js';
export { digestUnknown } from './known.js';
export { type Digested, type DigestOptions, digestJobs, PARALLEL_FILES, stayAlone, warmUp } from './pool.js';
export {
  BUFFER_BYTES,
  changedFile,
  type DigestJob,
  OPEN_FLAGS,
  type OpenFile,
  openListed,
  WHOLE,
} from './read.js';
export type { JobList } from './shared.js';
