export { LiveModel, type LoadedModel, loadModel } from './load.js';
export { VerifiedManifest } from './manifest.js';
export { MatchedModel } from './match.js';
export type { LoadOptions, VerifyOptions } from './options.js';
export { scanModel } from './scan.js';
export { SIGNATURE_NAME } from './signature-file.js';
export { AcceptedSigner } from './signer.js';
export { type VerifiedModel, verifyModel } from './verify.js';
