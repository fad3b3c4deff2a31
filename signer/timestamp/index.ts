export { type TimestampOrder, withTimestamps } from './attach.js';
export { type TimestampedSignature, timestampSignature } from './file.js';
