export { DerReader, readTlv, type Tlv } from './reader.js';
export { context, contextPrimitive, Tag } from './tags.js';
export * as der from './writer.js';
