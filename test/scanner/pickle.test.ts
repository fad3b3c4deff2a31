import { expect } from 'chai';
import { CORPUS } from '../corpora/pickles.js';
import { scanBytes } from './pickle-support.js';

describe('pickle scanner: corpus', () => {
  it('has not shrunk', () => {
    expect(CORPUS.filter((c) => c.verdict === 'malicious').length).to.be.at.least(400);
    expect(CORPUS.filter((c) => c.verdict === 'clean').length).to.be.at.least(100);
  });

  it('names every case once, and only twins that exist and are clean', () => {
    const names = new Map(CORPUS.map((c) => [c.name, c]));
    expect(names.size).to.equal(CORPUS.length);
    for (const c of CORPUS) {
      if (c.twin) expect(names.get(c.twin)?.verdict, `${c.name} → ${c.twin}`).to.equal('clean');
    }
  });

  for (const c of CORPUS) {
    it(`${c.verdict}: ${c.name}`, () => {
      const seen = scanBytes(c.bytes);
      expect(seen.verdict, [...seen.messages, ...seen.unparsed].join('; ')).to.equal(c.verdict);
      if (c.rule) expect(seen.rules).to.include(c.rule);
    });
  }
});
