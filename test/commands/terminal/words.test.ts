import { expect } from 'chai';
import { COMMANDS } from '../../../commands/all.js';
import { type CommandContext, listsOf } from '../../../commands/terminal/index.js';
import { spreadLists } from '../../../commands/terminal/words.js';

const context = {} as CommandContext;
const load = async (name: string) => (await COMMANDS.find((c) => c.name === name)?.load())?.default(context);

async function spread(line: string): Promise<string> {
  const words = line.split(' ');
  const command = await load(words[0] ?? '');
  const lists = command && listsOf(command, words);
  return (lists ? spreadLists(words, lists) : words).join(' ');
}

describe('lists on the command line', () => {
  for (const [given, meant] of [
    ['verify m --crl a b', 'verify m --crl a --crl b'],
    ['verify m --crl a b c --json --ocsp d e', 'verify m --crl a --crl b --crl c --json --ocsp d --ocsp e'],
    ['verify m --crl=a b', 'verify m --crl=a --crl b'],
    [
      'certificate verify l --trust-root a b --at 2026-01-01',
      'certificate verify l --trust-root a --trust-root b --at 2026-01-01',
    ],
    ['quarantine restore i --crl a b', 'quarantine restore i --crl a --crl b'],
    ['convert m.pt --allow-class a.B c.D', 'convert m.pt --allow-class a.B --allow-class c.D'],
    ['sign m --certificate-chain a b', 'sign m --certificate-chain a --certificate-chain b'],
    ['load m --trust-root a b -- --crl c d', 'load m --trust-root a --trust-root b -- --crl c d'],
  ] as const) {
    it(`${given}`, async () => {
      expect(await spread(given)).to.equal(meant);
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
    'ca issue --email a b',
    'run app --signed a b',
    'certificate verify --crl a b',
    'verify',
    '',
  ]) {
    it(`are left as they are: ${line}`, async () => {
      expect(await spread(line)).to.equal(line);
    });
  }
});
