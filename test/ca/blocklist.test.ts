import { createPublicKey } from 'node:crypto';
import { expect } from 'chai';
import { join } from 'node:path';
import { openAuthority } from '../../ca/index.js';
import { Blocklist } from '../../ca/blocklist.js';
import { spkiFingerprint, spkiOf } from '../../ca/encode/spki.js';
import { cli } from '../support/cli.js';
import { expectCode, expectCodeAsync } from '../support/errors.js';
import { useTemp } from '../support/temp.js';
import { AT, ada, developerKey, noPassphrase, openNew, save } from './support/authority.js';

/** testECCP256 and testECCP384 of RFC 9500 §2.3: their private halves are in the RFC. */
const PUBLISHED = [
  [
    'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEQiVI+I+3gv+17KN0RFLHKh5Vj71vc75eSOkyMsxFxbFsTNEMTLjVuKFxOelIgsiZJXKZNCX0FBmrfpCkKklCcg==',
    'b2b04340cfaee616ec9c2c62d261b208e54bb197498df52e8cadede23ac0ba5e',
  ],
  [
    'MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEWwkBuIUjKW65GdUP+hqcs3S8TUCVhigr/soRsdla27VHNK9XC/grcijPImvPTCXdvP47GjrTlDDv92Ph1o0uFR2Rcgt3lbWNprNGOWE6j7m1qNpIxnRxF/mRnoQk837I',
    'c4c10105a0be0ed4dd3354428dc38a9bfee64da141ce16e75c94eda272f9dd3a',
  ],
] as const;

describe('ca: blocklists of others', () => {
  const temp = useTemp();
  const home = (): string => join(temp(), 'certs');
  const published = PUBLISHED.map(([base64]) =>
    createPublicKey({ key: Buffer.from(base64, 'base64'), format: 'der', type: 'spki' }),
  );
  const list = (): string =>
    save(
      temp(),
      'list.txt',
      `# RFC 9500\n\n${PUBLISHED.map(([, hash]) => `${hash} a test key`).join('\r\n')}\n`,
    );

  it('names keys as others do: SHA-256 over the SubjectPublicKeyInfo', () => {
    expect(published.map((key) => spkiFingerprint(spkiOf(key)))).to.deep.equal(
      PUBLISHED.map(([, hash]) => hash),
    );
  });

  it('no published key is certified where a list names it', async () => {
    await (await openNew(home())).close();
    const lax = await openAuthority(home(), noPassphrase);
    const strict = await openAuthority(home(), noPassphrase, { blocklists: [list()] });
    for (const publicKey of published) {
      await expectCodeAsync('ERR_CA_KEY_KNOWN', () => strict.issue(ada({ publicKey })));
      await expectCodeAsync('ERR_CA_KEY_KNOWN', () => strict.issueTsa({ publicKey, name: 'TSA', at: AT }));
      expect((await strict.count()).pending).to.equal(0);
    }
    await strict.issue(ada());
    await lax.issue(ada({ publicKey: published[0] as (typeof published)[0] }));
    await lax.close();
    await strict.close();
  });

  it('the list beside the authority always counts, also on the command line', async () => {
    await (await openNew(home(), { at: new Date() })).close();
    save(home(), 'blocklist.txt', `${PUBLISHED[0][1].toUpperCase()}\n`);
    const ca = await openAuthority(home(), noPassphrase);
    const [publicKey] = published;
    await expectCodeAsync('ERR_CA_KEY_KNOWN', () =>
      ca.issue(ada({ at: new Date(), publicKey: publicKey as never })),
    );
    await ca.close();
    const broken = save(temp(), 'broken.txt', 'deadbeef\n');
    const order = [
      'ca',
      'issue',
      '--home',
      home(),
      '--name',
      'Ada',
      '--email',
      'ada@example.org',
      '--no-passphrase',
    ];
    const run = await cli([...order, '--out', join(temp(), 'ada'), '--blocklist', broken, '--json']);
    expect(JSON.parse(run.stdout).error.code).to.equal('ERR_BLOCKLIST');
  });

  it('is read strictly', () => {
    const parse = (text: string): Blocklist => Blocklist.parse(Buffer.from(text), 'list');
    const hash = 'a'.repeat(64);
    for (const text of [hash, `${hash}\n`, `${hash.toUpperCase()}\r\n`, `# x\n${hash}\tDebian\n\n  # y\n`])
      expect(parse(text).size).to.equal(1);
    for (const text of [
      '',
      '# nothing\n',
      `${hash}a\n`,
      hash.slice(1),
      ` ${hash}\n`,
      `${hash} \n${hash};\n`,
      '\u0000\n',
    ])
      expectCode('ERR_BLOCKLIST', () => parse(text));
    expectCode('ERR_BLOCKLIST', () => parse(`# ${'x'.repeat(5000)}\n${hash}\n`));
  });

  it('finds whole hashes only', () => {
    const key = spkiOf(developerKey());
    const hash = spkiFingerprint(key);
    expect(Blocklist.parse(Buffer.from(`${'0'.repeat(64)}\n${hash}`), 'list').has(key)).to.equal(true);
    expect(Blocklist.parse(Buffer.from(`${'0'.repeat(64)}\n# ${hash}\n`), 'list').has(key)).to.equal(false);
  });
});
