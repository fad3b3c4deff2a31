import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { createRequest } from '../../ca/csr/create.js';
import { requireSecondReader } from '../../ca/csr/second-reader.js';
import { CertificateRequest, issueInto, readRequest, requestInto } from '../../ca/index.js';
import { context, der } from '../../core/der/index.js';
import { KEY_TYPES, signingKey } from '../../core/keys/index.js';
import { decodePem, encodePem } from '../../core/pem.js';
import { expectCode, expectCodeAsync } from '../support/errors.js';
import { needOpenssl, openssl } from '../support/openssl.js';
import { useTemp } from '../support/temp.js';
import { AT, openNew, save } from './support/authority.js';

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const RSA_SHA256 = der.sequence(der.oid('1.2.840.113549.1.1.11'), der.nullValue());
const RSA_SHA1 = der.sequence(der.oid('1.2.840.113549.1.1.5'), der.nullValue());
const ECDSA_SHA256 = der.sequence(der.oid('1.2.840.10045.4.3.2'));

interface Parts {
  key?: { publicKey: KeyObject; privateKey: KeyObject };
  signer?: KeyObject;
  algorithm?: Uint8Array;
  hash?: string;
  attributes?: Uint8Array[];
  version?: number;
}

/** A request by hand, so that each fault can be made on its own. */
function build(parts: Parts = {}): Uint8Array {
  const key = parts.key ?? ec;
  const info = der.sequence(
    der.integer(parts.version ?? 0),
    der.sequence(der.setOf(der.sequence(der.oid('2.5.4.3'), der.utf8String('Ada')))),
    key.publicKey.export({ type: 'spki', format: 'der' }),
    der.element(context(0), ...(parts.attributes ?? [])),
  );
  const signature = sign(parts.hash ?? 'sha256', info, parts.signer ?? key.privateKey);
  return der.sequence(info, parts.algorithm ?? ECDSA_SHA256, der.bitString(signature));
}

const extensionRequest = (...extensions: Uint8Array[]): Uint8Array =>
  der.sequence(der.oid('1.2.840.113549.1.9.14'), der.setOf(der.sequence(...extensions)));

const caTrue = der.sequence(
  der.oid('2.5.29.19'),
  der.boolean(true),
  der.octetString(der.sequence(der.boolean(true))),
);

