import { spawnSync } from 'node:child_process';
import { generateKeyPairSync, generatePrimeSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { expect } from 'chai';
import { assemble, certificatePem, encodeTbsCertificate, randomSerial } from '../../ca/encode/certificate.js';
import { basicConstraints } from '../../ca/encode/extensions.js';
import { encodeName } from '../../ca/encode/name.js';
import { spkiOf } from '../../ca/encode/spki.js';
import { weakness } from '../../ca/weak-keys.js';
import { KEY_TYPES, signatureScheme } from '../../core/keys/index.js';
import { encodePem } from '../../core/pem.js';
import { ada, days, developerKey, openNew, save } from '../ca/support/authority.js';
import { needPython, runPython } from '../support/peers.js';

interface Made {
  readonly name: string;
  readonly file: string;
}

/** Sources of zlint's rules that are ours too; the web PKI's (CA/Browser Forum, root programs) bind others. */
const SOURCES = 'RFC3279,RFC5280,RFC5480,RFC5891,RFC8813';

/** All jobs in one process: starting Python and its packages takes longer than the rules. */
const PKILINT = `
import contextlib, importlib, io, json, sys
done = []
for job in json.load(open(sys.argv[1])):
    name, program, *args = job
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        importlib.import_module('pkilint.bin.' + program).main(['lint', '-s', 'WARNING', '-f', 'JSON', *args])
    done.append({'job': job, 'results': json.loads(out.getvalue())['results']})
print(json.dumps(done))
`;

describe('interop: what our CA makes, judged by the linters of others', () => {
  let folder: string;
  const certificates: Made[] = [];
  const chains: { readonly name: string; readonly issuer: string; readonly subject: string }[] = [];
  const crls: (Made & { readonly type: 'CRL' | 'ARL' })[] = [];
  const answers: Made[] = [];

  // Every profile with every key type, with addresses and without; lists with entries and without; all answers.
  before(async function () {
    this.timeout(180_000);
    folder = mkdtempSync(join(tmpdir(), 'modelseal-test-'));
    const at = new Date();
    for (const keyType of KEY_TYPES) {
      for (const addresses of [
        {},
        { crlUrl: 'http://crl.example.org/', ocspUrl: 'http://ocsp.example.org/' },
      ]) {
        const name = `${keyType}${'crlUrl' in addresses ? ' with addresses' : ''}`;
        const home = join(folder, name.replaceAll(' ', '-'));
        const ca = await openNew(home, { at, keyType, ...addresses });
        const path = (file: string): string => join(home, file);
        const revoked = await ca.issue(ada({ at }));
        const good = await ca.issue(ada({ at, uris: ['https://example.org/ada'] }));
        const tsa = await ca.issueTsa({ at, name: 'TSA', publicKey: developerKey() });
        const [leaf, stamps] = [save(home, 'leaf.pem', good.pem), save(home, 'tsa.pem', tsa.pem)];
        for (const file of [path('root.pem'), path('issuing.pem'), leaf, stamps]) {
          certificates.push({ name: `${name} ${file}`, file });
        }
        chains.push({ name, issuer: path('root.pem'), subject: path('issuing.pem') });
        for (const subject of [leaf, stamps]) chains.push({ name, issuer: path('issuing.pem'), subject });
        crls.push({ name, file: save(home, 'empty.crl', readFileSync(path('issuing.crl'))), type: 'CRL' });
        await ca.revoke({ serial: revoked.serialNumber, at, reason: 'keyCompromise', invalidityDate: at });
        await ca.publishCrl({ at });
        crls.push(
          { name, file: path('issuing.crl'), type: 'CRL' },
          { name, file: path('root.crl'), type: 'ARL' },
        );
        for (const { serialNumber } of [revoked, good, ca.issuing.certificate]) {
          const answer = await ca.ocspFor(await ca.find(serialNumber), { at, days: 7 });
          answers.push({ name, file: save(home, `${serialNumber}.ocsp`, answer.der) });
        }
        await ca.close();
      }
    }
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  /** A certificate of ours without its key identifiers: what finds nothing in it finds nothing anywhere. */
  function faulty(): string {
    const spki = spkiOf(developerKey());
    const how = signatureScheme(developerKey()).algorithmIdentifier;
    const subject = encodeName({ organization: 'Example', commonName: 'Ada' });
    const issuer = encodeName({ organization: 'Example', commonName: 'Issuing' });
    const [notBefore, notAfter] = [new Date(), days(90, new Date())];
    const fields = {
      serial: randomSerial(),
      signatureAlgorithm: how,
      issuer,
      notBefore,
      notAfter,
      subject,
      spki,
    };
    const tbs = encodeTbsCertificate({ ...fields, extensions: [basicConstraints(false)] });
    return save(folder, 'faulty.pem', certificatePem(assemble(tbs, how, Uint8Array.of(0x30, 0))));
  }

  it('zlint finds nothing', function () {
    this.timeout(300_000);
    const zlint = process.env.MODELSEAL_ZLINT ?? 'zlint';
    if (spawnSync(zlint, ['-version']).status !== 0) {
      console.log('      skipped: no zlint (set MODELSEAL_ZLINT to its binary)');
      return this.skip();
    }
    const lists = crls.map(({ name, file }) => ({
      name,
      file: save(dirname(file), `${basename(file)}.pem`, encodePem('X509 CRL', readFileSync(file))),
    }));
    const findings = (file: string): unknown[] => {
      const { stdout, stderr } = spawnSync(zlint, ['-includeSources', SOURCES, file], { encoding: 'utf8' });
      const results = Object.entries(JSON.parse(stdout) as Record<string, { result: string }>);
      expect(results.length, stderr).to.be.greaterThan(5);
      return results.filter(([, { result }]) => !['pass', 'NA', 'NE'].includes(result));
    };
    expect(findings(faulty())).to.not.deep.equal([]);
    for (const { name, file } of [...certificates, ...lists]) {
      expect(findings(file), `${name} ${file}`).to.deep.equal([]);
    }
  });

  it('pkilint finds nothing', function () {
    this.timeout(600_000);
    const python = needPython(this, 'pkilint');
    const jobs: (readonly [name: string, program: string, ...args: string[]])[] = [
      ...certificates.map(({ name, file }) => [name, 'lint_pkix_cert', file] as const),
      ...chains.map(
        ({ name, issuer, subject }) => [name, 'lint_pkix_signer_signee_cert_chain', issuer, subject] as const,
      ),
      ...crls.map(({ name, file, type }) => [name, 'lint_crl', '-t', type, '-p', 'PKIX', file] as const),
      ...answers.map(({ name, file }) => [name, 'lint_ocsp_response', file] as const),
      ['faulty', 'lint_pkix_cert', faulty()],
    ];
    const { status, output } = runPython(python, PKILINT, [save(folder, 'jobs.json', JSON.stringify(jobs))]);
    expect(status, output).to.equal(0);
    const judged = JSON.parse(output) as { job: string[]; results: unknown[] }[];
    expect(judged).to.have.length(jobs.length);
    expect(judged.pop()?.results, 'faulty').to.not.deep.equal([]);
    for (const { job, results } of judged) expect(results, job.join(' ')).to.deep.equal([]);
  });
});

const prime = (bits: number): bigint => generatePrimeSync(bits, { bigint: true });

/** Miller and Rabin with the first primes as bases; enough to build a fixture. */
function isPrime(n: bigint): boolean {
  let d = n - 1n;
  let twos = 0;
  for (; d % 2n === 0n; d /= 2n) twos++;
  return [2n, 3n, 5n, 7n, 11n, 13n, 17n].every((base) => {
    let x = power(base, d, n);
    if (x === 1n || x === n - 1n) return true;
    for (let i = 1; i < twos; i++) {
      x = (x * x) % n;
      if (x === n - 1n) return true;
    }
    return false;
  });
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let b = base % modulus, e = exponent; e > 0n; e >>= 1n) {
    if (e & 1n) result = (result * b) % modulus;
    b = (b * b) % modulus;
  }
  return result;
}

/** A prime as the library of Infineon made them: k·M + (65537^a mod M), M the product of the first 126 primes. */
function rocaPrime(): bigint {
  let m = 1n;
  for (let n = 2, count = 0; count < 126; n++) {
    if ([...Array(n).keys()].slice(2).every((d) => n % d !== 0)) {
      m *= BigInt(n);
      count++;
    }
  }
  for (;;) {
    const k = prime(48) + BigInt(Math.floor(Math.random() * 1e6));
    const candidate = k * m + power(65_537n, prime(60), m);
    if (isPrime(candidate)) return candidate;
  }
}

/** The prime after a number. */
function nextPrime(from: bigint): bigint {
  let n = from + 2n;
  while (!isPrime(n)) n += 2n;
  return n;
}

const CLOSE = prime(1024);

/** The check of badkeys that objects; `lax` is why ours does not. */
const MODULI: readonly [what: string, modulus: () => bigint, check: RegExp | undefined, lax?: string][] = [
  ['an ordinary key', () => prime(1024) * prime(1024), undefined],
  [
    'a key of OpenSSL',
    () => {
      const { n = '' } = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({
        format: 'jwk',
      });
      return BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`);
    },
    undefined,
  ],
  ['a factor of 3', () => prime(2046) * 3n, /smallfactors/],
  ['a factor of 751', () => prime(2038) * 751n, /smallfactors/],
  [
    'a factor of 65,521',
    () => prime(2032) * 65_521n,
    /smallfactors/,
    'CA/Browser Forum BR §6.1.6 draws the line at 752; all primes below 65,537 cost more than the certificate',
  ],
  ['an even modulus', () => prime(2047) * 2n, /smallfactors|rsainvalid/],
  ['primes next to each other', () => CLOSE * nextPrime(CLOSE), /fermat/],
  ['a square', () => CLOSE * CLOSE, /fermat|rsainvalid/],
  ['ROCA', () => rocaPrime() * rocaPrime(), /roca/],
];

describe('interop: weak moduli, as badkeys sees them', () => {
  for (const [what, modulus, check, lax] of MODULI) {
    it(what, function () {
      this.timeout(60_000);
      const python = needPython(this, 'badkeys');
      const n = modulus();
      const folder = mkdtempSync(join(tmpdir(), 'modelseal-test-'));
      try {
        const file = save(folder, 'moduli.txt', `${n.toString(16)}\n`);
        const checks = 'fermat,roca,rsainvalid,smallfactors';
        const badkeys = join(dirname(python), 'badkeys');
        const { stdout, stderr, error } = spawnSync(badkeys, ['-m', '-c', checks, file], {
          encoding: 'utf8',
        });
        if (error) throw error;
        if (check === undefined) expect(stdout, stderr).to.equal('');
        else expect(stdout, stderr).to.match(check);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
      if (check === undefined || lax !== undefined) expect(weakness(n)).to.equal(undefined);
      else expect(weakness(n)).to.be.a('string');
    });
  }
});
