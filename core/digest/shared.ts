import type { HashName } from './algorithms.js';
import { type DigestJob, WHOLE } from './read.js';

/** Everything that the two threads share. All of it but the first two fields lies in memory that both see. */
export interface SharedWork {
  readonly algorithm: HashName;
  /** What all paths begin with. */
  readonly base: string;
  /** Per job the rest of its path and, where that is another text, its name; UTF-8. */
  readonly text: Uint8Array;
  /** Per job: where its path ends in `text`, where its name does. A name of no bytes is the rest of the path. */
  readonly spans: Uint32Array;
  /** Per job: size, dev, ino, start; absent where every job is a whole file of which nothing is known. */
  readonly known: Float64Array | undefined;
  /** Per job where its range ends; filled in where a job leaves it open. */
  readonly ends: Float64Array;
  /** Digests, one after the other. */
  readonly digests: Uint8Array;
  /** Per job, see {@link Done}. */
  readonly done: Uint8Array;
  /** See {@link Control}. */
  readonly control: Int32Array;
  /** Bytes and files done: main thread, then worker. Each slot has one writer. */
  readonly tally: Float64Array;
}

/** Slots of the control array. */
export const Control = { next: 0, stop: 1 } as const;

/** What became of a job. */
export const Done = { not: 0, hashed: 1, otherSize: 2 } as const;

const KNOWN = 4;

/** Jobs to be shared; an array of them is one. */
export interface JobList {
  readonly length: number;
  /** What all paths begin with, up to a separator, where that is known. */
  readonly folder?: string;
  at(index: number): DigestJob | undefined;
}

/** Lays out jobs in shared memory: as objects a hundred thousand of them would take more than the files' digests. */
export function share(
  jobs: JobList,
  order: Uint32Array,
  algorithm: HashName,
  digestSize: number,
): SharedWork {
  const count = order.length;
  const base = commonFolder(jobs);
  const ends = new Float64Array(new SharedArrayBuffer(count * 8));
  let known: Float64Array | undefined;
  const text = new TextColumn(count * 2);
  for (let i = 0; i < count; i++) {
    const { path, name, size, dev, ino, start, end } = jobs.at(order[i] as number) as DigestJob;
    const rest = path.slice(base.length);
    text.push(rest);
    text.push(name === rest ? '' : name);
    ends[i] = end;
    if (size < 0 && !known) continue;
    known ??= nothingKnown(count);
    known.set([size, dev, ino, start], i * KNOWN);
  }
  return {
    algorithm,
    base,
    ...text.finish(),
    known,
    ends,
    digests: new Uint8Array(new SharedArrayBuffer(count * digestSize)),
    done: new Uint8Array(new SharedArrayBuffer(count)),
    control: new Int32Array(new SharedArrayBuffer(8)),
    tally: new Float64Array(new SharedArrayBuffer(32)),
  };
}

function nothingKnown(count: number): Float64Array {
  const known = new Float64Array(new SharedArrayBuffer(count * KNOWN * 8));
  for (let i = 0; i < count; i++) known.set([WHOLE.size, WHOLE.dev, WHOLE.ino, WHOLE.start], i * KNOWN);
  return known;
}

/** So many texts are converted at once: one by one would take longer than opening the files. */
const TEXTS_AT_ONCE = 1024;

/** Puts texts one after the other, in UTF-8, into memory that threads share. */
class TextColumn {
  readonly #spans: Uint32Array;
  readonly #parts: Buffer[] = [];
  #waiting: string[] = [];
  #count = 0;
  #at = 0;

  constructor(count: number) {
    this.#spans = new Uint32Array(new SharedArrayBuffer(count * 4));
  }

  push(text: string): void {
    if (this.#waiting.push(text) === TEXTS_AT_ONCE) this.#convert();
  }

  finish(): Pick<SharedWork, 'text' | 'spans'> {
    this.#convert();
    const text = new Uint8Array(new SharedArrayBuffer(this.#at));
    let at = 0;
    for (const part of this.#parts) {
      text.set(part, at);
      at += part.length;
    }
    return { text, spans: this.#spans };
  }

  #convert(): void {
    const joined = this.#waiting.join('');
    const part = Buffer.from(joined);
    const ascii = part.length === joined.length;
    for (const text of this.#waiting) {
      this.#at += ascii ? text.length : Buffer.byteLength(text);
      this.#spans[this.#count++] = this.#at;
    }
    this.#parts.push(part);
    this.#waiting = [];
  }
}

/** A folder that all jobs lie below, with its separator. Cut there and nowhere else: characters stay whole. */
function commonFolder(jobs: JobList): string {
  if (jobs.folder !== undefined) return jobs.folder;
  const upTo = (path: string, end: number): string => path.slice(0, path.lastIndexOf('/', end) + 1);
  let base = upTo(jobs.at(0)?.path ?? '', Number.POSITIVE_INFINITY);
  for (let i = 1; i < jobs.length; i++) {
    const path = jobs.at(i)?.path ?? '';
    while (!path.startsWith(base)) base = base === '/' ? '' : upTo(base, base.length - 2);
  }
  return base;
}

/** A job as it lies in shared memory. */
export class SharedJob implements DigestJob {
  readonly #work: SharedWork;
  readonly #text: Buffer;
  readonly #index: number;

  constructor(work: SharedWork, text: Buffer, index: number) {
    this.#work = work;
    this.#text = text;
    this.#index = index;
  }

  get path(): string {
    const { spans, base } = this.#work;
    const from = this.#index === 0 ? 0 : (spans[this.#index * 2 - 1] as number);
    return base + this.#text.toString('utf8', from, spans[this.#index * 2] as number);
  }

  get name(): string {
    const { spans, base } = this.#work;
    const [from, to] = spans.subarray(this.#index * 2, this.#index * 2 + 2) as unknown as [number, number];
    return from === to ? this.path.slice(base.length) : this.#text.toString('utf8', from, to);
  }

  get size(): number {
    return this.#known(0) ?? -1;
  }

  get dev(): number {
    return this.#known(1) ?? 0;
  }

  get ino(): number {
    return this.#known(2) ?? 0;
  }

  get start(): number {
    return this.#known(3) ?? 0;
  }

  get end(): number {
    return this.#work.ends[this.#index] as number;
  }

  #known(field: number): number | undefined {
    return this.#work.known?.[this.#index * KNOWN + field];
  }
}

/** Bytes of the jobs that say how many they are, and whether there are others. */
export function amount({ known, ends }: SharedWork): { readonly total: number; readonly open: boolean } {
  let total = 0;
  let open = false;
  for (let i = 0; i < ends.length; i++) {
    const end = ends[i] as number;
    if (end < 0) open = true;
    else total += Math.max(0, end - (known?.[i * KNOWN + 3] ?? 0));
  }
  return { total, open };
}
