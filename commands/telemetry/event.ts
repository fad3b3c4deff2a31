import type { AuditData, AuditEvent } from '../../core/audit/index.js';
import type { ErrorKind } from '../../core/errors/index.js';

/** Something worth remembering happened: a model was signed, verified, refused, quarantined. */
export interface TelemetryEvent {
  readonly event: AuditEvent;
  readonly outcome: 'accepted' | ErrorKind;
  readonly at: Date;
  /** Names, codes and digests; never key material or file contents. */
  readonly data: AuditData;
}

/** Receives events. A sink that fails must not change what the command decided: it throws, and the hub reports it. */
export interface EventSink {
  readonly name: string;
  record(event: TelemetryEvent): void | Promise<void>;
}

/** Hands every event to every sink, and says which sinks failed. */
export class EventHub {
  readonly #sinks: readonly EventSink[];
  readonly #failed: (sink: string, error: unknown) => void;

  constructor(sinks: readonly EventSink[], failed: (sink: string, error: unknown) => void) {
    this.#sinks = sinks;
    this.#failed = failed;
  }

  async record(event: TelemetryEvent): Promise<void> {
    for (const sink of this.#sinks) {
      try {
        await sink.record(event);
      } catch (error) {
        this.#failed(sink.name, error);
      }
    }
  }
}
