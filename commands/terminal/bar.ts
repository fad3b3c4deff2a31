import type { Progress } from '../../core/progress.js';
import { formatBytes, formatDuration } from '../../core/printable.js';

/** Passes that end within this time show no bar: it would only flicker. */
const SHOW_AFTER_MS = 400;
const REDRAW_MS = 100;
const WIDTH = 24;
/** A shorter bar says less than the percentage beside it. */
const MIN_WIDTH = 4;
/** Assumed where the terminal does not say. */
const COLUMNS = 80;

/** A progress bar with throughput and time left, redrawn in place on a terminal. */
export class TerminalBar {
  readonly #label: string;
  readonly #stream: NodeJS.WritableStream & { readonly columns?: number };
  readonly #started = Date.now();
  #drawn = 0;
  #visible = false;

  constructor(label: string, stream: NodeJS.WritableStream & { readonly columns?: number }) {
    this.#label = label;
    this.#stream = stream;
  }

  readonly sink = (p: Progress): void => {
    const now = Date.now();
    if (now - this.#started < SHOW_AFTER_MS || now - this.#drawn < REDRAW_MS) return;
    this.#drawn = now;
    const text = barLine(this.#label, p, (now - this.#started) / 1000, this.#stream.columns || COLUMNS);
    this.#stream.write(`\r\u001b[2K${text}`);
    this.#visible = true;
  };

  /** Makes room for other text; the bar comes back with the next progress. */
  wipe(): void {
    if (this.#visible) this.#stream.write('\r\u001b[2K');
    this.#visible = false;
  }

  done(): void {
    this.wipe();
  }
}

/**
 * The bar as it fits: a line that reaches the last column would wrap, and could no longer be redrawn in place. What is
 * least needed goes first.
 */
export function barLine(label: string, p: Progress, seconds: number, columns: number): string {
  const room = columns - 1;
  const share = p.total > 0 ? Math.min(1, p.bytes / p.total) : 0;
  const rate = seconds > 0 ? p.bytes / seconds : 0;
  const left = rate > 0 ? (p.total - p.bytes) / rate : Number.POSITIVE_INFINITY;
  const percent = `${Math.floor(share * 100)}%`;
  const speed = `  ${formatBytes(rate)}/s`;
  const wait = `  ${formatDuration(left)} left`;
  for (const tail of [percent + speed + wait, percent + wait, percent]) {
    const width = Math.min(WIDTH, room - label.length - tail.length - 2);
    if (width < MIN_WIDTH) continue;
    const filled = Math.round(share * width);
    return `${label} ${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${tail}`;
  }
  return percent.slice(0, Math.max(0, room));
}
