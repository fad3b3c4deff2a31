export { type ModelMetadata, mergeMetadata, parseMetadata } from './metadata.js';
export { type SignedModel, type SignOptions, signModel } from './sign.js';
export { DEFAULT_SIGNATURE_NAME } from './target.js';
