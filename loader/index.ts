// loader/path: certification paths.
export {
  type AlgorithmPolicy,
  DEFAULT_ALGORITHM_POLICY,
  findPath,
  type PathOptions,
  type PathParameters,
  type PolicyOutputs,
  PURPOSES,
  type Purpose,
  readTrustAnchors,
  TrustAnchor,
  TrustAnchors,
  ValidatedPath,
  validatePath,
} from './path/index.js';
