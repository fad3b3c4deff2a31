import { expect } from 'chai';
import fc from 'fast-check';
import { encodeStatement, UnverifiedBundle } from '../../../core/bundle/index.js';
import { decodeColumns, decodeObjects, type Statement } from '../../../core/bundle/statement.js';
import { isModelsealError } from '../../../core/errors/index.js';
import { findMember } from '../../../core/json/json-span.js';
import { Manifest } from '../../../core/model/index.js';
import { bytes, change, fresh } from './fixture.js';

const hex = (seed: number, length: number): string =>
  Buffer.from(Array.from({ length }, (_, i) => seed + i * 7)).toString('hex');

/** What a reading says, or that it refuses. */
function outcome(read: () => Statement | undefined): unknown {
  try {
    const statement = read();
    if (!statement) return undefined;
    const { manifest, ...rest } = statement;
    const { modelName, serialization, resources } = manifest;
    return { ...rest, modelName, serialization, resources };
  } catch (error) {
    if (!isModelsealError(error)) throw error;
    return 'refused';
  }
}

describe('a statement read into columns', () => {
  const names = fc.uniqueArray(
    fc.stringMatching(/^[a-zé \u{1f600}:]{1,8}$/u).filter((s) => s.trim() !== ''),
    {
      minLength: 1,
      maxLength: 12,
    },
  );
  const statement = fc.record({ names, blake2b: fc.boolean(), shards: fc.boolean() }).map((s) => {
    const serialization = {
      method: s.shards ? 'shards' : 'files',
      hashType: s.blake2b ? 'blake2b' : 'sha256',
      ...(s.shards ? { shardSize: 100 } : {}),
      allowSymlinks: false,
      ignorePaths: [],
    } as const;
    const items = s.names.map((name, i) => ({
      name: s.shards ? `${name}:0:${i + 1}` : name,
      digest: hex(i, s.blake2b ? 64 : 32),
    }));
    return encodeStatement(Manifest.from('model', serialization, items));
  });
  /** The same statement as other signers write it: another order of keys, and spaces. */
  const respelled = (payload: Uint8Array): Uint8Array => {
    const s = JSON.parse(Buffer.from(payload).toString());
    const resources = s.predicate.resources.map(({ name, algorithm, digest }: Record<string, string>) => ({
      digest,
      algorithm,
      name,
    }));
    const other = { predicate: { resources, serialization: s.predicate.serialization }, ...s };
    other.predicate = { resources, serialization: s.predicate.serialization };
    return Buffer.from(JSON.stringify(other, undefined, 2));
  };

  it('is what a general parser makes of it', () => {
    fc.assert(
      fc.property(statement, (payload) => {
        for (const bytes of [payload, respelled(payload)]) {
          const columns = outcome(() => decodeColumns(bytes));
          expect(columns).to.be.an('object');
          expect(columns).to.deep.equal(outcome(() => decodeObjects(bytes)));
        }
      }),
    );
  });

  it('and is never read otherwise than a general parser does, however it is mutilated', () => {
    const pieces = fc.constantFrom(
      '"',
      '\\',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      ' ',
      '\0',
      'A',
      '\xff',
      '{"name":',
    );
    const edits = fc.array(fc.record({ at: fc.nat(), piece: pieces, cut: fc.nat({ max: 3 }) }), {
      minLength: 1,
      maxLength: 3,
    });
    let read = 0;
    fc.assert(
      fc.property(statement, edits, (payload, changes) => {
        let bytes = Buffer.from(payload);
        for (const { at, piece, cut } of changes) {
          const from = at % bytes.length;
          bytes = Buffer.concat([
            bytes.subarray(0, from),
            Buffer.from(piece, 'latin1'),
            bytes.subarray(from + cut),
          ]);
        }
        const columns = outcome(() => decodeColumns(bytes));
        if (columns === undefined) return;
        read++;
        expect(columns).to.deep.equal(outcome(() => decodeObjects(bytes)));
      }),
      { numRuns: 2000 },
    );
    expect(read).to.be.greaterThan(100);
  });

  it('is not taken from a place of the same name', () => {
    const payload = Buffer.from(
      encodeStatement(
        Manifest.from(
          'model',
          { method: 'files', hashType: 'sha256', allowSymlinks: false, ignorePaths: [] },
          [{ name: 'a', digest: hex(1, 32) }],
        ),
      ),
    );
    // A key with an escape is another spelling of the same name: the parser refuses the second of the two.
    const twice = Buffer.from(
      payload.toString().replace('"predicate":', '"predic\\u0061te":{"resources":[]},"predicate":'),
    );
    expect(outcome(() => decodeColumns(twice) ?? decodeObjects(twice))).to.equal('refused');
    const inside = Buffer.from(
      payload
        .toString()
        .replace('"predicate":', `"predicateType2":{"predicate":${'{"resources":[1]}'}},"predicate":`),
    );
    expect(outcome(() => decodeColumns(inside) ?? decodeObjects(inside))).to.equal('refused');
  });
});

