export { type AlgorithmPolicy, DEFAULT_ALGORITHM_POLICY } from './algorithm-policy.js';
export { readCertificateFiles, readTrustAnchors, TrustAnchor, TrustAnchors } from './anchor.js';
export { findPath, type PathOptions, validatePath } from './build.js';
export type { PathParameters } from './candidate.js';
export { pathCheckOf } from './check-names.js';
export {
  MAX_CANDIDATES,
  MAX_NAME_COMPARISONS,
  MAX_PATH,
  MAX_PATHS_CHECKED,
  MAX_PATHS_JUDGED,
  MAX_POLICIES,
  MAX_SIGNATURE_CHECKS,
} from './limits.js';
export type { PolicyOutputs } from './policies.js';
export { PURPOSES, type Purpose } from './purposes.js';
export { ValidatedPath } from './validated-path.js';
