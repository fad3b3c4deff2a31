import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { type CliResult, cli } from '../support/cli.js';
import { needOpenssl, openssl } from '../support/openssl.js';
import { useTemp } from '../support/temp.js';
import { hasTerminal, onTerminal } from '../support/terminal.js';
import { save } from '../ca/support/authority.js';

const CLI = fileURLToPath(new URL('../../dist/bin/modelseal.cjs', import.meta.url));
const EC = ['--key-type', 'ec-p256'];

interface Failure {
  readonly error: { readonly code: string; readonly hint: string };
}

describe('ca: commands', () => {
  const temp = useTemp();
  const path = (...parts: string[]): string => join(temp(), ...parts);
  const ca = (...args: string[]): Promise<CliResult> =>
    cli(['ca', ...args, '--home', path('certs')], { DEV: 'for the developer' });
  const json = <T>(result: CliResult): T => JSON.parse(result.stdout) as T;
  const secret = (): string[] => ['--passphrase-file', save(temp(), 'secret', 'correct horse\n')];
  const both = (): string[] => [
    ...secret(),
    ...['--root-passphrase-file', save(temp(), 'root-secret', 'battery staple\n')],
  ];
  const ada = ['--name', 'Ada', '--email', 'ada@example.org'];

  /** Asserts a refusal with its exit code, and returns its error as `--json` shows it. */
  async function refused(exit: number, code: string, ...args: string[]): Promise<void> {
    const result = await ca(...args, '--json');
    expect(json<Failure>(result).error.code, result.stdout).to.equal(code);
    expect(json<Failure>(result).error.hint).to.be.a('string').and.not.equal('');
    expect(result.code).to.equal(exit);
  }

  it('go the whole way: init, issue, list, show, revoke, crl', async function () {
    needOpenssl(this);
    const init = await ca('init', '--name', 'Example Corp', ...EC, ...both());
    expect(init.code, init.stderr).to.equal(0);
    expect(init.stdout).to.include(`trust anchor for verifiers: ${path('certs', 'root.pem')}`);
    expect(init.stdout.match(/SHA-256 [0-9a-f]{64}/g)).to.have.length(2);

    const issue = await ca(
      'issue',
      ...ada,
      ...EC,
      '--out',
      path('ada'),
      ...secret(),
      '--key-passphrase-env',
      'DEV',
      '--json',
    );
    expect(issue.code, issue.stderr).to.equal(0);
    const { certificate, files } = json<{ certificate: { serialNumber: string }; files: string[] }>(issue);
    expect(files).to.deep.equal(['key.pem', 'chain.pem', 'cert.pem'].map((name) => path('ada', name)));
    expect(readdirSync(path('ada')).sort()).to.deep.equal(['cert.pem', 'chain.pem', 'key.pem']);
    const opened = openssl([
      'pkey',
      '-in',
      path('ada', 'key.pem'),
      '-passin',
      'pass:for the developer',
      '-noout',
    ]);
    expect(opened.status, opened.output).to.equal(0);

    const list = await ca('list', '--match', 'ada@');
    expect(list.stdout).to.match(new RegExp(`^${certificate.serialNumber}  issued `));
    const show = await ca('show', path('ada', 'cert.pem'));
    expect(show.stdout).to.include('state       issued').and.include('keyUsage (critical)');
    const pem = await ca('show', certificate.serialNumber, '--pem');
    expect(pem.stdout).to.equal(readFileSync(path('ada', 'chain.pem'), 'utf8'));

    const revoke = await ca(
      'revoke',
      certificate.serialNumber.toUpperCase(),
      '--reason',
      'keyCompromise',
      '--json',
    );
    expect(json<{ state: string }>(revoke).state).to.equal('revoked');
    const crl = await ca('crl', ...secret(), '--format', 'pem', '--out', path('list.pem'));
    expect(crl.stdout).to.include('CRL 2 with 1 entries');
    const checked = openssl([
      'crl',
      '-in',
      path('list.pem'),
      '-CAfile',
      path('certs', 'issuing.pem'),
      '-noout',
      '-text',
    ]);
    expect(checked.output).to.include('verify OK').and.include('Key Compromise');
    // The second one replaces the first.
    expect((await ca('crl', ...secret(), '--out', path('list.pem'))).code).to.equal(0);
  });

  it('issue from a request, and say what they did not take over', async () => {
    await ca('init', ...EC, '--no-passphrase');
    const request = await cli(['ca', 'request', ...ada, ...EC, '--out', path('ada'), '--no-passphrase']);
    expect(request.code, request.stderr).to.equal(0);
    const csr = ['--csr', path('ada', 'request.csr')];
    const issue = await ca(
      'issue',
      ...csr,
      '--name',
      'Ada',
      '--uri',
      'urn:example:ada',
      '--out',
      path('ada'),
    );
    expect(issue.code, issue.stderr).to.equal(0);
    expect(issue.stderr).to.include('not taken over from the request: identity ada@example.org');
    expect(readdirSync(path('ada')).sort()).to.deep.equal([
      'cert.pem',
      'chain.pem',
      'key.pem',
      'request.csr',
    ]);
    // The key belongs to the identity that it was certified for; another one takes another key.
    await refused(1, 'ERR_CA_KEY_TAKEN', 'issue', ...csr, '--accept-csr-identities', '--out', path('again'));
    await cli(['ca', 'request', ...ada, ...EC, '--out', path('new'), '--no-passphrase']);
    const fresh = ['--csr', path('new', 'request.csr'), '--accept-csr-identities'];
    const accepted = await ca('issue', ...fresh, '--out', path('again'), '--json');
    expect(json<{ certificate: { identities: string[] } }>(accepted).certificate.identities).to.deep.equal([
      'email:ada@example.org',
    ]);
    await refused(1, 'ERR_CA_KEY_REUSED', 'issue', ...fresh, '--out', path('renewed'));
    expect((await ca('issue', ...fresh, '--reuse-key', '--out', path('renewed'))).code).to.equal(0);
  });

  it('answer bad input with one code per cause, a hint, an exit code, and no leftovers', async () => {
    await refused(3, 'ERR_CA_NOT_FOUND', 'list');
    await refused(64, 'ERR_CA_ROOT_PASSPHRASE_NEEDED', 'init', ...EC);
    await refused(64, 'ERR_USAGE', 'init', ...EC, '--no-passphrase', ...secret());
    await refused(64, 'ERR_OPTION_REPEATED', 'init', '--name', 'a', '--name', 'b', '--no-passphrase');
    await refused(64, 'ERR_USAGE', 'init', '--key-type', 'rsa-1024', '--no-passphrase');
    await refused(64, 'ERR_CA_DAYS', 'init', ...EC, '--crl-days', 'soon', '--no-passphrase');
    expect(readdirSync(temp())).to.deep.equal(['secret']);

    await refused(64, 'ERR_CA_ROOT_PASSPHRASE_NEEDED', 'init', ...EC, ...secret());
    expect((await ca('init', ...EC, ...both())).code).to.equal(0);
    const before = readFileSync(path('certs', 'root.key'), 'utf8');
    await refused(64, 'ERR_CA_EXISTS', 'init', ...EC, ...both());
    expect(readFileSync(path('certs', 'root.key'), 'utf8')).to.equal(before);

    const out = ['--out', path('ada')];
    const wrong = ['--passphrase-file', save(temp(), 'wrong', 'battery staple')];
    await refused(1, 'ERR_PASSPHRASE_WRONG', 'issue', ...ada, ...EC, ...out, '--no-passphrase', ...wrong);
    await refused(64, 'ERR_PASSPHRASE_NEEDED', 'issue', ...ada, ...EC, ...out, '--no-passphrase');
    await refused(64, 'ERR_CA_DEVELOPER_PASSPHRASE_NEEDED', 'issue', ...ada, ...EC, ...out, ...secret());
    await refused(
      3,
      'ERR_FILE_NOT_FOUND',
      'issue',
      ...ada,
      ...out,
      '--no-passphrase',
      '--passphrase-file',
      path('absent'),
    );
    await refused(3, 'ERR_FILE_NOT_FOUND', 'issue', ...ada, ...out, '--csr', path('absent.csr'), ...secret());
    await refused(
      1,
      'ERR_PEM',
      'issue',
      ...ada,
      ...out,
      '--csr',
      save(temp(), 'cut.csr', '-----BEGIN CERTIFICATE REQUEST-----\nMIIB'),
      ...secret(),
    );
    await refused(64, 'ERR_USAGE', 'issue', ...ada, ...secret());
    await refused(64, 'ERR_CA_NAME', 'issue', ...out, '--no-passphrase', ...secret());
    await refused(
      64,
      'ERR_CA_IDENTITY',
      'issue',
      '--name',
      'Ada',
      '--email',
      'ada',
      ...EC,
      ...out,
      '--no-passphrase',
      ...secret(),
    );
    await refused(64, 'ERR_OPTION_REPEATED', 'issue', ...ada, '--name', 'Eve', ...out, ...secret());
    await refused(
      64,
      'ERR_CA_DAYS',
      'issue',
      ...ada,
      ...EC,
      ...out,
      '--days',
      '100000',
      '--no-passphrase',
      ...secret(),
    );
    await refused(
      70,
      'ERR_FILE_UNWRITABLE',
      'issue',
      ...ada,
      ...EC,
      '--out',
      path('secret', 'ada'),
      '--no-passphrase',
      ...secret(),
    );
    await refused(3, 'ERR_CA_KEY_ABSENT', 'crl', '--issuing-key', path('absent.key'), ...secret());
    await refused(64, 'ERR_FILE_EXISTS', 'crl', '--out', path('certs', 'root.key'), ...secret());
    const root = ['--passphrase-file', path('root-secret')];
    await refused(1, 'ERR_CA_KEY_MISMATCH', 'crl', '--issuing-key', path('certs', 'root.key'), ...root);
    await refused(1, 'ERR_PASSPHRASE_WRONG', 'crl', '--issuer', 'root', ...secret());
    expect((await ca('crl', '--issuer', 'root', ...root)).code).to.equal(0);
    await refused(64, 'ERR_SERIAL_NUMBER', 'revoke', 'xyz');
    await refused(3, 'ERR_SERIAL_UNKNOWN', 'revoke', 'abcd');
    await refused(3, 'ERR_FILE_NOT_FOUND', 'show', path('absent.pem'));
    await refused(64, 'ERR_REVOCATION_REASON', 'revoke', 'abcd', '--reason', 'dislike');
    await refused(64, 'ERR_REVOCATION_DATE', 'revoke', 'abcd', '--invalidity-date', 'yesterday');
    expect(existsSync(path('ada'))).to.equal(false);
    expect(json<{ counts: object }>(await ca('list', '--json')).counts).to.deep.equal({
      pending: 0,
      issued: 2,
      revoked: 0,
    });
  });

  it('revoke by file only what this authority issued', async () => {
    await ca('init', ...EC, '--no-passphrase');
    await cli(['ca', 'init', ...EC, '--no-passphrase', '--home', path('other')]);
    await cli([
      'ca',
      'issue',
      ...ada,
      ...EC,
      '--no-passphrase',
      '--home',
      path('other'),
      '--out',
      path('eve'),
    ]);
    await refused(1, 'ERR_CERTIFICATE_FOREIGN', 'revoke', path('eve', 'cert.pem'));
    await ca('issue', ...ada, ...EC, '--no-passphrase', '--out', path('ada'));
    // One octet of the signature differs: the serial number is right, the certificate is not ours.
    const pem = readFileSync(path('ada', 'cert.pem'), 'utf8');
    const at = pem.lastIndexOf('\n-----END') - 8;
    writeFileSync(path('forged.pem'), pem.slice(0, at) + (pem[at] === 'A' ? 'B' : 'A') + pem.slice(at + 1));
    await refused(1, 'ERR_CERTIFICATE_FOREIGN', 'revoke', path('forged.pem'));
    expect((await ca('revoke', path('ada', 'cert.pem'))).code).to.equal(0);
    await refused(1, 'ERR_ALREADY_REVOKED', 'revoke', path('ada', 'cert.pem'));
  });

  it('revoke the issuing CA only after a yes on a terminal, with the root key', async function () {
    this.timeout(60_000);
    if (!hasTerminal()) {
      console.log('      skipped: no python3 to make a terminal');
      this.skip();
    }
    await ca('init', ...EC, '--no-passphrase');
    const list = readFileSync(path('certs', 'root.crl'));
    await refused(1, 'ERR_CA_ROOT_REVOCATION', 'revoke', path('certs', 'root.pem'));
    await refused(1, 'ERR_CA_ISSUING_REVOCATION', 'revoke', path('certs', 'issuing.pem'));
    // Without a terminal there is nobody to ask.
    await refused(1, 'ERR_CA_ISSUING_REVOCATION', 'revoke', path('certs', 'issuing.pem'), '--issuing-ca');
    const command = (...more: string[]): string[] => [
      ...[process.execPath, CLI, 'ca', 'revoke', path('certs', 'issuing.pem')],
      ...['--issuing-ca', '--reason', 'cACompromise', '--home', path('certs'), ...more],
    ];
    const no = onTerminal(command(), [['for good', 'n']]);
    expect(no.status, no.stdout).to.equal(130);
    const keyless = onTerminal(command('--root-key', path('absent.key')), [['for good', 'y']]);
    expect(keyless.stdout).to.include('the root key is not here');
    expect(json<{ state: string }>(await ca('show', path('certs', 'issuing.pem'), '--json')).state).to.equal(
      'issued',
    );
    expect(readFileSync(path('certs', 'root.crl')).equals(list)).to.equal(true);
    const yes = onTerminal(command(), [['for good', 'y']]);
    expect(yes.status, yes.stdout).to.equal(0);
    expect(yes.stdout).to.include('CRL 2 of the root');
    await refused(1, 'ERR_CA_REVOKED', 'issue', ...ada, ...EC, '--no-passphrase', '--out', path('ada'));
  });

  it('preview what a compromised key takes along', async () => {
    await ca('init', ...EC, '--no-passphrase');
    await cli(['ca', 'request', ...ada, ...EC, '--out', path('ada'), '--no-passphrase']);
    const csr = ['--csr', path('ada', 'request.csr'), '--accept-csr-identities', '--reuse-key'];
    for (const out of ['a', 'b']) await ca('issue', ...csr, '--out', path(out));
    const revoke = ['revoke', path('a', 'cert.pem'), '--reason', 'keyCompromise'];
    const preview = json<{ also: unknown[]; state: string }>(await ca(...revoke, '--preview', '--json'));
    expect([preview.also.length, preview.state]).to.deep.equal([1, 'issued']);
    expect((await ca(...revoke)).stdout.match(/^revoked /gm)).to.have.length(2);
    await refused(1, 'ERR_CA_KEY_BLOCKED', 'issue', ...csr, '--out', path('c'));
    const blocked = await ca('block-key', path('ada', 'request.csr'), '--json');
    expect(json<{ revoked: unknown[] }>(blocked).revoked).to.deep.equal([]);
  });

  it('have help with an example each', async () => {
    for (const name of [
      'init',
      'issue',
      'request',
      'list',
      'show',
      'export',
      'revoke',
      'block-key',
      'crl',
      'ocsp',
      'recover',
      'migrate',
    ]) {
      const help = await cli(['ca', name, '--help']);
      expect(help.code, name).to.equal(0);
      expect(help.stdout, name).to.include('Examples:').and.include(`modelseal ca ${name}`);
    }
  });
});
