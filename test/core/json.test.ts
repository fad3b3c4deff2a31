import { expect } from 'chai';
import fc from 'fast-check';
import { parseStrictJson } from '../../core/json/strict-json.js';
import { expectCode } from '../support/errors.js';

describe('parseStrictJson', () => {
  const limits = { what: 'test', maxBytes: 1000, maxDepth: 4 };
  const parse = (text: string | Uint8Array): unknown =>
    parseStrictJson(typeof text === 'string' ? Buffer.from(text) : text, limits);

  it('reads what JSON.parse reads, and reads it the same', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 3 }), (text) => {
        if (Buffer.byteLength(text) > limits.maxBytes) return;
        let got: unknown;
        try {
          got = parse(text);
        } catch (error) {
          // What fast-check generates may hold lone surrogates or "__proto__" twice; nothing else may fail.
          expect(String(error)).to.match(/lone surrogate|twice|nested deeper|UTF-8/);
          return;
        }
        expect(JSON.stringify(got)).to.equal(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  it('reads text with and without escapes the same', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3, noUnicodeString: false }), (value) => {
        const text = JSON.stringify({ value });
        if (Buffer.byteLength(text) > limits.maxBytes - 20) return;
        // The escape sends the whole text through the strict parser.
        const escaped = `{"\\u0065scaped":1,${text.slice(1)}`;
        const plain = `{"escaped":1,${text.slice(1)}`;
        const outcome = (input: string): string => {
          try {
            return JSON.stringify(parse(input));
          } catch (error) {
            return (error as { code: string }).code;
          }
        };
        expect(outcome(plain)).to.equal(outcome(escaped));
      }),
    );
  });

  it('keeps __proto__ an ordinary key', () => {
    const value = parse('{"__proto__": {"admin": true}}') as Record<string, unknown>;
    expect(value.admin).to.equal(undefined);
    expect(Object.keys(value)).to.deep.equal(['__proto__']);
  });

  const refused: [
    name: string,
    code: Parameters<typeof expectCode>[0],
    bad: string | Uint8Array,
    twin: string,
  ][] = [
    ['a duplicate key', 'ERR_JSON_DUPLICATE_KEY', '{"a":1,"a":1}', '{"a":1,"b":1}'],
    ['a duplicate key, once escaped', 'ERR_JSON_DUPLICATE_KEY', '{"a":1,"\\u0061":1}', '{"a":1,"\\u0062":1}'],
    ['a duplicate __proto__', 'ERR_JSON_DUPLICATE_KEY', '{"__proto__":1,"__proto__":2}', '{"__proto__":1}'],
    [
      'a duplicate key further in',
      'ERR_JSON_DUPLICATE_KEY',
      '{"x":[{"a":1,"a":1}]}',
      '{"x":[{"a":1},{"a":1}]}',
    ],
    [
      'colons in strings beside a duplicate',
      'ERR_JSON_DUPLICATE_KEY',
      '{":":":","a":1,"a":2}',
      '{":":":","a":1}',
    ],
    ['nesting beyond the limit', 'ERR_JSON_DEPTH', '[[[[[1]]]]]', '[[[[1]]]]'],
    ['more bytes than the limit', 'ERR_JSON_TOO_LARGE', `"${'a'.repeat(999)}"`, `"${'a'.repeat(998)}"`],
    ['bytes that are not UTF-8', 'ERR_JSON_UTF8', Uint8Array.of(0x22, 0xff, 0x22), '"\u00ff"'],
    ['an overlong form', 'ERR_JSON_UTF8', Uint8Array.of(0x22, 0xc0, 0xaf, 0x22), '"/"'],
    ['a byte order mark', 'ERR_JSON_SYNTAX', '\ufeff{}', '{}'],
    ['a second value', 'ERR_JSON_SYNTAX', '{} {}', '{} '],
    ['a trailing comma', 'ERR_JSON_SYNTAX', '[1,]', '[1]'],
    ['a comment', 'ERR_JSON_SYNTAX', '{}//', '{}'],
    ['single quotes', 'ERR_JSON_SYNTAX', "{'a':1}", '{"a":1}'],
    ['a leading zero', 'ERR_JSON_SYNTAX', '[01]', '[0]'],
    ['a plus sign', 'ERR_JSON_SYNTAX', '[+1]', '[1]'],
    ['NaN', 'ERR_JSON_SYNTAX', '[NaN]', '[null]'],
    ['a number beyond all bounds', 'ERR_JSON_SYNTAX', '[1e999]', '[1e99]'],
    ['a control character', 'ERR_JSON_SYNTAX', '"a\nb"', '"a\\nb"'],
    ['a lone surrogate', 'ERR_JSON_SYNTAX', '"\\ud800"', '"\\ud83d\\ude00"'],
    ['an unknown escape', 'ERR_JSON_SYNTAX', '"\\x41"', '"\\u0041"'],
    ['an unfinished string', 'ERR_JSON_SYNTAX', '"a', '"a"'],
    ['nothing', 'ERR_JSON_SYNTAX', '', 'null'],
    ['a word cut short', 'ERR_JSON_SYNTAX', 'tru', 'true'],
  ];
  for (const [name, code, bad, twin] of refused) {
    it(`refuses ${name}, and accepts the twin without it`, () => {
      expectCode(code, () => parse(bad));
      parse(twin);
    });
  }
});
