export type { SigstoreIdentity } from './identity.js';
export { SigstoreRoot } from './root.js';
export { LoggedSignature, SigstoreSigner, type SigstoreTrust } from './verify.js';
