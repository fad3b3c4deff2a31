export { asn1Lines } from './asn1.js';
export { type CmsClaims, inspectCms, readCms } from './cms.js';
export { type Extracted, extractView } from './extract.js';
export {
  type BundleClaims,
  type CertificateClaims,
  type CrlClaims,
  type Inspection,
  inspect,
  type RequestClaims,
} from './inspect.js';
