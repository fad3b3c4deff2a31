import { expect } from 'chai';
import {
  byCodePoint,
  checkDistinct,
  checkName,
  IgnoreRules,
  windowsProblem,
} from '../../../core/model/index.js';
import { expectCode } from '../../support/errors.js';

describe('names', () => {
  const bad: [string, Parameters<typeof expectCode>[0]][] = [
    ['', 'ERR_NAME_EMPTY'],
    ['/etc/passwd', 'ERR_NAME_ABSOLUTE'],
    ['C:/x', 'ERR_NAME_ABSOLUTE'],
    ['C:\\x', 'ERR_NAME_ABSOLUTE'],
    ['..', 'ERR_NAME_PARENT'],
    ['a/../b', 'ERR_NAME_PARENT'],
    ['../a', 'ERR_NAME_PARENT'],
    ['./a', 'ERR_NAME_NOT_CANONICAL'],
    ['a/./b', 'ERR_NAME_NOT_CANONICAL'],
    ['a//b', 'ERR_NAME_NOT_CANONICAL'],
    ['a/', 'ERR_NAME_NOT_CANONICAL'],
    ['a\\..\\b', 'ERR_NAME_NOT_CANONICAL'],
    ['a\0b', 'ERR_NAME_NOT_CANONICAL'],
    ['a\ud800', 'ERR_NAME_NOT_CANONICAL'],
  ];
  for (const [name, code] of bad) {
    it(`refuses ${JSON.stringify(name)}`, () => {
      expectCode(code, () => checkName(name));
    });
  }

  for (const name of ['a', 'a/b', '.hidden', '...', 'a..b/c', 'ü/\u{1f600}', 'a:b', ' a ', 'C:x']) {
    it(`accepts ${JSON.stringify(name)}`, () => checkName(name));
  }

  const twins: [string, string][] = [
    ['model.bin', 'Model.bin'],
    ['a/b', 'A/B'],
    ['caf\u00e9', 'cafe\u0301'],
    ['STRASSE', 'stra\u00dfe'],
    ['\u212a', 'k'],
    ['a', 'a/b'],
    ['x/y', 'X'],
    ['A', 'a/b/c'],
  ];
  for (const [a, b] of twins) {
    it(`refuses the twins ${a} and ${b}, in either order`, () => {
      for (const [first, second] of [
        [a, b],
        [b, a],
      ] as const) {
        expectCode('ERR_NAME_TWIN', () => checkDistinct([first, second]));
      }
    });
  }

  it('refuses a name given twice, and accepts folders that differ in case only', () => {
    expectCode('ERR_NAME_DUPLICATE', () => checkDistinct(['a/b', 'A/c', 'a/b']));
    expectCode('ERR_NAME_DUPLICATE', () => checkDistinct(['a', 'b', 'b']));
    checkDistinct(['a/b', 'A/c']);
  });

  it("finds a file that is another one's folder among names in order", () => {
    checkDistinct(['a', 'a-b/c', 'a-b/d/e', 'b/c']);
    for (const name of ['a-b/d/e', 'a-b/d', 'b'])
      expectCode('ERR_NAME_TWIN', () => checkDistinct(['a', 'a-b/c', 'a-b/d/e/f', 'b/c', name].sort()));
  });

  it('warns of what Windows cannot store', () => {
    for (const name of ['con', 'a/NUL.txt', 'COM1', 'lpt9.bin', 'a:b', 'a?', 'x/y.', 'x ']) {
      expect(windowsProblem(name), name).to.be.a('string');
    }
    for (const name of ['cone', 'com', 'com10', 'a.con', 'nul/../x'.slice(4)]) {
      if (name.startsWith('..')) continue;
      expect(windowsProblem(name), name).to.equal(undefined);
    }
  });

  it('orders by code point, not by UTF-16 unit', () => {
    const names = ['\u{1f600}', '\uff5e', 'b', 'a/b', 'a.txt', 'a'];
    const expected = [...names].sort((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)));
    expect([...names].sort(byCodePoint)).to.deep.equal(expected);
    expect([...names].sort()).to.not.deep.equal(expected);
  });
});

describe('IgnoreRules', () => {
  it('matches exact paths and what is below them', () => {
    const rules = IgnoreRules.from(['cache/', './a/b', '*.tmp']);
    expect(rules.paths).to.deep.equal(['*.tmp', 'a/b', 'cache']);
    for (const name of ['cache', 'cache/x', 'a/b', 'a/b/c', '*.tmp'])
      expect(rules.covers(name), name).to.equal(true);
    for (const name of ['cache2', 'x/cache', 'a', 'a/bc', 'x.tmp'])
      expect(rules.covers(name), name).to.equal(false);
  });

  for (const path of ['/etc', '..', '../x', 'a/../..', '.', './', '', '/']) {
    it(`refuses ${JSON.stringify(path)}`, () => {
      expectCode('ERR_MANIFEST_IGNORE_PATH', () => IgnoreRules.from([path]));
    });
  }
});