describe('findMember', () => {
  const find = (text: string, ...path: string[]): string | undefined => {
    const at = findMember(Buffer.from(text), path);
    return at === undefined ? undefined : text.slice(at);
  };

  it('finds the value of the first member of each name', () => {
    expect(find('{"a":1}', 'a')).to.equal('1}');
    expect(find(' { "b" : "a\\"}" , "a" : [1, {"a":2}], "c": {"d": true}}', 'c', 'd')).to.equal('true}}');
    expect(find('{"x":{"a":0},"a":{"x":1}}', 'a', 'x')).to.equal('1}}');
    expect(find('{"x":[[],{"q":"]}"}],"a":null}', 'a')).to.equal('null}');
  });

  it('finds nothing in what has no such member', () => {
    for (const text of [
      '',
      '[]',
      '{',
      '{}',
      '{"a"',
      '{"b":1}',
      '{"b":"a',
      '{"b":{"a":1}}',
      '{"b":[1}',
      '"a":1',
      '{b:1}',
    ])
      expect(find(text, 'a'), text).to.equal(undefined);
  });

  it('takes time in proportion to the text', () => {
    for (const text of [`{"b":"${'\\\\'.repeat(1e6)}`, `{"b":${'['.repeat(2e6)}`, `{${' '.repeat(2e6)}`])
      expect(find(text, 'a')).to.equal(undefined);
  });
});

describe('a bundle with a long payload', () => {
  const long = Buffer.alloc(30_000, 'statement ');
  /** The text of the payload is put in as it is, escapes and all. */
  const text = (edit: (payload: string) => string): Uint8Array => {
    const bundle = fresh();
    change('dsseEnvelope.payload', '@')(bundle);
    const edited = edit(long.toString('base64'));
    return Buffer.from(
      Buffer.from(bytes(bundle))
        .toString()
        .replace('"@"', () => `"${edited}"`),
    );
  };

  it('is decoded where it lies, behind what is signed with it', () => {
    for (const length of [29_998, 29_999, 30_000]) {
      const payload = long.subarray(0, length);
      const bundle = UnverifiedBundle.parse(text(() => payload.toString('base64')));
      expect(Buffer.from(bundle.payload).equals(payload)).to.equal(true);
      const head = `DSSEv1 28 application/vnd.in-toto+json ${length} `;
      expect(Buffer.from(bundle.signedBytes).equals(Buffer.concat([Buffer.from(head), payload]))).to.equal(
        true,
      );
    }
  });

  it('may have escapes, which mean the same', () => {
    const escaped = text((p) => p.replace(/\//g, '\\/').replace('c', '\\u0063'));
    expect(Buffer.from(UnverifiedBundle.parse(escaped).payload).equals(long)).to.equal(true);
  });

  for (const [name, edit] of [
    ['a space', (p: string) => `${p.slice(0, 9000)} ${p.slice(9000)}`],
    ['a foreign character', (p: string) => `${p.slice(0, 9000)}*${p.slice(9001)}`],
    ['a character of base64url', (p: string) => `${p.slice(0, 9000)}_${p.slice(9001)}`],
    ['padding in the middle', (p: string) => `${p.slice(0, 8998)}==${p.slice(9000)}`],
    ['a character missing', (p: string) => p.slice(0, -1)],
    ['bits that are not used', (p: string) => `${p.slice(0, -4)}AB==`],
  ] as const) {
    it(`is refused with ${name}`, () => {
      expect(() => UnverifiedBundle.parse(text(edit)))
        .to.throw()
        .with.property('code', 'ERR_BUNDLE_BASE64');
    });
  }
});
