import { constants, sign } from 'node:crypto';
import { expect } from 'chai';
import { context, DerReader, der } from '../../../core/der/index.js';
import { readAlgorithm, signatureAlgorithm, verifySignedData } from '../../../core/x509/index.js';
import { ALGORITHMS, type TestAlgorithm, testKey } from '../../support/pki.js';

const message = Buffer.from('the signed part');
const parse = (algorithm: TestAlgorithm | Uint8Array) =>
  readAlgorithm(new DerReader('identifier' in algorithm ? algorithm.identifier : algorithm), 'test');
const flipped = (bytes: Uint8Array): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  copy[copy.length - 1] = (copy[copy.length - 1] as number) ^ 1;
  return copy;
};

const SHA256 = '2.16.840.1.101.3.4.2.1';
const SHA384 = '2.16.840.1.101.3.4.2.2';
function pss(hash: string, mask: string, salt: number): Uint8Array {
  const id = (oid: string) => der.sequence(der.oid(oid), der.nullValue());
  return der.sequence(
    der.oid('1.2.840.113549.1.1.10'),
    der.sequence(
      der.element(context(0), id(hash)),
      der.element(context(1), der.sequence(der.oid('1.2.840.113549.1.1.8'), id(mask))),
      der.element(context(2), der.integer(salt)),
    ),
  );
}

describe('verifySignedData', () => {
  for (const [kind, algorithm] of [
    ['rsa-2048', ALGORITHMS.rsaSha256],
    ['rsa-2048', ALGORITHMS.rsaSha384],
    ['ec-p256', ALGORITHMS.ecdsaSha256],
    ['ec-p384', ALGORITHMS.ecdsaSha384],
    ['ec-p521', ALGORITHMS.ecdsaSha512],
    ['ed25519', ALGORITHMS.ed25519],
  ] as const) {
    it(`${kind} ${parse(algorithm).oid}`, () => {
      const key = testKey(kind);
      const signature = sign(algorithm.hash, message, key.privateKey);
      const check = (s: Uint8Array) => verifySignedData(parse(algorithm), key.publicKey, message, s);
      expect(check(signature)).to.equal(true);
      expect(check(flipped(signature))).to.equal(false);
      expect(check(signature.subarray(1))).to.equal(false);
      expect(check(new Uint8Array(0))).to.equal(false);
      expect(verifySignedData(parse(algorithm), key.publicKey, flipped(message), signature)).to.equal(false);
    });
  }

  it('RSASSA-PSS with its own salt length only', () => {
    const key = testKey('rsa-2048');
    const signature = sign('sha256', message, {
      key: key.privateKey,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: 32,
    });
    const check = (algorithm: Uint8Array) =>
      verifySignedData(parse(algorithm), key.publicKey, message, signature);
    expect(check(pss(SHA256, SHA256, 32))).to.equal(true);
    expect(check(pss(SHA256, SHA256, 20))).to.equal(false);
    expect(check(pss(SHA384, SHA384, 32))).to.equal(false);
    expect(() => check(pss(SHA256, SHA384, 32)))
      .to.throw()
      .with.property('code', 'ERR_SIGNATURE_ALGORITHM_PARAMETERS');
    expect(signatureAlgorithm(parse(pss(SHA256, SHA256, 32))).name).to.equal('RSASSA-PSS SHA-256');
  });

  it('ECDSA in strict DER only', () => {
    const key = testKey('ec-p256');
    const good = new Uint8Array(sign('sha256', message, key.privateKey));
    const reader = DerReader.open(good, 0x30, 'signature');
    const [r, s] = [reader.integerBytes('r'), reader.integerBytes('s')];
    const raw = (bytes: Uint8Array) => der.element(2, bytes);
    const check = (signature: Uint8Array) =>
      verifySignedData(parse(ALGORITHMS.ecdsaSha256), key.publicKey, message, signature);
    expect(check(der.sequence(raw(r), raw(s)))).to.equal(true);
    const zero = Uint8Array.of(0);
    for (const [what, bad] of [
      ['padded r', der.sequence(raw(Buffer.concat([zero, zero, r])), raw(s))],
      ['bytes after', new Uint8Array([...good, 0])],
      ['a third integer', der.sequence(raw(r), raw(s), raw(Uint8Array.of(1)))],
      ['zero r', der.sequence(raw(zero), raw(s))],
      ['negative s', der.sequence(raw(r), raw(Uint8Array.of(0x80, ...s.subarray(1))))],
      ['r and s bare', new Uint8Array([...r.subarray(-32), ...s.subarray(-32)])],
      ['long length', new Uint8Array([0x30, 0x81, ...good.subarray(1)])],
    ] as const) {
      expect(check(bad), what).to.equal(false);
    }
  });

  it('refuses a key of another kind', () => {
    const { publicKey } = testKey('ec-p256');
    expect(() => verifySignedData(parse(ALGORITHMS.rsaSha256), publicKey, message, message))
      .to.throw()
      .with.property('code', 'ERR_SIGNATURE_KEY_MISMATCH');
  });
});
