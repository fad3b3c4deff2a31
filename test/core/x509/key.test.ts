import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import { der } from '../../../core/der/index.js';
import { decodePublicKey } from '../../../core/x509/index.js';
import { expectCode } from '../../support/errors.js';

describe('public keys of certificates', () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const modulus = Buffer.from(publicKey.export({ format: 'jwk' }).n ?? '', 'base64url');
  const algorithm = (oid: string, parameters: Uint8Array) => der.sequence(der.oid(oid), parameters);
  const rsa = (exponent: Uint8Array): Uint8Array =>
    der.sequence(
      algorithm('1.2.840.113549.1.1.1', der.nullValue()),
      der.bitString(der.sequence(der.integer(modulus), der.integer(exponent))),
    );
  const odd = (octets: number): Uint8Array => new Uint8Array(octets).fill(0xff);

  it('RSA: an exponent of at most 256 bits, because longer ones only cost time', () => {
    expect(decodePublicKey(rsa(Uint8Array.of(1, 0, 1))).equals(publicKey)).to.equal(true);
    expect(decodePublicKey(rsa(odd(32))).asymmetricKeyType).to.equal('rsa');
    expectCode('ERR_CERT_KEY', () => decodePublicKey(rsa(odd(33))));
    expectCode('ERR_CERT_KEY', () => decodePublicKey(rsa(odd(255))));
  });

  it('EC: points plain or compressed, on named curves, none that is not on the curve', () => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const { x = '', y = '' } = pair.publicKey.export({ format: 'jwk' });
    const [left, right] = [Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')];
    const ec = (point: Uint8Array, curve = der.oid('1.2.840.10045.3.1.7')): Uint8Array =>
      der.sequence(algorithm('1.2.840.10045.2.1', curve), der.bitString(point));
    const plain = Buffer.concat([Buffer.of(4), left, right]);
    const sign = 2 + ((right[31] ?? 0) & 1);
    expect(decodePublicKey(ec(plain)).equals(pair.publicKey)).to.equal(true);
    expect(decodePublicKey(ec(Buffer.concat([Buffer.of(sign), left]))).equals(pair.publicKey)).to.equal(true);
    expectCode('ERR_CERT_KEY', () => decodePublicKey(ec(Buffer.concat([Buffer.of(4), right, left]))));
    expectCode('ERR_CERT_KEY', () => decodePublicKey(ec(Buffer.of(0))));
    expectCode('ERR_CERT_KEY', () => decodePublicKey(ec(new Uint8Array(0))));
    expectCode('ERR_CERT_KEY', () => decodePublicKey(ec(Buffer.concat([Buffer.of(4 + sign), left, right]))));
    expectCode('ERR_CERT_KEY', () => decodePublicKey(ec(plain, der.sequence(der.integer(1)))));
    expectCode('ERR_CERT_KEY', () => decodePublicKey(ec(plain, der.nullValue())));
    const spki = pair.publicKey.export({ type: 'spki', format: 'der' });
    expect(
      createPublicKey({ key: spki, type: 'spki', format: 'der' }).equals(decodePublicKey(spki)),
    ).to.equal(true);
  });
});
