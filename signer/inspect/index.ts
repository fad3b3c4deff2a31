export { type Extracted, extractView } from './extract.js';
export {
  type BundleClaims,
  type CertificateClaims,
  type CrlClaims,
  type Inspection,
  inspect,
} from './inspect.js';