describe('ca: certificate requests', () => {
  const temp = useTemp();

  it('checks the proof of possession over the received bytes', () => {
    const good = build();
    expect(CertificateRequest.verify(good, 'a').requested.commonName).to.equal('Ada');
    const changed = Buffer.from(good);
    changed[changed.indexOf('Ada')] = 0x42;
    expectCode('ERR_CSR_SIGNATURE', () => CertificateRequest.verify(changed, 'a'));
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    expectCode('ERR_CSR_SIGNATURE', () => CertificateRequest.verify(build({ signer: stranger }), 'a'));
    expectCode('ERR_CSR_SIGNATURE', () => CertificateRequest.verify(build({ algorithm: RSA_SHA256 }), 'a'));
  });

  it('refuses weak algorithms and keys, and accepts their sound twins', () => {
    const rsa = (modulusLength: number, publicExponent = 65_537) =>
      generateKeyPairSync('rsa', { modulusLength, publicExponent });
    const request = (key: Parts['key'], more: Parts = {}) =>
      build({ ...(key ? { key } : {}), algorithm: RSA_SHA256, ...more });
    const sound = rsa(2048);
    CertificateRequest.verify(request(sound), 'a');
    expectCode('ERR_CSR_ALGORITHM', () =>
      CertificateRequest.verify(request(sound, { algorithm: RSA_SHA1, hash: 'sha1' }), 'a'),
    );
    expectCode('ERR_KEY_WEAK', () => CertificateRequest.verify(request(rsa(1024)), 'a'));
    expectCode('ERR_KEY_WEAK', () => CertificateRequest.verify(request(rsa(2048, 3)), 'a'));
    const koblitz = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
    expectCode('ERR_KEY_UNSUPPORTED', () => CertificateRequest.verify(build({ key: koblitz }), 'a'));
  });

  it('refuses what is malformed', () => {
    const good = Buffer.from(build());
    for (const bad of [
      Buffer.concat([good, Buffer.of(0)]),
      good.subarray(0, 60),
      build({ version: 1 }),
      build({ attributes: [extensionRequest(caTrue), extensionRequest(caTrue)] }),
      build({ attributes: [extensionRequest(caTrue, caTrue)] }),
    ]) {
      expectCode('ERR_CSR_MALFORMED', () => CertificateRequest.verify(bad, 'a'));
    }
    const pem = encodePem('CERTIFICATE REQUEST', good);
    expect(readRequest(save(temp(), 'one.csr', pem)).requested.commonName).to.equal('Ada');
    expect(readRequest(save(temp(), 'one.der', good)).requested.commonName).to.equal('Ada');
    expectCode('ERR_CSR_MALFORMED', () => readRequest(save(temp(), 'two.csr', pem + pem)));
    expectCode('ERR_PEM', () => readRequest(save(temp(), 'cut.csr', pem.slice(0, 150))));
    expectCode('ERR_FILE_NOT_FOUND', () => readRequest(join(temp(), 'absent.csr')));
  });

  for (const keyType of KEY_TYPES.filter((type) => type !== 'rsa-4096')) {
    it(`makes requests that OpenSSL and a second reader accept (${keyType})`, async function () {
      this.timeout(60_000);
      needOpenssl(this);
      const out = join(temp(), 'ada');
      const files = await requestInto({
        out,
        keyType,
        protection: 'plain',
        name: 'Ada',
        emails: ['ada@example.org'],
        uris: ['https://example.org/ada'],
      });
      expect(openssl(['req', '-in', files.request, '-verify', '-noout']).output).to.include('verify OK');
      expect(openssl(['pkey', '-in', files.key, '-noout', '-check']).status).to.equal(0);
      const request = readRequest(files.request);
      await requireSecondReader(request, files.request);
      expect(request.requested).to.deep.include({
        commonName: 'Ada',
        emails: ['ada@example.org'],
        uris: ['https://example.org/ada'],
      });
      await expectCodeAsync('ERR_FILE_EXISTS', () =>
        requestInto({
          out,
          keyType,
          protection: 'plain',
          name: 'Ada',
          emails: ['ada@example.org'],
          uris: [],
        }),
      );
    });
  }

  it('reads requests made by OpenSSL', async function () {
    needOpenssl(this);
    const key = join(temp(), 'key.pem');
    const csr = join(temp(), 'req.csr');
    const made = openssl([
      ...['req', '-new', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', csr],
      ...[
        '-subj',
        '/CN=Grace/emailAddress=old@example.org',
        '-addext',
        'subjectAltName=email:grace@example.org,DNS:example.org',
      ],
      ...['-addext', 'basicConstraints=critical,CA:TRUE'],
    ]);
    expect(made.status, made.output).to.equal(0);
    const request = readRequest(csr);
    await requireSecondReader(request, csr);
    expect(request.requested.emails).to.deep.equal(['grace@example.org', 'old@example.org']);
    expect(request.requested.otherNames).to.deep.equal(['example.org']);
  });

  it('lets a second reader object', async () => {
    const csr = await createRequest(signingKey(ec.privateKey), 'Ada', {
      emails: ['a@example.org'],
      uris: [],
    });
    const honest = CertificateRequest.verify(csr, 'a');
    await requireSecondReader(honest, 'a');
    const twisted = Object.assign(Object.create(honest) as CertificateRequest, {
      raw: honest.raw,
      publicKey: honest.publicKey,
      subject: honest.subject,
      requested: { ...honest.requested, emails: ['root@example.org'] },
    });
    const error = await expectCodeAsync('ERR_CSR_READERS_DISAGREE', () => requireSecondReader(twisted, 'a'));
    expect(error.details.field).to.equal('e-mail addresses');
  });

  it('copies nothing from a request that the operator did not state or accept', async () => {
    const ca = await openNew(join(temp(), 'certs'));
    const san = der.sequence(
      der.oid('2.5.29.17'),
      der.octetString(der.sequence(der.element(0x81, Buffer.from('root@example.org')))),
    );
    const csr = CertificateRequest.verify(build({ attributes: [extensionRequest(caTrue, san)] }), 'ada.csr');
    const base = { at: AT, csr, protection: 'plain', uris: [], emails: [] as string[] } as const;
    const out = (name: string): string => join(temp(), name);

    const stated = await issueInto(ca, {
      ...base,
      out: out('a'),
      name: 'Grace',
      emails: ['grace@example.org'],
    });
    expect(stated.issued.certificate.basicConstraints?.ca).to.equal(false);
    expect(stated.issued.certificate.subjectAltName).to.deep.equal([
      { type: 'email', value: 'grace@example.org' },
    ]);
    expect(stated.ignored).to.deep.equal([
      'name Ada',
      'identity root@example.org',
      'extension basicConstraints',
    ]);
    expect(existsSync(join(out('a'), 'key.pem'))).to.equal(false);

    await expectCodeAsync('ERR_CA_NAME', () => issueInto(ca, { ...base, out: out('b') }));
    await expectCodeAsync('ERR_CA_IDENTITY_MISSING', () =>
      issueInto(ca, { ...base, out: out('b'), name: 'Ada' }),
    );
    expect(existsSync(out('b'))).to.equal(false);

    // The key belongs to Grace now; the same wishes with another key.
    await expectCodeAsync('ERR_CA_KEY_TAKEN', () =>
      issueInto(ca, { ...base, out: out('c'), acceptCsrIdentities: true }),
    );
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const another = CertificateRequest.verify(
      build({ attributes: [extensionRequest(caTrue, san)], key }),
      'ada.csr',
    );
    const accepted = await issueInto(ca, {
      ...base,
      csr: another,
      out: out('c'),
      acceptCsrIdentities: true,
    });
    expect(accepted.issued.certificate.subject.toString()).to.equal('CN=Ada,O=Modelseal');
    expect(accepted.issued.certificate.subjectAltName).to.deep.equal([
      { type: 'email', value: 'root@example.org' },
    ]);
    expect(accepted.ignored).to.deep.equal(['extension basicConstraints']);
    await ca.close();
  });

  it('delivers key and certificate that belong together', async () => {
    const ca = await openNew(join(temp(), 'certs'));
    const out = join(temp(), 'ada');
    const request = {
      at: AT,
      out,
      name: 'Ada',
      emails: ['ada@example.org'],
      uris: [],
      keyType: 'ec-p256',
      protection: 'plain',
    } as const;
    const { files, issued } = await issueInto(ca, request);
    expect(files.map((file) => file.slice(out.length + 1))).to.deep.equal([
      'key.pem',
      'chain.pem',
      'cert.pem',
    ]);
    const key = createPrivateKey(readFileSync(join(out, 'key.pem')));
    const signature = sign('sha256', Buffer.from('x'), key);
    expect(signature.length).to.be.greaterThan(60);
    const chain = decodePem(readFileSync(join(out, 'chain.pem'), 'utf8'), 'chain.pem');
    expect(chain.map(({ bytes }) => Buffer.from(bytes).toString('hex'))).to.deep.equal(
      [issued.certificate.raw, ca.issuing.certificate.raw].map((raw) => Buffer.from(raw).toString('hex')),
    );
    const before = await ca.count();
    await expectCodeAsync('ERR_FILE_EXISTS', () => issueInto(ca, request));
    expect(await ca.count()).to.deep.equal(before);
    await ca.close();
  });
});
