import type { AuditLog } from '../../core/audit/index.js';
import { type ErrorKind, isModelsealError, ModelsealError } from '../../core/errors/index.js';
import { AuditSink } from './audit.js';
import type { TelemetryEvent } from './event.js';

/**
 * An audit log whose entries are a condition. That a command begins is written before it does anything, so that nothing
 * it does is without a trace; the first entry that cannot be written stops it, and stays the outcome whoever caught it.
 */
export class RequiredLog extends AuditSink {
  readonly #log: AuditLog;
  #lost: ModelsealError | undefined;
  #command: string | undefined;

  constructor(log: AuditLog) {
    super(log);
    this.#log = log;
  }

  /** @throws {ModelsealError} `ERR_AUDIT_REQUIRED` */
  begin(command: string, at: Date): void {
    if (this.#command !== undefined) return;
    this.#command = command;
    this.#try(() => this.#log.append('begin', { command }, at));
    this.requireIntact();
  }

  override record(event: TelemetryEvent): void {
    this.#try(() => super.record(event));
  }

  /** @returns What went wrong where this, and no entry before, could not be written. */
  end(outcome: 'accepted' | ErrorKind, at: Date): ModelsealError | undefined {
    if (this.#command === undefined || this.#lost) return undefined;
    const command = this.#command;
    this.#try(() => this.#log.append('end', { command, outcome }, at));
    return this.#lost;
  }

  /** @throws {ModelsealError} `ERR_AUDIT_REQUIRED` where an entry was lost */
  requireIntact(): void {
    if (this.#lost) throw this.#lost;
  }

  #try(append: () => void): void {
    if (this.#lost) return;
    try {
      append();
    } catch (error) {
      const reason = isModelsealError(error) ? error.message : String(error);
      this.#lost = new ModelsealError(
        'ERR_AUDIT_REQUIRED',
        { file: this.#log.file, reason },
        { cause: error },
      );
    }
  }
}
