import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
} from '../../core/json/octets.js';

// Vocabularies, word lists and data sets are JSON of hundreds of megabytes in which nothing is configuration. This
// checks such a text as it streams by, and keeps of it what a scanner of configurations could find something in.

/** So many entries of each list and object are kept whatever they are: a small document is kept whole. */
const KEEP = 64;
/** Deeper documents, and longer values, are for the parser that reads all of a text. */
const MAX_DEPTH = 2000;
const MAX_TOKEN = 16 << 20;
const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
/** Python writes these where JSON has no number. */
const NOT_FINITE = new Set(['NaN', 'Infinity', '-Infinity']);
const LETTER_U = 0x75;
const ZERO = 0x30;
const SLASH = 0x2f;
/** The letters behind a backslash, but for `u`. */
const ESCAPES = new Set(Buffer.from('"\\/bfnrt'));

/** What may stand next. */
const Next = { value: 0, valueOrClose: 1, key: 2, keyOrClose: 3, colon: 4, commaOrClose: 5 } as const;

/** A list or object that is not closed yet. */
interface Open {
  readonly list: boolean;
  /** Under a key that tells something: all of a list counts. */
  readonly telling: boolean;
  /** Where it begins in what is kept, its comma and key included. */
  readonly start: number;
  /** Entries met, and entries kept. */
  met: number;
  kept: number;
  /** Nothing in it tells anything. */
  plain: boolean;
}

/** Keys that a reader of the document looks at: short, and of ASCII letters. */
export class KeySet {
  readonly #keys: ReadonlySet<string>;
  /** By length, first and last letter: most keys are told apart without being made a string. */
  readonly #marks = new Uint8Array(MARKS);

  constructor(keys: Iterable<string>) {
    this.#keys = new Set(keys);
    for (const key of this.#keys) this.#marks[markOf(Buffer.from(`"${key}"`), 0, key.length + 2)] = 1;
  }

  /** True where the key between the quotes at `[from, to)` may be one of these. */
  mayHave(bytes: Uint8Array, from: number, to: number): boolean {
    return this.#marks[markOf(bytes, from, to)] === 1;
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }
}

const MARKS = 4096;
const markOf = (bytes: Uint8Array, from: number, to: number): number =>
  (((to - from) * 31 + (bytes[from + 1] as number)) * 31 + (bytes[to - 2] as number)) & (MARKS - 1);

/** Takes the bytes of one JSON document, or of several, one a line, piece by piece. They must be UTF-8. */
export class JsonReducer {
  readonly #telling: KeySet;
  /** Keys that call for the whole document, where it is one. */
  readonly #whole: KeySet;
  readonly #open: Open[] = [];
  readonly #documents: string[] = [];
  #out = Buffer.allocUnsafe(1 << 16);
  #length = 0;
  #rest: Uint8Array = new Uint8Array(0);
  #next: (typeof Next)[keyof typeof Next] = Next.value;
  #broken = false;
  #needsWhole = false;
  /** Whether the key before the value at hand tells something, and where what is kept of it begins. */
  #keyTells = false;
  #keyStart = 0;
  #count = 0;
  /** A line ended inside the document at hand, between two of them, inside any. */
  #linesWithin = false;
  #lineBetween = false;
  #anyLinesWithin = false;

  constructor(telling: KeySet, whole: KeySet) {
    this.#telling = telling;
    this.#whole = whole;
  }

