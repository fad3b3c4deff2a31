import { expect } from 'chai';
import { EmbeddedSearch } from '../../scanner/pickle/embedded.js';
import { scanSource } from '../../scanner/scan.js';
import { MemorySource } from '../../core/formats/source.js';
import { npy, npyHeader, torchZip } from '../support/model-builder.js';
import { pickle } from '../support/pickle-builder.js';

const MEGABYTE = 1 << 20;
/** Several times what any of these takes; work that grows with the square of the size takes minutes. */
const TIME_LIMIT_MS = 40_000;

/** Bytes drawn from `from`, the same in every run. */
function noise(length: number, from: readonly number[], seed: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[i] = from[(state >>> 16) % from.length] ?? 0;
  }
  return bytes;
}

const fill = (unit: string, length: number): Buffer =>
  Buffer.alloc(length, Buffer.from(unit, 'latin1')) as Buffer;

function search(bytes: Uint8Array): { readonly found: number; readonly missed: number } {
  const sink = { finding: () => {}, nested: () => {}, spend: () => true };
  const embedded = new EmbeddedSearch(new MemorySource(bytes), sink);
  return { found: embedded.run(0), missed: embedded.missed };
}

describe('pickle scanner: what candidates and globals may cost', function () {
  this.timeout(180_000);

  /** What weights look like, the last ones at their worst: quantised, masks, every second byte 0x80. */
  const WEIGHTS: readonly (readonly [string, readonly number[]])[] = [
    ['random', [...Array(256).keys()]],
    ['small int8', [0x80, 0x81, 0xfe, 0xff, 0, 1, 2, 3, 4, 5]],
    ['a mask of five classes', [0x80, 1, 2, 3, 4, 5]],
    ['two values', [0x80, 4]],
  ];

  for (const [name, values] of WEIGHTS) {
    it(`looks at every candidate in weights: ${name}`, () => {
      for (const seed of [1, 2, 3])
        expect(search(noise(2 * MEGABYTE, values, seed))).to.deep.equal({ found: 0, missed: -1 });
    });

    it(`finds a pickle behind weights: ${name}`, () => {
      const threat = pickle(4).stackGlobal('os', 'system').str('id').tuple1().reduce().stop().done();
      const bytes = Buffer.concat([noise(MEGABYTE, values, 4), threat, noise(MEGABYTE, values, 5)]);
      expect(search(bytes).found).to.be.greaterThan(0);
    });

    it(`calls models with such weights clean: ${name}`, () => {
      const weights = noise(5 * MEGABYTE, values, 6);
      const array = npy(npyHeader('|u1', `(${weights.length},)`), weights);
      expect(scanSource('a.npy', new MemorySource(array)).verdict).to.equal('clean');
      const archive = torchZip(pickle(2).dict().stop().done(), [{ name: 'archive/data/1', data: weights }]);
      expect(scanSource('a.pt', new MemorySource(archive)).verdict).to.equal('clean');
    });
  }

  /** Candidates that each lead on, and text that each starts like a GLOBAL. */
  const STORMS = ['\x80\x01', '\x80\x01c\n\n', '\x80\x01cab\ncd\n', '\x80\x04\x8c\x02ab\x8c\x01d\x93'];

  for (const unit of STORMS) {
    it(`does not call clean what holds more candidates than it looks at: ${JSON.stringify(unit)}`, () => {
      const storm = fill(unit, 2 * MEGABYTE);
      const begun = performance.now();
      expect(search(storm).missed).to.be.greaterThan(0);
      // A pickle that ends in damage is searched to the end of the file.
      const bytes = Buffer.concat([pickle(4).dict().op(0xff).done(), storm]);
      const scan = scanSource('a.pkl', new MemorySource(bytes));
      expect(performance.now() - begun).to.be.below(TIME_LIMIT_MS);
      expect(scan.unparsed.map((u) => u.reason)).to.include(
        'it holds more possible pickles than were looked at',
      );
    });
  }

  for (const unit of ['c', `${'c'.repeat(120)}\n`, `${'io.'.repeat(38)}\n`, 'i\n', '\n']) {
    it(`looks for text opcodes in linear time: ${JSON.stringify(unit.slice(0, 9))}`, () => {
      const begun = performance.now();
      search(fill(unit, 4 * MEGABYTE));
      expect(performance.now() - begun).to.be.below(TIME_LIMIT_MS);
    });
  }

  it('finds a GLOBAL across the border of two steps', () => {
    for (const shift of [1, 5, 12, 20]) {
      const bytes = Buffer.alloc(2 * MEGABYTE);
      bytes.write('cposix\nsystem\n', MEGABYTE - shift, 'latin1');
      expect(search(bytes).found, String(shift)).to.equal(1);
    }
  });

  const imports = (count: number): ReturnType<typeof pickle> => {
    const builder = pickle(2);
    for (let i = 0; i < count; i++) builder.global(`mine${i}`, 'Thing').op('0');
    return builder;
  };

  it('reports a flood of different globals as one, in bounded time', () => {
    const begun = performance.now();
    const scan = scanSource('a.pkl', new MemorySource(imports(150_000).none().stop().done()));
    expect(performance.now() - begun).to.be.below(TIME_LIMIT_MS);
    expect(scan.verdict).to.equal('malicious');
    expect(scan.findings.filter((f) => f.rule === 'PKL-GLOBAL-FLOOD')).to.have.length(1);
    const few = scanSource('a.pkl', new MemorySource(imports(300).none().stop().done()));
    expect(few.verdict).to.equal('suspicious');
  });

  it('finds the dangerous global behind a flood', () => {
    const bytes = imports(40_000).global('os', 'system').str('id').tuple1().reduce().stop().done();
    const rules = scanSource('a.pkl', new MemorySource(bytes)).findings.map((f) => f.rule);
    expect(rules).to.include.members(['PKL-GLOBAL-FLOOD', 'PKL-GLOBAL-DANGEROUS']);
  });
});
