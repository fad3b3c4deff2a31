import type { Progress } from '../progress.js';
import { formatBytes, formatDuration } from './format.js';

/** Passes that end within this time show no bar: it would only flicker. */
const SHOW_AFTER_MS = 400;
const REDRAW_MS = 100;
const WIDTH = 24;

/** A progress bar with throughput and time left, redrawn in place on a terminal. */
export class TerminalBar {
  readonly #label: string;
  readonly #stream: NodeJS.WritableStream;
  readonly #started = Date.now();
  #drawn = 0;

  constructor(label: string, stream: NodeJS.WritableStream) {
    this.#label = label;
    this.#stream = stream;
  }

  readonly sink = (p: Progress): void => {
    const now = Date.now();
    if (now - this.#started < SHOW_AFTER_MS || now - this.#drawn < REDRAW_MS) return;
    this.#drawn = now;
    const share = p.total > 0 ? Math.min(1, p.bytes / p.total) : 0;
    const seconds = (now - this.#started) / 1000;
    const rate = p.bytes / seconds;
    const left = rate > 0 ? (p.total - p.bytes) / rate : Number.POSITIVE_INFINITY;
    const filled = Math.round(share * WIDTH);
    const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
    const text = `${this.#label} ${bar} ${Math.floor(share * 100)}%  ${formatBytes(rate)}/s  ${formatDuration(left)} left`;
    this.#stream.write(`\r\u001b[2K${text}`);
  };

  done(): void {
    if (this.#drawn > 0) this.#stream.write('\r\u001b[2K');
  }
}
