import type { ByteSource } from '../../core/formats/source.js';
import type { PickleSink } from './effects.js';
import type { PickleRule } from './rules.js';

/** Findings that no accident makes: they name a real Python object or attribute, or far more than chance does. */
const SEVERE = new Set<PickleRule>([
  'PKL-GLOBAL-DANGEROUS',
  'PKL-CALL-DANGEROUS',
  'PKL-CALL-ARGUMENTS',
  'PKL-CALL-APPLIES',
  'PKL-CALL-REFERENCE',
  'PKL-BUILD-ATTRIBUTES',
  'PKL-RESOURCE',
  'PKL-GLOBAL-STDLIB',
  'PKL-GLOBAL-TRAVERSAL',
  'PKL-GLOBAL-LIBRARY',
  'PKL-GLOBAL-FLOOD',
  'PKL-EXEC-SOURCE',
]);

const MAX_HELD = 256;
/** Grave findings held; each call of one function is another, and a hostile file has millions of calls. */
const MAX_SEVERE = 4096;

/** Holds findings back until it is known whether the bytes are a pickle at all. */
export class Collected implements PickleSink {
  readonly #sink: PickleSink;
  readonly #held: [PickleRule, string, number][] = [];
  readonly #nested: [string, ByteSource][] = [];

  constructor(sink: PickleSink) {
    this.#sink = sink;
  }

  finding(rule: PickleRule, message: string, offset: number): void {
    const limit = SEVERE.has(rule) ? MAX_SEVERE : MAX_HELD;
    if (this.#held.length < limit) this.#held.push([rule, message, offset]);
  }

  nested(name: string, bytes: ByteSource): void {
    if (this.#nested.length < MAX_HELD) this.#nested.push([name, bytes]);
  }

  spend(units: number): boolean {
    return this.#sink.spend(units);
  }

  get severe(): boolean {
    return this.#held.some(([rule]) => SEVERE.has(rule));
  }

  flush(): void {
    for (const held of this.#held) this.#sink.finding(...held);
    for (const nested of this.#nested) this.#sink.nested(...nested);
  }

  flushSevere(): void {
    for (const held of this.#held) if (SEVERE.has(held[0])) this.#sink.finding(...held);
  }
}
