import type { AuditLog } from '../../core/audit/index.js';
import type { EventSink, TelemetryEvent } from './event.js';

/** Writes every event into the hash-chained audit log. */
export class AuditSink implements EventSink {
  readonly name = 'audit log';
  readonly #log: AuditLog;

  constructor(log: AuditLog) {
    this.#log = log;
  }

  record(event: TelemetryEvent): void {
    this.#log.append(event.event, { outcome: event.outcome, ...event.data }, event.at);
  }
}
