import type { AuditData, AuditEntry, AuditEvent } from './entry.js';

/** An act that has begun and not ended. */
export interface OpenIntent {
  readonly sequence: number;
  readonly time: string;
  readonly event: AuditEvent;
  readonly actor: string;
  readonly data: AuditData;
}

/** Finds intents without an outcome in entries that come in order. */
export class OpenIntents {
  readonly #open = new Map<string, OpenIntent>();

  take({ sequence, time, event, actor, data }: AuditEntry): void {
    const { phase, act } = data;
    if (typeof act !== 'string') return;
    if (phase === 'intent') this.#open.set(act, { sequence, time, event, actor, data });
    if (phase === 'outcome') this.#open.delete(act);
  }

  get open(): readonly OpenIntent[] {
    return [...this.#open.values()];
  }
}
