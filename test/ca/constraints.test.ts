import { join } from 'node:path';
import { expect } from 'chai';

import { readCertificates } from '../../core/x509/index.js';
import { cli } from '../support/cli.js';
import { expectCodeAsync } from '../support/errors.js';
import { needOpenssl, openssl } from '../support/openssl.js';
import { useTemp } from '../support/temp.js';
import { AT, ada, developerKey, openNew, save } from './support/authority.js';

describe('ca: what an issuing CA is limited to', () => {
  const temp = useTemp();
  const home = (): string => join(temp(), 'certs');

  it('a stolen issuing key makes no web server, and no mailbox outside of its domains', async function () {
    needOpenssl(this);
    const ca = await openNew(home(), { at: new Date(), emailDomains: ['Example.org'] });
    await ca.close();
    const forge = (name: string, ...extensions: string[]): string => {
      const file = join(temp(), `${name}.pem`);
      const config = save(
        temp(),
        `${name}.cnf`,
        `[v3]\nbasicConstraints=critical,CA:FALSE\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n${extensions.join('\n')}\n`,
      );
      const key = join(temp(), `${name}.key`);
      openssl([
        'req',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-keyout',
        key,
        '-subj',
        '/O=x/CN=x',
        '-out',
        `${file}.csr`,
      ]);
      const made = openssl([
        ...[
          'x509',
          '-req',
          '-in',
          `${file}.csr`,
          '-CA',
          join(home(), 'issuing.pem'),
          '-CAkey',
          join(home(), 'issuing.key'),
        ],
        ...['-days', '30', '-extfile', config, '-extensions', 'v3', '-out', file],
      ]);
      expect(made.status, made.output).to.equal(0);
      return file;
    };
    const verify = (file: string, purpose: string): string =>
      openssl([
        ...['verify', '-attime', String(Math.floor(Date.now() / 1000) + 60), '-purpose', purpose],
        ...['-CAfile', join(home(), 'root.pem'), '-untrusted', join(home(), 'issuing.pem'), file],
      ]).output;
    const server = forge('server', 'extendedKeyUsage=serverAuth', 'subjectAltName=DNS:example.org');
    expect(verify(server, 'sslserver')).to.match(/unsuitable certificate purpose/);
    const inside = forge(
      'inside',
      'extendedKeyUsage=codeSigning',
      'keyUsage=critical,digitalSignature',
      'subjectAltName=email:eve@example.org',
    );
    expect(verify(inside, 'any')).to.match(/: OK/);
    const outside = forge(
      'outside',
      'extendedKeyUsage=codeSigning',
      'keyUsage=critical,digitalSignature',
      'subjectAltName=email:eve@example.com',
    );
    expect(verify(outside, 'any')).to.match(/permitted subtree violation/);
  });

  it('is kept by the authority itself, and does not concern URIs and time-stamp authorities', async () => {
    const ca = await openNew(home(), { emailDomains: ['example.org', '.example.net'] });
    const emails = (...all: string[]) => ca.issue(ada({ emails: all }));
    await emails('ada@example.org', 'ada@EXAMPLE.org', 'ada@a.b.example.net');
    await ca.issue(ada({ emails: [], uris: ['https://example.com/ada'] }));
    await ca.issueTsa({ publicKey: developerKey(), name: 'TSA', at: AT });
    for (const foreign of ['ada@example.com', 'ada@a.example.org', 'ada@example.net', 'ada@badexample.org']) {
      const { message } = await expectCodeAsync('ERR_LINT', () => emails('ada@example.org', foreign));
      expect(message).to.include(`${foreign} lies outside of example.org, .example.net`);
    }
    await ca.close();
  });

  it('is said at init, and wrong domains are refused before anything is made', async () => {
    const init = (...args: string[]) =>
      cli(['ca', 'init', '--home', home(), '--no-passphrase', '--key-type', 'ec-p256', ...args]);
    const wrong = await init('--permit-email-domain', 'ada@example.org', '--json');
    expect(wrong.code).to.equal(64);
    expect(JSON.parse(wrong.stdout).error.code).to.equal('ERR_CA_EMAIL_DOMAIN');
    const made = await init('--permit-email-domain', 'example.org', '--permit-email-domain', '.example.org');
    expect(made.code, made.stderr).to.equal(0);
    const [issuing] = readCertificates(join(home(), 'issuing.pem'));
    expect(issuing?.nameConstraints?.permitted).to.deep.equal([
      { type: 'email', value: 'example.org' },
      { type: 'email', value: '.example.org' },
    ]);
    expect(issuing?.extKeyUsage).to.have.length(3);
    const [root] = readCertificates(join(home(), 'root.pem'));
    expect(root?.extKeyUsage).to.equal(undefined);
    expect(root?.nameConstraints).to.equal(undefined);
  });
});
