export { LiveModel, type LoadedModel, loadModel } from './load.js';
export { VerifiedManifest } from './verified-manifest.js';
export { MatchedModel } from './matched-model.js';
export type { LoadOptions, VerifyOptions } from './options.js';
export { scanModel } from './scan.js';
export { SIGNATURE_NAME } from './signature-file.js';
export { AcceptedSigner } from './accepted-signer.js';
export { type VerifiedModel, verifyModel } from './verify.js';
