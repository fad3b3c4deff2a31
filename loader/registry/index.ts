export type { RegistryFile } from './artifact.js';
export type { PullOptions, PushOptions, RegistryAccess, RegistryVerifyOptions } from './options.js';
export { type PulledModel, pullModel } from './pull.js';
export { type PushedModel, pushModel } from './push.js';
export { isRegistryReference } from './reference.js';
export { type VerifiedArtifact, verifyArtifact } from './remote.js';
