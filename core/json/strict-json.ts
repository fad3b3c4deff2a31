import { ModelsealError } from '../errors/index.js';
import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
} from './octets.js';
import { type Json, parsePlain } from './plain-json.js';

export type { Json };

/** What a strict parse may cost and how its input is called in errors. */
export interface JsonLimits {
  /** For errors: `signature`, `signed statement`. */
  readonly what: string;
  readonly maxBytes: number;
  readonly maxDepth: number;
}

/**
 * Parses JSON (RFC 8259) and accepts one reading of it only: a duplicate key, bytes that are not UTF-8, a lone
 * surrogate, nesting beyond the limit or anything after the value is refused, where `JSON.parse` picks a meaning.
 *
 * @throws {ModelsealError} `ERR_JSON_TOO_LARGE`, `ERR_JSON_UTF8`, `ERR_JSON_SYNTAX`, `ERR_JSON_DUPLICATE_KEY`,
 *   `ERR_JSON_DEPTH`
 */
export function parseStrictJson(bytes: Uint8Array, limits: JsonLimits): Json {
  const { what, maxBytes } = limits;
  if (bytes.length > maxBytes) {
    throw new ModelsealError('ERR_JSON_TOO_LARGE', { what, size: bytes.length, limit: maxBytes });
  }
  let text: string;
  try {
    // A byte order mark stays in the text and is then a syntax error (RFC 8259 §8.1).
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ModelsealError('ERR_JSON_UTF8', { what });
  }
  // Node's parser is faster on text that leaves it no choice; everything else is for the strict one, which says why.
  return parsePlain(text, limits.maxDepth) ?? new Parser(text, limits).document();
}

const LETTER_F = 0x66;
const LETTER_N = 0x6e;
const LETTER_T = 0x74;

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const HEX4 = /[0-9a-fA-F]{4}/y;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

class Parser {
  readonly #text: string;
  readonly #limits: JsonLimits;
  #at = 0;
  #depth = 0;

  constructor(text: string, limits: JsonLimits) {
    this.#text = text;
    this.#limits = limits;
  }

  document(): Json {
    const value = this.#value();
    this.#space();
    if (this.#at < this.#text.length) this.#fail('something follows the value');
    return value;
  }

  #value(): Json {
    this.#space();
    switch (this.#text.charCodeAt(this.#at)) {
      case QUOTE:
        return this.#string();
      case OPEN_OBJECT: {
        this.#enter();
        const value = this.#object();
        this.#depth--;
        return value;
      }
      case OPEN_ARRAY: {
        this.#enter();
        const value = this.#array();
        this.#depth--;
        return value;
      }
      case LETTER_T:
        return this.#word('true', true);
      case LETTER_F:
        return this.#word('false', false);
      case LETTER_N:
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  #enter(): void {
    const limit = this.#limits.maxDepth;
    if (++this.#depth > limit) throw new ModelsealError('ERR_JSON_DEPTH', { what: this.#limits.what, limit });
    this.#at++;
  }

  #object(): Json {
    const object: { [key: string]: Json } = {};
    this.#space();
    if (this.#take(CLOSE_OBJECT)) return object;
    for (;;) {
      this.#space();
      if (this.#text.charCodeAt(this.#at) !== QUOTE) this.#fail('a key is expected');
      const key = this.#string();
      if (Object.hasOwn(object, key)) {
        throw new ModelsealError('ERR_JSON_DUPLICATE_KEY', {
          what: this.#limits.what,
          key: key.slice(0, 64),
        });
      }
      this.#space();
      if (!this.#take(COLON)) this.#fail('":" is expected');
      const value = this.#value();
      // Assigning to __proto__ would set the prototype instead of a property.
      if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true });
      else object[key] = value;
      this.#space();
      if (this.#take(CLOSE_OBJECT)) return object;
      if (!this.#take(COMMA)) this.#fail('"," or "}" is expected');
    }
  }

  #array(): Json {
    const array: Json[] = [];
    this.#space();
    if (this.#take(CLOSE_ARRAY)) return array;
    for (;;) {
      array.push(this.#value());
      this.#space();
      if (this.#take(CLOSE_ARRAY)) return array;
      if (!this.#take(COMMA)) this.#fail('"," or "]" is expected');
    }
  }

  #string(): string {
    let start = ++this.#at;
    let out = '';
    let escaped = false;
    for (;;) {
      const c = this.#text.charCodeAt(this.#at);
      if (c === QUOTE) break;
      if (c >= 0x20 && c !== BACKSLASH) {
        this.#at++;
        continue;
      }
      // What is left is a backslash, a control character (RFC 8259 §7 forbids them), or the end, where c is NaN.
      if (c !== BACKSLASH) {
        this.#fail(Number.isNaN(c) ? 'a string is not closed' : 'a control character in a string');
      }
      out += this.#text.slice(start, this.#at++) + this.#escape();
      start = this.#at;
      escaped = true;
    }
    const rest = this.#text.slice(start, this.#at++);
    if (!escaped) return rest;
    out += rest;
    // Decoded UTF-8 is well-formed; only escapes can make a lone surrogate.
    if (/\p{Surrogate}/u.test(out)) this.#fail('a lone surrogate in a string');
    return out;
  }

  #escape(): string {
    const c = this.#text[this.#at++];
    if (c === 'u') {
      HEX4.lastIndex = this.#at;
      const hex = HEX4.exec(this.#text)?.[0];
      if (hex === undefined) return this.#fail('a damaged \\u escape');
      this.#at += 4;
      return String.fromCharCode(Number.parseInt(hex, 16));
    }
    const plain = c === undefined ? undefined : ESCAPES[c];
    return plain ?? this.#fail('an unknown escape');
  }

  #number(): number {
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.#text)?.[0];
    if (match === undefined) {
      return this.#fail(this.#at < this.#text.length ? 'a value is expected' : 'the text ends too early');
    }
    const value = Number(match);
    if (!Number.isFinite(value)) this.#fail('a number too large');
    this.#at += match.length;
    return value;
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) this.#fail('a value is expected');
    this.#at += word.length;
    return value;
  }

  #take(code: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== code) return false;
    this.#at++;
    return true;
  }

  #space(): void {
    for (;;) {
      const c = this.#text.charCodeAt(this.#at);
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return;
      this.#at++;
    }
  }

  #fail(problem: string): never {
    throw new ModelsealError('ERR_JSON_SYNTAX', { what: this.#limits.what, problem, offset: this.#at });
  }
}
