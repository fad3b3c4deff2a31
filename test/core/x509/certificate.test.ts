import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { context, der, Tag } from '../../../core/der/index.js';
import {
  Certificate,
  decodeCertificates,
  decodePublicKey,
  MAX_CERTIFICATE_BYTES,
  Oid,
  summarizeCertificate,
} from '../../../core/x509/index.js';
import { general, makeChain, makeLeaf, makeRoot, testKey, extensions as x } from '../../support/pki.js';

const code = (run: () => unknown) => expect(run).to.throw().with.property('code');
const decode = (bytes: Uint8Array) => Certificate.decode(bytes);

/** Takes a certificate apart, so that single fields of the signed part can be replaced. */
function rebuild(edit: (fields: Uint8Array[]) => Uint8Array[]): Uint8Array {
  const { leaf } = makeChain();
  const outer = split(leaf.der);
  const [tbs, algorithm, signature] = outer as [Uint8Array, Uint8Array, Uint8Array];
  return der.sequence(der.sequence(...edit(split(tbs))), algorithm, signature);
}

function split(element: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let at = header(element, 0);
  while (at < element.length) {
    const end = header(element, at) + length(element, at);
    parts.push(element.subarray(at, end));
    at = end;
  }
  return parts;
}

function length(bytes: Uint8Array, at: number): number {
  const first = bytes[at + 1] as number;
  if (first < 0x80) return first;
  let n = 0;
  for (let i = 0; i < (first & 0x7f); i++) n = n * 256 + (bytes[at + 2 + i] as number);
  return n;
}

function header(bytes: Uint8Array, at: number): number {
  const first = bytes[at + 1] as number;
  return at + 2 + (first < 0x80 ? 0 : first & 0x7f);
}

