import pc from 'picocolors';
import { neutralJson } from '../../core/neutral.js';
import type { Progress, ProgressSink } from '../../core/progress.js';
import { TerminalBar } from './bar.js';

/** Where a command writes. Injected, so that tests see exactly what a user sees. */
export interface Streams {
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
}

export interface OutputOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Every check, not only the outcome. */
  readonly verbose?: boolean;
  /** False switches colour off whatever the terminal; true still needs a terminal. */
  readonly color: boolean;
  /** A terminal that only prints (`TERM=dumb`): no colour, and no bar that is redrawn in place. */
  readonly dumb?: boolean;
}

interface Reported {
  readonly errors?: readonly { readonly code: string; readonly message: string }[];
}

export type Colors = ReturnType<typeof pc.createColors>;

/**
 * The one way a command speaks: exactly one JSON object on stdout under `--json`, human text otherwise;
 * everything that is not the result goes to stderr.
 */
export class Output {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** True where a person watches: prompts make sense. */
  readonly interactive: boolean;
  /** For the result, on stdout. */
  readonly colors: Colors;
  /** For everything else, on stderr: one of the two may be a file. */
  readonly noteColors: Colors;
  readonly #streams: Streams;
  readonly #bar: boolean;
  #drawn: TerminalBar | undefined;
  #unsaid: object | undefined;
  #document = '';

  constructor(options: OutputOptions, streams: Streams) {
    this.json = options.json;
    this.quiet = options.quiet;
    this.verbose = options.verbose === true;
    this.#streams = streams;
    const color = options.color && options.dumb !== true && !options.json;
    this.colors = pc.createColors(color && streams.stdout.isTTY === true);
    this.noteColors = pc.createColors(color && streams.stderr.isTTY === true);
    this.interactive = streams.stderr.isTTY === true && !options.json && !options.quiet;
    this.#bar = this.interactive && options.dumb !== true;
  }

  get width(): number {
    return this.#streams.stdout.columns ?? 80;
  }

  /** Text and bar never share a line. */
  #write(stream: keyof Streams, text: Uint8Array | string): void {
    this.#drawn?.wipe();
    this.#streams[stream].write(text);
  }

  /** Says which command the result will be of, such as `ca-list`: the name of the document's schema. */
  resultOf(command: string): void {
    this.#document = command;
  }

  /** The error that ended the command, under `--json`. */
  error(error: object): void {
    this.#json('error', { error });
  }

  #json(name: string, value: object): void {
    const document = { schema: `modelseal/${name}/v1`, ...value };
    this.#write('stdout', `${neutralJson(JSON.stringify(document))}\n`);
  }

  /** The result of the command, once: `value` under `--json`, `text` for people. */
  result(value: object, text: string | (() => string)): void {
    if (this.json) this.#json(this.#document, value);
    else if (!this.quiet) this.#write('stdout', `${typeof text === 'string' ? text : text()}\n`);
    else this.#unsaid = value;
  }

  /** The errors in a report that `--quiet` kept from the screen: what was refused must be said all the same. */
  unsaidErrors(): readonly { readonly code: string; readonly message: string }[] {
    const value = this.#unsaid as Reported | undefined;
    return value?.errors ?? [];
  }

  /** Raw bytes as the result, for commands whose result is a file's content. */
  raw(bytes: Uint8Array | string): void {
    this.#write('stdout', bytes);
  }

  /** A remark for people, on stderr; silent under `--quiet`. */
  note(text: string): void {
    if (!this.quiet) this.#write('stderr', `${text}\n`);
  }

  /** Something that must be seen even under `--quiet`. */
  warn(text: string): void {
    this.#write('stderr', `${this.noteColors.yellow('warning:')} ${text}\n`);
  }

  /**
   * Shows the progress of a pass: a bar on a terminal, JSON lines on stderr under `--json`, nothing otherwise.
   * Returns a sink to hand to the library; call `done` in a `finally`.
   */
  progress(label: string): { readonly sink: ProgressSink; done(): void } {
    if (this.#bar) {
      this.#drawn = new TerminalBar(label, this.#streams.stderr);
      return this.#drawn;
    }
    if (!this.json || this.quiet) return { sink: () => {}, done: () => {} };
    let last = 0;
    return {
      sink: (p: Progress) => {
        const now = Date.now();
        // Four events a second are enough for any reader and cost nothing.
        if (now - last < 250) return;
        last = now;
        this.#write('stderr', `${neutralJson(JSON.stringify({ event: 'progress', work: label, ...p }))}\n`);
      },
      done: () => {},
    };
  }
}
