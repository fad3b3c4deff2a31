export { findRecord, type IntegrityRecord, readRecord } from './record.js';
export { type RecordPolicy, verifyRecord } from './verify.js';
export { writeMetadataRecord } from './write.js';
