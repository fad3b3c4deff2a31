import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { expect } from 'chai';
import { openAuthority } from '../../ca/index.js';
import { readKeyOf } from '../../ca/key-of.js';
import { expectCode, expectCodeAsync } from '../support/errors.js';
import { useTemp } from '../support/temp.js';
import { AT, ada, developerKey, noPassphrase, openNew, save } from './support/authority.js';

const eve = { name: 'Eve', emails: ['eve@example.org'] };

describe('ca: keys', () => {
  const temp = useTemp();
  const home = (): string => join(temp(), 'certs');

  it('a key belongs to one identity, and has one certificate unless told', async () => {
    const ca = await openNew(home());
    const publicKey = developerKey();
    const { serialNumber: serial } = await ca.issue(ada({ publicKey }));
    const reused = await expectCodeAsync('ERR_CA_KEY_REUSED', () => ca.issue(ada({ publicKey })));
    expect(reused.details.serial).to.equal(serial);
    const taken = await expectCodeAsync('ERR_CA_KEY_TAKEN', () =>
      ca.issue(ada({ publicKey, ...eve, reuseKey: true })),
    );
    expect(taken.details.owner).to.deep.equal(['email:ada@example.org']);
    await ca.issue(ada({ publicKey, reuseKey: true }));
    await ca.close();
  });

  it('two requests at once for one key: one is the first', async () => {
    const ca = await openNew(home());
    const other = await openAuthority(home(), noPassphrase);
    const publicKey = developerKey();
    const results = await Promise.allSettled([
      ca.issue(ada({ publicKey })),
      ca.issue(ada({ publicKey, ...eve })),
      other.issue(ada({ publicKey, ...eve })),
    ]);
    expect(results.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
    await other.close();
    await ca.close();
  });

  it('a compromised key is never certified again, and all of its certificates are revoked together', async () => {
    const ca = await openNew(home());
    const publicKey = developerKey();
    const issue = () => ca.issue(ada({ publicKey, reuseKey: true }));
    const [first, second, third] = [await issue(), await issue(), await issue()];
    await ca.revoke({ serial: second.serialNumber, at: AT, reason: 'superseded' });
    const { keyFingerprint } = await ca.find(first.serialNumber);
    expect(await ca.ofSameKey(keyFingerprint)).to.have.length(3);
    const revoked = await ca.revoke({ serial: third.serialNumber, at: AT, reason: 'keyCompromise' });
    expect(revoked.map(({ serial }) => serial)).to.deep.equal(
      [third, first, second].map(({ serialNumber }) => serialNumber),
    );
    for (const { revocation } of await ca.ofSameKey(keyFingerprint)) {
      expect(revocation?.reason).to.equal('keyCompromise');
    }
    await expectCodeAsync('ERR_CA_KEY_BLOCKED', issue);
    await expectCodeAsync('ERR_CA_KEY_BLOCKED', () => ca.issue(ada({ publicKey, ...eve })));
    expect((await ca.crl({ at: AT })).entries).to.equal(3);
    await ca.close();
  });

  it('other reasons leave the key free', async () => {
    const ca = await openNew(home());
    const publicKey = developerKey();
    const { serialNumber: serial } = await ca.issue(ada({ publicKey }));
    expect(await ca.revoke({ serial, at: AT, reason: 'superseded' })).to.have.length(1);
    await ca.issue(ada({ publicKey, reuseKey: true }));
    await ca.close();
  });

  it('a key that was never certified here can be blocked; its own keys cannot', async () => {
    const ca = await openNew(home());
    const publicKey = developerKey();
    expect(await ca.blockKey({ publicKey, at: AT })).to.deep.equal([]);
    await expectCodeAsync('ERR_CA_KEY_BLOCKED', () => ca.issue(ada({ publicKey })));
    const held = developerKey();
    const { serialNumber } = await ca.issue(ada({ publicKey: held }));
    expect((await ca.blockKey({ publicKey: held, at: AT })).map(({ serial }) => serial)).to.deep.equal([
      serialNumber,
    ]);
    const own = ca.issuing.certificate.publicKey();
    await expectCodeAsync('ERR_CA_OWN_KEY', () => ca.blockKey({ publicKey: own, at: AT }));
    await ca.close();
  });

  it('is read from a public key, a certificate or a request, never from a private key', async () => {
    const ca = await openNew(home());
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { pem, certificate } = await ca.issue(ada({ publicKey }));
    await ca.close();
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    const same = (file: string): void => {
      expect(readKeyOf(file).export({ type: 'spki', format: 'der' })).to.deep.equal(spki);
    };
    same(save(temp(), 'key.pem', publicKey.export({ type: 'spki', format: 'pem' })));
    same(save(temp(), 'key.der', spki));
    same(save(temp(), 'cert.pem', pem));
    same(save(temp(), 'cert.der', certificate.raw));
    const secret = save(temp(), 'secret.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }));
    expectCode('ERR_PEM', () => readKeyOf(secret));
  });
});