  /** @returns False where the text is not what this reads: nothing more need be given. */
  push(bytes: Uint8Array): boolean {
    if (this.#broken) return false;
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const done = this.#run(all, false);
    this.#rest = Uint8Array.prototype.slice.call(all, done);
    if (this.#rest.length > MAX_TOKEN) this.#broken = true;
    return !this.#broken;
  }

  /**
   * @returns The documents, reduced, as text; undefined where the text is not valid, or must be read as a whole.
   */
  end(): { readonly documents: readonly string[]; readonly lines: boolean } | undefined {
    const last = Buffer.concat([this.#rest, Buffer.from('\n')]);
    if (!this.#broken && this.#run(last, true) < last.length) this.#broken = true;
    if (this.#broken || this.#open.length > 0 || this.#count === 0) return undefined;
    const lines = this.#count > 1;
    if (lines ? this.#anyLinesWithin : this.#needsWhole) return undefined;
    return { documents: this.#documents, lines };
  }

  /** @returns How many of the bytes are done with. */
  #run(bytes: Uint8Array, last: boolean): number {
    let at = 0;
    while (at < bytes.length && !this.#broken) {
      const c = bytes[at] as number;
      if (c === 0x20 || c === 0x0d || c === 0x09 || c === 0x0a) {
        if (c === 0x0a) this.#newline();
        at++;
        continue;
      }
      const end = c === QUOTE ? this.#string(bytes, at) : this.#mark(bytes, at, c, last);
      // Not all of it is here.
      if (end < 0) return at;
      at = end;
    }
    return at;
  }

  #newline(): void {
    if (this.#open.length > 0) this.#linesWithin = true;
    else this.#lineBetween = true;
  }

  /** Everything but strings. @returns Where it ends, or -1. */
  #mark(bytes: Uint8Array, at: number, c: number, last: boolean): number {
    const top = this.#open.at(-1);
    const next = this.#next;
    if (c === COMMA) {
      if (next !== Next.commaOrClose || !top) return this.#break();
      this.#next = top.list ? Next.value : Next.key;
      return at + 1;
    }
    if (c === COLON) {
      if (next !== Next.colon) return this.#break();
      this.#next = Next.value;
      return at + 1;
    }
    if (c === CLOSE_ARRAY || c === CLOSE_OBJECT) {
      const empty = c === CLOSE_ARRAY ? Next.valueOrClose : Next.keyOrClose;
      if (top?.list !== (c === CLOSE_ARRAY) || (next !== Next.commaOrClose && next !== empty))
        return this.#break();
      this.#close(c);
      return at + 1;
    }
    if (next !== Next.value && next !== Next.valueOrClose) return this.#break();
    if (c === OPEN_ARRAY || c === OPEN_OBJECT) return this.#enter(c) ? at + 1 : this.#break();
    if (!top) return this.#break();
    return this.#word(bytes, at, top, last);
  }

  #enter(c: number): boolean {
    const top = this.#open.at(-1);
    if (this.#open.length >= MAX_DEPTH) return false;
    if (!top) {
      if (this.#count > 0 && !this.#lineBetween) return false;
      this.#linesWithin = false;
      this.#length = 0;
      this.#keyTells = false;
    }
    const start = this.#begin(top);
    const telling = top ? this.#tells(top) : false;
    this.#put(c);
    this.#open.push({ list: c === OPEN_ARRAY, telling, start, met: 0, kept: 0, plain: !telling });
    this.#next = c === OPEN_ARRAY ? Next.valueOrClose : Next.keyOrClose;
    return true;
  }

  #close(c: number): void {
    const done = this.#open.pop() as Open;
    this.#put(c);
    const top = this.#open.at(-1);
    if (top) {
      this.#settle(top, done.plain, done.telling, done.start);
      return;
    }
    // As entries of a list: of many lines that tell nothing the first are kept.
    if (!done.plain || this.#count < KEEP) this.#documents.push(this.#out.toString('utf8', 0, this.#length));
    this.#count++;
    if (this.#linesWithin) this.#anyLinesWithin = true;
    this.#lineBetween = false;
    this.#next = Next.value;
  }

  /** True for a value whose key, or that of the lists around it, tells something. */
  #tells(top: Open): boolean {
    return top.list ? top.telling : this.#keyTells;
  }

  /** Writes the comma before an entry of a list. @returns Where the entry begins, in objects with its key. */
  #begin(top: Open | undefined): number {
    if (!top?.list) return top ? this.#keyStart : 0;
    const start = this.#length;
    if (top.kept > 0) this.#put(COMMA);
    return start;
  }

  /** An entry is complete: it stays, or goes. */
  #settle(top: Open, plain: boolean, telling: boolean, start: number): void {
    const tells = telling || !plain;
    if (tells) top.plain = false;
    if (tells || top.met < KEEP) top.kept++;
    else this.#length = start;
    top.met++;
    this.#next = Next.commaOrClose;
  }

  #string(bytes: Uint8Array, at: number): number {
    let plain = true;
    let end = at + 1;
    for (;;) {
      if (end >= bytes.length) return -1;
      const c = bytes[end] as number;
      if (c === QUOTE) break;
      if (c === BACKSLASH) {
        const letter = bytes[end + 1];
        if (letter === undefined || (letter === LETTER_U && end + 6 > bytes.length)) return -1;
        if (letter === LETTER_U) {
          for (let i = 2; i < 6; i++) if (!isHex(bytes[end + i] as number)) return this.#break();
          // A character of ASCII in disguise.
          if (bytes[end + 2] === ZERO && bytes[end + 3] === ZERO && (bytes[end + 4] as number) < 0x38)
            plain = false;
          end += 6;
        } else if (ESCAPES.has(letter)) {
          if (letter === SLASH) plain = false;
          end += 2;
        } else return this.#break();
        continue;
      }
      if (c < 0x20) return this.#break();
      if (c === OPEN_OBJECT) plain = false;
      end++;
    }
    end++;
    const top = this.#open.at(-1);
    if (!top) return this.#break();
    if (this.#next === Next.key || this.#next === Next.keyOrClose) {
      this.#key(bytes, at, end, top, plain);
      if (bytes[end] !== COLON) return end;
      this.#next = Next.value;
      return end + 1;
    }
    if (this.#next !== Next.value && this.#next !== Next.valueOrClose) return this.#break();
    const start = this.#begin(top);
    this.#copy(bytes, at, end);
    this.#settle(top, plain, this.#tells(top), start);
    return this.#comma(bytes, end, top);
  }

  #key(bytes: Uint8Array, at: number, end: number, top: Open, plain: boolean): void {
    this.#keyTells = false;
    if (!plain || this.#telling.mayHave(bytes, at, end) || this.#whole.mayHave(bytes, at, end)) {
      const text = Buffer.from(bytes.buffer, bytes.byteOffset + at, end - at).toString('latin1');
      const key = String(JSON.parse(text));
      if (this.#whole.has(key)) this.#needsWhole = true;
      this.#keyTells = this.#telling.has(key);
    }
    this.#keyStart = this.#length;
    if (top.kept > 0) this.#put(COMMA);
    this.#copy(bytes, at, end);
    this.#put(COLON);
    this.#next = Next.colon;
  }

  /** Numbers and the words of JSON and Python. */
  #word(bytes: Uint8Array, at: number, top: Open, last: boolean): number {
    let end = at;
    let digits = true;
    while (end < bytes.length) {
      const c = bytes[end] as number;
      if (c === COMMA || c === CLOSE_ARRAY || c === CLOSE_OBJECT || c <= 0x20) break;
      if (c < ZERO || c > 0x39) digits = false;
      end++;
    }
    if (end === bytes.length && !last) return -1;
    const start = this.#begin(top);
    if (digits && (bytes[at] !== ZERO || end === at + 1)) this.#copy(bytes, at, end);
    else {
      const word = Buffer.from(bytes.buffer, bytes.byteOffset + at, end - at).toString('latin1');
      if (NOT_FINITE.has(word)) this.#copy(Buffer.from('null'), 0, 4);
      else if (word === 'true' || word === 'false' || word === 'null' || NUMBER.test(word))
        this.#copy(bytes, at, end);
      else return this.#break();
    }
    this.#settle(top, true, this.#tells(top), start);
    return this.#comma(bytes, end, top);
  }

  /** Takes the comma that stands behind nearly every value at once. */
  #comma(bytes: Uint8Array, end: number, top: Open): number {
    if (bytes[end] !== COMMA) return end;
    this.#next = top.list ? Next.value : Next.key;
    return end + 1;
  }

  #put(c: number): void {
    if (this.#length === this.#out.length) this.#grow(1);
    this.#out[this.#length++] = c;
  }

  #copy(bytes: Uint8Array, from: number, to: number): void {
    const size = to - from;
    if (this.#length + size > this.#out.length) this.#grow(size);
    const out = this.#out;
    let length = this.#length;
    // Most values are shorter than a call is worth.
    if (size < 64) for (let i = from; i < to; i++) out[length++] = bytes[i] as number;
    else out.set(bytes.subarray(from, to), length);
    this.#length += size;
  }

  #grow(size: number): void {
    const larger = Buffer.allocUnsafe(Math.max(this.#out.length * 2, this.#length + size));
    this.#out.copy(larger, 0, 0, this.#length);
    this.#out = larger;
  }

  #break(): number {
    this.#broken = true;
    return 0;
  }
}

const isHex = (c: number): boolean =>
  (c >= ZERO && c <= 0x39) || (c >= 0x41 && c <= 0x46) || (c >= 0x61 && c <= 0x66);
