import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { crossCertifyInto, openAuthority } from '../../ca/index.js';
import { readCertificates } from '../../core/x509/index.js';
import { cli } from '../support/cli.js';
import { expectCodeAsync } from '../support/errors.js';
import { needOpenssl, openssl } from '../support/openssl.js';
import { useTemp } from '../support/temp.js';
import { ada, noPassphrase, openNew, save } from './support/authority.js';

describe('ca: cross-certificates', function () {
  this.timeout(60_000);
  const temp = useTemp();
  const path = (...parts: string[]): string => join(temp(), ...parts);
  const at = new Date();

  it('both ways: who trusts one root alone accepts what is signed under the other', async function () {
    needOpenssl(this);
    for (const home of ['old', 'new']) {
      const ca = await openNew(path(home), { at });
      await ca.close();
      const leaf = [
        '--name',
        'Ada',
        '--email',
        'ada@example.org',
        '--no-passphrase',
        '--key-type',
        'ec-p256',
      ];
      const issued = await cli(['ca', 'issue', '--home', path(home), ...leaf, '--out', path(`ada-${home}`)]);
      expect(issued.code, issued.stderr).to.equal(0);
      writeFileSync(path(`${home}.bin`), `a model of ${home}`);
      const signed = await cli([
        ...['sign', path(`${home}.bin`), '--private-key', path(`ada-${home}`, 'key.pem')],
        ...[
          '--signing-certificate',
          path(`ada-${home}`, 'cert.pem'),
          '--certificate-chain',
          path(`ada-${home}`, 'chain.pem'),
        ],
        ...['--signature', path(`${home}.sig`)],
      ]);
      expect(signed.code, signed.stderr).to.equal(0);
    }
    for (const [root, other] of [
      ['old', 'new'],
      ['new', 'old'],
    ] as const) {
      const cross = path(`${other}-by-${root}.pem`);
      const made = await cli([
        ...[
          'ca',
          'cross-certify',
          path(other, 'issuing.pem'),
          '--home',
          path(root),
          '--out',
          cross,
          '--json',
        ],
      ]);
      expect(made.code, made.stdout).to.equal(0);
      const serial: string = JSON.parse(made.stdout).certificate.serialNumber;
      const lists = [path(root, 'root.crl'), path(other, 'issuing.crl')];
      const verified = openssl([
        ...['verify', '-x509_strict', '-crl_check_all', ...lists.flatMap((file) => ['-CRLfile', file])],
        ...['-CAfile', path(root, 'root.pem'), '-untrusted', cross, path(`ada-${other}`, 'cert.pem')],
      ]);
      expect(verified.output).to.match(/: OK/);
      const verify = (...more: string[]) =>
        cli([
          ...['verify', path(`${other}.bin`), '--signature', path(`${other}.sig`), '--json'],
          ...['--trust-root', path(root, 'root.pem'), ...lists.flatMap((file) => ['--crl', file]), ...more],
        ]);
      expect((await verify()).code).to.equal(1);
      const accepted = await verify('--intermediates', cross);
      expect(accepted.code, accepted.stdout).to.equal(0);
      // It ends as any certificate of the root does.
      const revoked = await cli([
        'ca',
        'revoke',
        serial,
        '--home',
        path(root),
        '--reason',
        'cessationOfOperation',
      ]);
      expect(revoked.stdout).to.include('modelseal ca crl --issuer root');
      expect((await cli(['ca', 'crl', '--issuer', 'root', '--home', path(root)])).code).to.equal(0);
      const refused = await verify('--intermediates', cross);
      expect(refused.code).to.equal(1);
      expect(refused.stdout).to.include('"ERR_REVOKED"');
    }
  });

  it('keeps limits: purposes, domains, the life of both', async () => {
    const old = await openNew(path('old'), { at, emailDomains: ['example.org', 'example.com'] });
    const next = await openNew(path('new'), { at, emailDomains: ['example.org', 'example.net'] });
    const made = await crossCertifyInto(old, {
      certificate: path('new', 'issuing.pem'),
      out: path('x.pem'),
      at,
    });
    expect(made.nameConstraints?.permitted).to.deep.equal([{ type: 'email', value: 'example.org' }]);
    expect(made.extKeyUsage).to.have.length(3);
    expect(made.basicConstraints).to.deep.equal({ ca: true, pathLength: 0 });
    expect(made.notAfter).to.deep.equal(next.issuing.certificate.notAfter);
    expect(made.subject.raw).to.deep.equal(next.issuing.certificate.subject.raw);
    expect((await old.find(made.serialNumber)).issuer).to.equal('root');
    expect(readCertificates(path('x.pem'))).to.have.length(1);
    await next.close();
    await old.close();
  });

  it('refuses a root, a developer, its own CA, another organisation, no common domain, and to write over a file', async () => {
    const old = await openNew(path('old'), { at, emailDomains: ['example.org'] });
    const next = await openNew(path('new'), { at });
    const leaf = await next.issue(ada({ at }));
    await next.close();
    await (await openNew(path('foreign'), { at, organization: 'Eve' })).close();
    await (await openNew(path('apart'), { at, emailDomains: ['example.net'] })).close();
    const cases: [string, Parameters<typeof expectCodeAsync>[0]][] = [
      [path('new', 'root.pem'), 'ERR_CROSS_NOT_CA'],
      [save(temp(), 'leaf.pem', leaf.pem), 'ERR_CROSS_NOT_CA'],
      [path('old', 'issuing.pem'), 'ERR_CA_OWN_KEY'],
      [path('foreign', 'issuing.pem'), 'ERR_LINT'],
      [path('apart', 'issuing.pem'), 'ERR_CROSS_DOMAINS'],
    ];
    for (const [certificate, code] of cases) {
      await expectCodeAsync(code, () => crossCertifyInto(old, { certificate, out: path('x.pem'), at }));
      expect(existsSync(path('x.pem')), code).to.equal(false);
    }
    expect((await old.count()).pending).to.equal(0);
    const order = { certificate: path('new', 'issuing.pem'), out: path('leaf.pem'), at };
    await expectCodeAsync('ERR_FILE_EXISTS', () => crossCertifyInto(old, order));
    await old.close();
    const reader = await openAuthority(path('old'), noPassphrase, { access: 'read' });
    expect((await reader.count()).issued).to.equal(2);
    await reader.close();
  });
});
