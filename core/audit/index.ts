export type { AuditData, AuditEntry, AuditEvent } from './entry.js';
export { AuditLog, type AuditSummary, readAuditLog, verifyAuditLog } from './log.js';
