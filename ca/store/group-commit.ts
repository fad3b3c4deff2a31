/**
 * Gathers writes that are asked for in the same turn of the event loop into one commit. A durable commit waits for
 * the disk, whatever it holds: a hundred concurrent requests then wait once, not a hundred times.
 */
export class GroupCommit<T> {
  readonly #commit: (items: readonly T[]) => void;
  #waiting: { item: T; resolve: () => void; reject: (error: unknown) => void }[] = [];

  /** @param commit Writes all items or none, durably, and throws when it cannot. */
  constructor(commit: (items: readonly T[]) => void) {
    this.#commit = commit;
  }

  add(item: T): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#flush());
      this.#waiting.push({ item, resolve, reject });
    });
  }

  #flush(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    try {
      this.#commit(batch.map(({ item }) => item));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      if (batch.length === 1) {
        batch[0]?.reject(error);
        return;
      }
      // One bad item must not fail the others: each gets its own commit and its own answer.
      for (const { item, resolve, reject } of batch) {
        try {
          this.#commit([item]);
          resolve();
        } catch (own) {
          reject(own);
        }
      }
    }
  }
}
