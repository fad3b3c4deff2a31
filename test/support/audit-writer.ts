import { AuditLog } from '../../core/audit/index.js';

// Appends entries until done or killed; started by the test of concurrent writers.
const [file, count] = process.argv.slice(2) as [string, string];
const log = new AuditLog(file, `writer-${process.pid}`);
for (let i = 0; i < Number(count); i++) log.append('verify', { i }, new Date());
