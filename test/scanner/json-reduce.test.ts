import { expect } from 'chai';
import fc from 'fast-check';
import { CONFIG_KEYS } from '../../scanner/formats/config.js';
import { parseJson } from '../../scanner/formats/json.js';
import { JsonReducer, KeySet } from '../../scanner/formats/json-reduce.js';
import { MemorySource } from '../../core/formats/source.js';
import { type FileScan, scanSource } from '../../scanner/index.js';
import { needAll } from '../support/slow.js';

const TELLING = new KeySet(CONFIG_KEYS);
const NONE = new KeySet([]);

/** Reads a text in pieces of a size. */
function reduce(text: string, piece = 7): ReturnType<JsonReducer['end']> {
  const reducer = new JsonReducer(TELLING, NONE);
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += piece)
    if (!reducer.push(bytes.subarray(at, at + piece))) return undefined;
  return reducer.end();
}

/** Larger than what is read at once. */
const LARGE = 5 << 20;
const scan = (text: string, name = 'x.json'): FileScan =>
  scanSource(name, new MemorySource(Buffer.from(text)));
const told = ({ verdict, findings, unparsed }: FileScan): unknown => ({
  verdict,
  rules: findings.map(({ rule, message }) => `${rule} ${message}`),
  unparsed: unparsed.map(({ reason }) => reason),
});

describe('JSON that streams by', () => {
  it('is valid exactly where the parser of the whole text takes it', () => {
    const json = fc.json({ maxDepth: 4 });
    const damaged = fc
      .tuple(
        json,
        fc.nat(),
        fc.constantFrom('', ',', ':', '{', '}', '[', ']', '"', '\\', '0', '-', 'e', 'n', '\u0001'),
      )
      .map(([text, at, mark]) => {
        const cut = at % (text.length + 1);
        return text.slice(0, cut) + mark + text.slice(cut + 1);
      });
    let valid = 0;
    fc.assert(
      fc.property(fc.oneof(json, damaged), fc.integer({ min: 1, max: 20 }), (text, piece) => {
        const whole = parseJson(text);
        const reduced = reduce(text, piece);
        // Neither a bare value nor several on lines is one document for both.
        if (whole === undefined ? reduced?.lines : typeof whole !== 'object' || whole === null) return;
        expect(reduced !== undefined, text).to.equal(whole !== undefined);
        if (reduced) expect(JSON.parse(reduced.documents[0] ?? '')).to.deep.equal(whole);
        valid += reduced ? 1 : 0;
      }),
      { numRuns: 4000 },
    );
    expect(valid).to.be.above(300);
  });

  it('takes what Python writes for numbers that are none', () => {
    expect(reduce('{"a":[NaN,-Infinity,1e5]}')?.documents).to.deep.equal(['{"a":[null,null,1e5]}']);
    expect(reduce('[nan]')).to.equal(undefined);
  });

  it('keeps the first entries, and of the others what tells something', () => {
    const many = Array.from({ length: 500 }, (_, i) => `"k${i}":${i}`).join(',');
    const [text = ''] =
      reduce(`{"v":{${many},"auto_map":{"A":"b.C"},"z":"{{ x }}","y":[[1,["{%"]]]}}`)?.documents ?? [];
    const { v } = JSON.parse(text);
    expect(Object.keys(v)).to.have.lengthOf(67);
    expect(v).to.deep.include({ auto_map: { A: 'b.C' }, z: '{{ x }}', y: [[1, ['{%']]] });
  });

  it('keeps a key that is spelt with escapes', () => {
    const many = Array.from({ length: 100 }, (_, i) => `"k${i}":${i}`).join(',');
    const [text = ''] = reduce(`{${many},"trust_remote\\u005fcode":true,"\\u0120a":1}`)?.documents ?? [];
    expect(JSON.parse(text)).to.have.property('trust_remote_code', true);
    expect(JSON.parse(text)).to.not.have.property('\u0120a');
  });

  it('finds in a large document what is found in a small one, wherever it stands', function () {
    needAll(this);
    this.timeout(30_000);
    const words = (size: number): string =>
      Array.from({ length: size / 16 }, (_, i) => `"word-${i % 1000}":${i}`).join(',\n');
    const evil = [
      '"auto_map":{"AutoModel":"m.M"}',
      '"a":{"trust_remote_code":true}',
      '"a":[{"_target_":"os.system"}]',
      '"a":{"__loader__":"x","__module__":"os","__class__":"system"}',
      '"a":[[{"py/reduce":[1]}]]',
      '"chat_template":"{{ x.__class__.__mro__ }}"',
      '"a":"{% for x in y.__globals__ %}{% endfor %}"',
      '"a":{"class_name":"Lambda","config":{}}',
      '"key":"hf_abcdefghijklmnopqrstuvwxyzABCDEFGH"',
    ];
    const filler = words(LARGE);
    for (const member of evil) {
      const small = told(scan(`{${words(1600)},${member},"z":1}`.replaceAll('\n', '')));
      expect(small, member).to.have.property('verdict').that.does.not.equal('clean');
      const large = told(scan(`{${filler},${member},"z":1}`.replaceAll('\n', '')));
      expect(large, member).to.deep.equal(small);
    }
    expect(told(scan(`{${filler}}`))).to.deep.equal({ verdict: 'clean', rules: [], unparsed: [] });
    expect(told(scan(`{${filler}`))).to.have.property('verdict', 'unparsed');
  });

  it('reads large texts of other kinds as small ones', function () {
    this.timeout(30_000);
    const line = 'The quick brown fox jumps over the lazy dog, and nobody minds.\n';
    const filler = line.repeat(LARGE / line.length);
    const cases: readonly [text: string, name: string][] = [
      ['', 'notes.txt'],
      ['', '(gzip)'],
      ['AKIAABCDEFGHIJKLMNOP\n', 'notes.txt'],
      ['- !!python/object/apply:os.system ["id"]\n', '(gzip)'],
      ['  node {\n op: "PyFunc"\n}\n', '(gzip)'],
      ['import os\nos.system("id")\n', 'x.py'],
      ['\u0001\n', 'notes.txt'],
    ];
    for (const [text, name] of cases) {
      const rules = (scanned: FileScan): unknown => [scanned.verdict, scanned.findings.map((f) => f.rule)];
      const small = rules(scan(line.repeat(9) + text + line, name));
      expect(rules(scan(filler + text + line, name)), name + text).to.deep.equal(small);
    }
    const lines = `{"text":"${'x'.repeat(50)}"}\n`.repeat(100_000);
    expect(told(scan(lines, 'x.jsonl'))).to.have.property('verdict', 'clean');
    expect(told(scan(`${lines}{"auto_map":{"a":"b"}}\n${lines}`, 'x.jsonl'))).to.deep.include({
      rules: ['CFG-REMOTE-CODE "auto_map" names code to be imported'],
    });
  });

  it('names the line of a secret that lies across two pieces', () => {
    for (const shift of [0, 1, 10, 20, 30, 38, 40]) {
      const before = `${'a'.repeat(1023)}\n`.repeat(6 << 10);
      const text = `${before.slice(0, (5 << 20) - shift - 1)}\nhf_abcdefghijklmnopqrstuvwxyzABCDEFGH\n${before}`;
      expect(told(scan(text, 'a.txt'))).to.deep.include({
        rules: [
          `SECRET-KEY a Hugging Face token stands in line ${text.slice(0, text.indexOf('hf_')).split('\n').length}`,
        ],
      });
    }
  });
});
