import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { TimestampToken } from '../../core/timestamp/index.js';
import { readCertificates, readTrustAnchors, verifyModel } from '../../loader/index.js';
import { editBundle } from '../support/edit-bundle.js';
import { needOpenssl, openssl } from '../support/openssl.js';
import { publisher, writeModel } from '../support/signed-model.js';
import { useTemp } from '../support/temp.js';

const DAY = 86_400_000;

/** A CA and a time-stamp authority of OpenSSL's own making. */
function opensslTsa(
  folder: string,
  config: string,
  newkey: readonly string[],
): (...args: string[]) => string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'serial'), '01');
  writeFileSync(
    join(folder, 'ts.cnf'),
    `[req]
distinguished_name = dn
[dn]
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = tsa1
[tsa1]
serial = ${folder}/serial
signer_cert = ${folder}/tsa.pem
certs = ${folder}/root.pem
signer_key = ${folder}/tsa.key
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1, millisecs:500, microsecs:100
${config}
`,
  );
  const run = (...args: string[]): string => {
    const { status, output } = openssl(args);
    expect(status, output).to.equal(0);
    return output;
  };
  const at = (name: string): string => join(folder, name);
  const configured = ['-config', at('ts.cnf')];
  run(
    'req',
    '-x509',
    '-nodes',
    ...newkey,
    '-keyout',
    at('root.key'),
    '-out',
    at('root.pem'),
    '-subj',
    '/CN=OpenSSL Root',
    '-extensions',
    'ca',
    ...configured,
  );
  run(
    'req',
    '-x509',
    '-nodes',
    ...newkey,
    '-keyout',
    at('tsa.key'),
    '-out',
    at('tsa.pem'),
    '-subj',
    '/CN=OpenSSL TSA',
    '-CA',
    at('root.pem'),
    '-CAkey',
    at('root.key'),
    '-extensions',
    'leaf',
    ...configured,
  );
  return run;
}

describe('time stamps of openssl ts', () => {
  const temp = useTemp();
  const now = new Date();
  const pub = publisher({
    notBefore: new Date(Math.floor(now.getTime() / 1000) * 1000 - DAY),
    notAfter: new Date(Math.floor(now.getTime() / 1000) * 1000 + 2 * DAY),
  });
  const RSA = ['-newkey', 'rsa:2048'];
  const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384'];

  for (const [name, config, newkey, query] of [
    ['ESSCertID with SHA-1', 'signer_digest = sha256\ness_cert_id_alg = sha1', RSA, ['-sha256', '-cert']],
    [
      'ESSCertIDv2 with its chain',
      'signer_digest = sha256\ness_cert_id_alg = sha256\ness_cert_id_chain = yes',
      RSA,
      ['-sha384', '-cert'],
    ],
    [
      'ESSCertIDv2 with SHA-512, a fraction of a second, its name, an order',
      'signer_digest = sha384\ness_cert_id_alg = sha512\nclock_precision_digits = 3\ntsa_name = yes\nordering = yes',
      EC,
      ['-sha512', '-cert'],
    ],
    [
      'no certificate inside',
      'signer_digest = sha512\ness_cert_id_alg = sha256',
      RSA,
      ['-sha256', '-no_nonce'],
    ],
  ] as const) {
    it(`are accepted: ${name}`, async function () {
      this.timeout(20_000);
      needOpenssl(this);
      const model = writeModel(join(temp(), 'model'));
      await pub.sign(model, { at: now });
      const folder = join(temp(), 'tsa');
      const run = opensslTsa(folder, config, newkey);
      const at = (file: string): string => join(folder, file);
      const file = join(model, 'model.sig');
      const { sig } = JSON.parse(readFileSync(file, 'utf8')).dsseEnvelope.signatures[0];
      writeFileSync(at('signature'), Buffer.from(sig, 'base64'));
      run('ts', '-query', '-data', at('signature'), ...query, '-out', at('q.tsq'));
      for (const form of [[], ['-token_out']]) {
        run('ts', '-reply', '-config', at('ts.cnf'), '-queryfile', at('q.tsq'), ...form, '-out', at('r.tsr'));
        const answer = readFileSync(at('r.tsr'));
        editBundle(file, (bundle) => {
          bundle.verificationMaterial.timestampVerificationData = {
            rfc3161Timestamps: [{ signedTimestamp: answer.toString('base64') }],
          };
        });
        const { accuracyMs, policy } = TimestampToken.decode(new Uint8Array(answer)).info;
        expect({ accuracyMs, policy }).to.deep.equal({ accuracyMs: 1501, policy: '1.2.3.4.1' });
        const { report } = await verifyModel(model, {
          at: new Date(now.getTime() + 20 * DAY),
          trustRoots: pub.trustRoots,
          // The certificate of the authority is at hand where the token does not bring it.
          intermediates: readCertificates(at('tsa.pem')),
          tsaRoots: readTrustAnchors([at('root.pem')]),
        });
        expect(report.verdict).to.equal('accepted');
      }
    });
  }
});
