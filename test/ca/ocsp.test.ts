import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { OcspResponse } from '../../core/x509/ocsp.js';
import { cli } from '../support/cli.js';
import { expectCodeAsync } from '../support/errors.js';
import { needOpenssl, openssl } from '../support/openssl.js';
import { useTemp } from '../support/temp.js';
import { AT, ada, days, openNew, save, seconds } from './support/authority.js';

describe('ca: OCSP responses', () => {
  const temp = useTemp();
  const home = (): string => join(temp(), 'certs');

  for (const keyType of ['rsa-2048', 'ec-p256'] as const) {
    it(`answers what OpenSSL asks, and OpenSSL believes it (${keyType})`, async function () {
      needOpenssl(this);
      const ca = await openNew(home(), { keyType });
      const good = await ca.issue(ada());
      const bad = await ca.issue(ada());
      await ca.revoke({ serial: bad.serialNumber, at: AT, reason: 'keyCompromise' });
      const leafs = [save(temp(), 'good.pem', good.pem), save(temp(), 'bad.pem', bad.pem)];
      const issuing = join(home(), 'issuing.pem');
      const asked = join(temp(), 'request.der');
      const names = leafs.flatMap((file) => ['-cert', file]);
      expect(
        openssl(['ocsp', '-issuer', issuing, ...names, '-serial', '0x77', '-reqout', asked]).status,
      ).to.equal(0);
      const made = await ca.answerOcsp(readFileSync(asked), 'issuing', { at: AT, days: 2 });
      expect(made.statements.map(({ status }) => status)).to.deep.equal(['good', 'revoked', 'unknown']);
      const answer = save(temp(), 'response.der', made.der);
      const checked = openssl([
        ...[
          'ocsp',
          '-no_nonce',
          '-respin',
          answer,
          '-reqin',
          asked,
          '-issuer',
          issuing,
          ...names,
          '-CAfile',
          join(home(), 'root.pem'),
        ],
        ...['-verify_other', issuing, '-attime', seconds(AT), '-validity_period', String(10 * 366 * 86_400)],
      ]);
      expect(checked.output).to.include('Response verify OK');
      expect(checked.output).to.match(/good\.pem: good/);
      expect(checked.output)
        .to.match(/bad\.pem: revoked/)
        .and.include('Reason: keyCompromise');

      const decoded = OcspResponse.decode(made.der);
      expect(decoded.nonce).to.have.length.greaterThan(0);
      expect(decoded.isResponder(ca.issuing.certificate)).to.equal(true);
      expect(decoded.answers.map(({ status }) => status.type)).to.deep.equal(['good', 'revoked', 'unknown']);
      expect(decoded.answers[0]?.nextUpdate).to.deep.equal(days(2));
      await ca.close();
    });
  }

  it('speaks for its own certificates only, and refuses what is no request', async () => {
    const ca = await openNew(home());
    const root = await ca.ocspFor(await ca.find(ca.issuing.certificate.serialNumber), { at: AT, days: 7 });
    expect(root.statements.map(({ status }) => status)).to.deep.equal(['good']);
    expect(OcspResponse.decode(root.der).isResponder(ca.root.certificate)).to.equal(true);
    await expectCodeAsync('ERR_DER', () =>
      ca.answerOcsp(Buffer.from('nonsense'), 'issuing', { at: AT, days: 7 }),
    );
    await expectCodeAsync('ERR_CA_DAYS', async () =>
      ca.ocspFor(await ca.find(ca.issuing.certificate.serialNumber), { at: AT, days: 0 }),
    );
    await ca.close();
  });

  it('is reachable from the command line', async () => {
    const run = (...args: string[]) => cli(['ca', ...args, '--home', home()]);
    await run('init', '--key-type', 'ec-p256', '--no-passphrase');
    const out = join(temp(), 'ada');
    await run(
      'issue',
      '--name',
      'Ada',
      '--email',
      'a@example.org',
      '--key-type',
      'ec-p256',
      '--no-passphrase',
      '--out',
      out,
    );
    const made = await run('ocsp', join(out, 'cert.pem'), '--out', join(temp(), 'ada.ocsp'));
    expect(made.stdout, made.stderr).to.match(/^[0-9a-f]{40} {2}good\n/);
    expect((await run('ocsp', '--out', join(temp(), 'x'))).code).to.equal(64);
  });
});
