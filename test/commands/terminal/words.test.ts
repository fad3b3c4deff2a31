import { expect } from 'chai';
import { LISTS, spreadLists } from '../../../commands/terminal/words.js';
import { cli } from '../../support/cli.js';

const spread = (line: string): string => spreadLists(line.split(' ')).join(' ');

describe('lists on the command line', () => {
  for (const [given, meant] of [
    ['verify m --crl a b', 'verify m --crl a --crl b'],
    ['verify m --crl a b c --json --ocsp d e', 'verify m --crl a --crl b --crl c --json --ocsp d --ocsp e'],
    ['verify m --crl=a b', 'verify m --crl=a --crl b'],
    [
      'certificate verify l --trust-root a b --at 2026-01-01',
      'certificate verify l --trust-root a --trust-root b --at 2026-01-01',
    ],
    ['sign m --certificate-chain a b', 'sign m --certificate-chain a --certificate-chain b'],
    ['load m --trust-root a b -- --crl c d', 'load m --trust-root a --trust-root b -- --crl c d'],
  ] as const) {
    it(`${given}`, () => {
      expect(spread(given)).to.equal(meant);
    });
  }

  for (const line of [
    'verify --crl a b m',
    'verify m --signature a b',
    'verify m --crl a --signature b c',
    'scan a b',
    'scan --policy a b',
    'certificate --crl a b',
    'ca crl a b',
    'verify',
    '',
  ]) {
    it(`are left as they are: ${line}`, () => {
      expect(spread(line)).to.equal(line);
    });
  }

  it('are those that the help of each command calls lists', async () => {
    for (const [command, lists] of Object.entries(LISTS)) {
      const { stdout } = await cli([...command.split(' '), '--help']);
      const options = stdout.replace(/\s+/g, ' ').split(' --').slice(1);
      const named = options
        .filter((text) => text.includes('[array]'))
        .map((text) => /^[a-z-]+/.exec(text)?.[0]);
      expect([...lists].sort(), command).to.deep.equal(named.sort());
    }
  });
});
