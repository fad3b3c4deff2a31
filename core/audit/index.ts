export { type AuditAct, recordAct } from './act.js';
export type { AuditData, AuditEntry, AuditEvent } from './entry.js';
export { AuditLog, type AuditSummary, readAuditLog, verifyAuditLog } from './log.js';
export type { OpenIntent } from './open-intents.js';