describe('Certificate', () => {
  it('reads what Node reads', () => {
    const { leaf } = makeChain({ serial: 0xabcdef });
    const ours = decode(leaf.der);
    const theirs = new X509Certificate(leaf.der);
    expect(ours.serialNumber).to.equal('abcdef');
    expect(ours.fingerprint).to.equal(theirs.fingerprint256.replaceAll(':', '').toLowerCase());
    expect(ours.notAfter.getTime()).to.equal(Date.parse(theirs.validTo));
    expect(ours.publicKey().equals(theirs.publicKey)).to.equal(true);
    expect(ours.keyDescription).to.equal('EC P-256');
    expect([...(ours.keyUsage ?? [])]).to.deep.equal(['digitalSignature']);
    expect(ours.extKeyUsage).to.deep.equal([Oid.codeSigning]);
    expect(summarizeCertificate(ours)).to.deep.include({
      subject: 'CN=Test Developer',
      identities: ['email:dev@example.com'],
      notBefore: '2026-01-01T00:00:00Z',
    });
  });

  it('gives undefined for an extension that is not there', () => {
    const { leaf } = makeChain();
    expect(decode(leaf.der).nameConstraints).to.equal(undefined);
    expect(decode(leaf.der).ocspUrls).to.deep.equal([]);
  });

  it('refuses anything around the object', () => {
    const { leaf } = makeChain();
    code(() => decode(new Uint8Array([...leaf.der, 0]))).to.equal('ERR_DER');
    code(() => decode(leaf.der.subarray(0, -1))).to.equal('ERR_DER');
    code(() => decode(new Uint8Array(0))).to.equal('ERR_DER');
    code(() => decode(new Uint8Array(MAX_CERTIFICATE_BYTES + 1))).to.equal('ERR_CERT_TOO_LARGE');
  });

  it('refuses an outer length that is not the shortest', () => {
    const { leaf } = makeChain();
    const at = header(leaf.der, 0);
    const n = leaf.der.length - at;
    const long = new Uint8Array([0x30, 0x83, 0, n >> 8, n & 0xff, ...leaf.der.subarray(at)]);
    code(() => decode(long)).to.equal('ERR_DER');
  });

  it('refuses fields of a later version, and version 1 written out', () => {
    expect(() => decode(rebuild((fields) => fields))).not.to.throw();
    code(() => decode(rebuild(([, ...rest]) => rest))).to.equal('ERR_CERT_VERSION');
    const version = (n: number) => der.element(context(0), der.integer(n));
    for (const n of [0, 1, 3]) {
      code(() => decode(rebuild(([, ...rest]) => [version(n), ...rest]))).to.equal('ERR_CERT_VERSION');
    }
  });

  it('refuses an extension twice, and an empty list of them', () => {
    const twice = makeLeaf(makeRoot(), { extra: [x.subjectAltName([general.dns('a.example')])] });
    code(() => decode(twice.der)).to.equal('ERR_CERT_EXTENSION_DUPLICATE');
    const empty = rebuild((fields) => [...fields.slice(0, -1), der.element(context(3), der.sequence())]);
    code(() => decode(empty)).to.equal('ERR_DER');
  });

  it('refuses an RDN without attributes and a name with bytes after it', () => {
    const subject = (der_: Uint8Array) => makeLeaf(makeRoot(), { subject: der_ }).der;
    code(() => decode(subject(der.sequence(der.setOf())))).to.equal('ERR_DER');
    code(() => decode(subject(der.sequence(der.nullValue())))).to.equal('ERR_DER');
  });

  it('says which extension of which certificate is malformed', () => {
    const { leaf } = makeChain({ extra: [x.raw(Oid.nameConstraints, true, Uint8Array.of(0x30, 0))] });
    expect(() => decode(leaf.der).nameConstraints)
      .to.throw(/nameConstraints of CN=Test Developer/)
      .with.property('code', 'ERR_CERT_EXTENSION_MALFORMED');
  });

  it('reads every kind of key as Node does', () => {
    for (const kind of ['rsa-2048', 'ec-p256', 'ec-p384', 'ec-p521', 'ed25519'] as const) {
      const key = decodePublicKey(testKey(kind).spki);
      expect(key.equals(testKey(kind).publicKey), kind).to.equal(true);
      expect(key.export({ format: 'der', type: 'spki' }).equals(testKey(kind).spki), kind).to.equal(true);
    }
  });

  it('refuses an RSA key that is not two positive numbers', () => {
    const rsa = (...parts: Uint8Array[]) =>
      der.sequence(
        der.sequence(der.oid('1.2.840.113549.1.1.1'), der.nullValue()),
        der.bitString(der.sequence(...parts)),
      );
    const n = Uint8Array.from({ length: 256 }, () => 0xab);
    const [good, e] = [der.integer(n), der.integer(65537)];
    expect(decodePublicKey(rsa(good, e)).asymmetricKeyDetails?.modulusLength).to.equal(2048);
    for (const bad of [
      [good],
      [good, e, e],
      [good, der.integer(-3)],
      [der.element(2, n), e],
      [e, der.nullValue()],
    ]) {
      code(() => decodePublicKey(rsa(...bad))).to.equal('ERR_CERT_KEY');
    }
  });

  it('refuses a key with explicit curve parameters', () => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1', paramEncoding: 'explicit' });
    const spki = new Uint8Array(pair.publicKey.export({ format: 'der', type: 'spki' }));
    expect(() => createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })).not.to.throw();
    const leaf = makeLeaf(makeRoot(), { key: { ...testKey(), spki } });
    code(() => decode(leaf.der).publicKey()).to.equal('ERR_CERT_KEY');
    expect(decode(leaf.der).keyDescription).to.equal('unreadable key');
  });

  it('tells a negative serial number from a positive one', () => {
    expect(makeLeaf(makeRoot(), { serial: -1 }).certificate.serialNumber).to.equal('-1');
    expect(makeLeaf(makeRoot(), { serial: 255 }).certificate.serialNumber).to.equal('ff');
    expect(makeLeaf(makeRoot(), { serial: -255 }).certificate.serialNumber).to.equal('-ff');
  });

  it('keeps a signature that is not whole octets as none', () => {
    const { leaf } = makeChain();
    const [tbs, algorithm, signature] = split(leaf.der) as [Uint8Array, Uint8Array, Uint8Array];
    const bits = signature.subarray(header(signature, 0) + 1).slice();
    bits[bits.length - 1] = (bits[bits.length - 1] as number) & 0xf0;
    const odd = der.sequence(tbs, algorithm, der.element(Tag.BIT_STRING, Uint8Array.of(4), bits));
    expect(decode(odd).signature).to.have.length(0);
  });
});

describe('certificate files', () => {
  it('hold one DER or several PEM certificates', () => {
    const { root, issuing, leaf } = makeChain();
    expect(decodeCertificates(leaf.der, 'a.der')).to.have.length(1);
    const pem = Buffer.from(`leaf:\n${leaf.pem}${issuing.pem}${root.pem}`);
    expect(decodeCertificates(pem, 'a.pem').map((c) => c.label)).to.deep.equal([
      'CN=Test Developer',
      'CN=Test Issuing CA',
      'CN=Test Root',
    ]);
  });

  it('refuse other objects', () => {
    const { leaf } = makeChain();
    const text = leaf.pem.replaceAll('CERTIFICATE', 'PUBLIC KEY');
    code(() => decodeCertificates(Buffer.from(text), 'a.pem')).to.equal('ERR_PEM');
    code(() => decodeCertificates(Buffer.from('hello'), 'a.pem')).to.equal('ERR_PEM');
  });
});
