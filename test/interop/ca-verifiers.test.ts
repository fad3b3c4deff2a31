import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { KEY_TYPES } from '../../core/keys/index.js';
import { encodePem } from '../../core/pem.js';
import { ada, openNew, save, seconds } from '../ca/support/authority.js';
import { needOpenssl, openssl } from '../support/openssl.js';
import { needPython } from '../support/peers.js';

interface Case {
  readonly name: string;
  readonly root: string;
  readonly issuing: string;
  readonly leaf: string;
  readonly issuingCrl: string;
  readonly rootCrl: string;
}

const program = (name: string): string => fileURLToPath(new URL(`verifiers/${name}`, import.meta.url));

function run(command: string, args: readonly string[]): string {
  const { stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (error) throw error;
  return `${stdout}${stderr}`.trim();
}

/** Skips the test where a program is not here. */
function need(context: Mocha.Context, command: string, ...version: readonly string[]): void {
  if (spawnSync(command, version).status === 0) return;
  console.log(`      skipped: no ${command} here`);
  context.skip();
}

const argumentsOf = ({ root, issuing, leaf, issuingCrl, rootCrl }: Case): string[] => [
  root,
  issuing,
  leaf,
  issuingCrl,
  rootCrl,
];

describe('interop: certificates and CRLs of our CA in other verifiers', () => {
  let folder: string;
  const cases: Case[] = [];
  const names = (): string[] => cases.map(({ name }) => name);

  // A good and a revoked certificate of each key type. GnuTLS judges the present; so do all.
  before(async function () {
    this.timeout(120_000);
    folder = mkdtempSync(join(tmpdir(), 'modelseal-test-'));
    const at = new Date();
    for (const keyType of KEY_TYPES) {
      const home = join(folder, keyType);
      const ca = await openNew(home, {
        at,
        keyType,
        crlUrl: 'http://crl.example.org/',
        ocspUrl: 'http://ocsp.example.org/',
        // With name constraints and without: both must be read as we mean them.
        emailDomains: keyType.startsWith('rsa') ? ['example.org', '.example.net'] : undefined,
      });
      const file = (name: string): string => join(home, name);
      const files = {
        root: file('root.pem'),
        issuing: file('issuing.pem'),
        issuingCrl: file('issuing.crl'),
        rootCrl: file('root.crl'),
      };
      for (const name of ['good', 'revoked']) {
        const { pem, serialNumber: serial } = await ca.issue(ada({ at }));
        if (name === 'revoked') await ca.revoke({ serial, at, reason: 'keyCompromise' });
        cases.push({ ...files, name: `${keyType} ${name}`, leaf: save(home, `${name}.pem`, pem) });
      }
      await ca.publishCrl({ at });
      await ca.close();
    }
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  /** One line of a foreign program for each case. */
  function expectAll(lines: readonly string[]): void {
    expect(cases.map(({ name }, i) => `${name.split(' ')[0]} ${lines[i]}`)).to.deep.equal(names());
  }

  it('OpenSSL', function () {
    needOpenssl(this);
    expectAll(
      cases.map(({ root, issuing, leaf, issuingCrl, rootCrl }) => {
        const crls = ['-crl_check_all', '-CRLfile', issuingCrl, '-CRLfile', rootCrl];
        const { output } = openssl([
          'verify',
          '-x509_strict',
          ...crls,
          '-CAfile',
          root,
          '-untrusted',
          issuing,
          leaf,
        ]);
        if (/: OK\s*$/.test(output)) return 'good';
        return output.includes('certificate revoked') ? 'revoked' : output;
      }),
    );
  });

  it('GnuTLS', function () {
    need(this, 'certtool', '--version');
    expectAll(
      cases.map(({ root, issuing, leaf, issuingCrl, rootCrl }) => {
        const chain = save(folder, 'chain.pem', readFileSync(leaf, 'utf8') + readFileSync(issuing, 'utf8'));
        const pem = [issuingCrl, rootCrl].map((file) => encodePem('X509 CRL', readFileSync(file))).join('');
        const crls = ['--load-crl', save(folder, 'crls.pem', pem)];
        const output = run('certtool', [
          '--verify',
          '--infile',
          chain,
          '--load-ca-certificate',
          root,
          ...crls,
        ]);
        if (/Chain verification output: Verified/.test(output)) return 'good';
        return /revoked/i.test(output) ? 'revoked' : output;
      }),
    );
  });

  it('Go', function () {
    this.timeout(300_000);
    need(this, 'go', 'version');
    const now = seconds(new Date());
    expectAll(run('go', ['run', program('verify.go'), now, ...cases.flatMap(argumentsOf)]).split('\n'));
  });

  it('Java', function () {
    this.timeout(120_000);
    need(this, 'java', '--version');
    const now = seconds(new Date());
    expectAll(run('java', [program('Verify.java'), now, ...cases.flatMap(argumentsOf)]).split('\n'));
  });

  it('Python cryptography', function () {
    const python = needPython(this, 'cryptography');
    expectAll(run(python, [program('verify.py'), ...cases.flatMap(argumentsOf)]).split('\n'));
  });
});
