/** What `ast.literal_eval` can return; tuples and lists are both arrays. */
export type PythonValue = string | number | boolean | null | PythonValue[] | Map<PythonValue, PythonValue>;

/** Nesting beyond this has no use in a header. */
const MAX_DEPTH = 32;

/** Parses a Python literal, and nothing that is more than one; undefined otherwise. */
export function parsePythonLiteral(text: string): PythonValue | undefined {
  const parser = new LiteralParser(text);
  try {
    return parser.whole();
  } catch (error) {
    if (error instanceof NotLiteral) return undefined;
    throw error;
  }
}

class NotLiteral extends Error {}

class LiteralParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): PythonValue {
    const value = this.#value(0);
    this.#blanks();
    if (this.#at < this.#text.length) throw new NotLiteral();
    return value;
  }

  #value(depth: number): PythonValue {
    if (depth > MAX_DEPTH) throw new NotLiteral();
    this.#blanks();
    const c = this.#text[this.#at];
    if (c === '{') return this.#dict(depth);
    if (c === '(') return this.#sequence(')', depth);
    if (c === '[') return this.#sequence(']', depth);
    const string = this.#take(/[bu]?(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")/y);
    if (string !== undefined)
      return string
        .replace(/^[bu]?./, '')
        .slice(0, -1)
        .replace(/\\(.)/g, '$1');
    // Python 2 wrote long integers with an L.
    const number = this.#take(/-?\d+(?:\.\d+)?L?/y);
    if (number !== undefined) return Number.parseFloat(number);
    const word = this.#take(/True|False|None/y);
    if (word === undefined) throw new NotLiteral();
    return word === 'None' ? null : word === 'True';
  }

  #dict(depth: number): Map<PythonValue, PythonValue> {
    const map = new Map<PythonValue, PythonValue>();
    this.#at++;
    while (!this.#close('}')) {
      const key = this.#value(depth + 1);
      this.#expect(':');
      map.set(key, this.#value(depth + 1));
      if (!this.#comma('}')) break;
    }
    return map;
  }

  #sequence(end: string, depth: number): PythonValue[] {
    const items: PythonValue[] = [];
    this.#at++;
    while (!this.#close(end)) {
      items.push(this.#value(depth + 1));
      if (!this.#comma(end)) break;
    }
    return items;
  }

  /** True when another item may follow; false when the bracket was closed. */
  #comma(end: string): boolean {
    if (this.#take(/\s*,/y) !== undefined) return true;
    this.#expect(end);
    return false;
  }

  #close(end: string): boolean {
    this.#blanks();
    if (this.#text[this.#at] !== end) return false;
    this.#at++;
    return true;
  }

  #expect(c: string): void {
    this.#blanks();
    if (this.#text[this.#at] !== c) throw new NotLiteral();
    this.#at++;
  }

  #blanks(): void {
    this.#take(/\s*/y);
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const hit = pattern.exec(this.#text)?.[0];
    if (hit !== undefined) this.#at += hit.length;
    return hit;
  }
}
