import { closeSync, constants, openSync, writeSync } from 'node:fs';
import type { EventSink, TelemetryEvent } from './event.js';

/** Structured logs: one JSON object a line, appended to a file (`/dev/stderr` works where the system has it). */
export class LogSink implements EventSink {
  readonly name = 'log';
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  record(event: TelemetryEvent): void {
    // A pipe that nobody reads is an error at once, not a wait without end.
    const { O_APPEND, O_CREAT, O_NONBLOCK, O_WRONLY } = constants;
    const fd = openSync(this.#file, O_WRONLY | O_APPEND | O_CREAT | (O_NONBLOCK ?? 0), 0o640);
    try {
      writeSync(fd, `${JSON.stringify(toRecord(event))}\n`);
    } finally {
      closeSync(fd);
    }
  }
}

/** The JSON form that logs, webhooks and commands receive. */
export function toRecord(event: TelemetryEvent): object {
  return {
    time: event.at.toISOString(),
    level: event.outcome === 'accepted' ? 'info' : event.outcome === 'unchecked' ? 'error' : 'warn',
    service: 'modelseal',
    event: event.event,
    outcome: event.outcome,
    ...event.data,
  };
}
