export type { SigstoreIdentity } from './identity.js';
export { SigstoreRoot } from './root.js';
export { SigstoreSigner, type SigstoreTrust } from './verify.js';
