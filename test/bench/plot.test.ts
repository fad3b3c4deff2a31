import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { plot } from '../../bench/plot.js';
import type { Cell } from '../../bench/reference.js';

const cell = (operation: 'sign' | 'verify', bytes: number): Cell =>
  ({
    ...{ operation, bytes, files: 1 },
    ours: { median: 0.1, min: 0.1, max: 0.1 },
    theirs: { median: 1, min: 1, max: 1 },
  }) as unknown as Cell;

const legendOf = (svg: string): string[] =>
  svg.split('\n').filter((line) => /^<path d="M\d+ 412h28"/.test(line));

describe('the plot of the benchmarks', () => {
  const svg = plot(
    (['sign', 'verify'] as const).flatMap((operation) => [cell(operation, 1024), cell(operation, 2 ** 30)]),
    'a machine',
  );

  it('has a legend whose entries do not overlap, in fonts as wide as 7.5 units a letter', () => {
    const entries = [...svg.matchAll(/<path d="M(\d+) 412h28".*?<text x="(\d+)"[^>]*>([^<]*)</g)];
    expect(entries.map((entry) => entry[3])).to.have.length(4);
    const right = Number(/viewBox="0 0 (\d+)/.exec(svg)?.[1]);
    entries.forEach(([, , at, label = ''], i) => {
      expect(Number(at) + label.length * 7.5).to.be.lessThan(Number(entries[i + 1]?.[1] ?? right));
    });
  });

  it('is the one in the documents', () => {
    expect(
      legendOf(readFileSync(new URL('../../docs/benchmarks.svg', import.meta.url), 'utf8')),
    ).to.deep.equal(legendOf(svg));
  });
});
