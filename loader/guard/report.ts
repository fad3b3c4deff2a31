import type { Readable } from 'node:stream';
import type { ErrorRecord } from '../../core/errors/index.js';
import type { SignedBy } from './verify.js';

export type { SignedBy } from './verify.js';

/** Refusals kept for the report; a program that tries in a loop must not fill the memory of its parent. */
const MAX_REFUSALS = 1000;
/** No record is as long; a program may write to the descriptor what it likes. */
const MAX_LINE = 1 << 20;

/** What the guard of a child process tells: first who signed what, then each refusal. */
export class Report {
  readonly refusals: ErrorRecord[] = [];
  readonly end: Promise<void>;
  readonly #onSigned: ((signed: readonly SignedBy[]) => void) | undefined;
  #signed: readonly SignedBy[] | undefined;
  #lines = 0;

  constructor(stream: Readable, onSigned: ((signed: readonly SignedBy[]) => void) | undefined) {
    this.#onSigned = onSigned;
    this.end = this.#read(stream);
  }

  get signed(): readonly SignedBy[] {
    return this.#signed ?? [];
  }

  async #read(stream: Readable): Promise<void> {
    let rest = '';
    stream.setEncoding('utf8');
    for await (const chunk of stream) {
      const lines = (rest + (chunk as string)).split('\n');
      rest = (lines.pop() ?? '').slice(0, MAX_LINE);
      for (const line of lines) this.#line(line);
    }
  }

  #line(line: string): void {
    let value: { signed?: unknown; code?: unknown; message?: unknown };
    try {
      value = JSON.parse(line) as typeof value;
    } catch {
      return;
    }
    // Only the first line was written before the program could write one.
    if (this.#lines++ === 0 && Array.isArray(value.signed)) {
      this.#signed = value.signed as SignedBy[];
      this.#onSigned?.(this.#signed);
    } else if (
      typeof value.code === 'string' &&
      typeof value.message === 'string' &&
      this.refusals.length < MAX_REFUSALS
    ) {
      this.refusals.push(value as unknown as ErrorRecord);
    }
  }
}
