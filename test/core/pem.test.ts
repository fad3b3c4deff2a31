import { expect } from 'chai';
import { decodeCertificates } from '../../core/x509/index.js';
import { expectCode } from '../support/errors.js';
import { makeChain } from '../support/pki.js';

describe('certificate files', () => {
  const { issuing, leaf } = makeChain();
  const both = leaf.pem + issuing.pem;
  const read = (text: string | Uint8Array): string[] =>
    decodeCertificates(Buffer.from(text), 'file.pem').map((c) => c.fingerprint);
  const expected = [leaf.certificate.fingerprint, issuing.certificate.fingerprint];

  it('are read with every kind of line end, text around them and a byte order mark', () => {
    for (const end of ['\n', '\r\n', '\r']) {
      expect(read(both.replaceAll('\n', end)), JSON.stringify(end)).to.deep.equal(expected);
    }
    expect(read(`\ufeff${both}`)).to.deep.equal(expected);
    expect(read(`subject=CN = x\n${leaf.pem}\nissuer=y\n${issuing.pem}bye\n`)).to.deep.equal(expected);
  });

  it('are refused in UTF-16 that does not say so, damaged, or cut off', () => {
    expectCode('ERR_PEM', () => read(Buffer.from(both, 'utf16le')));
    expectCode('ERR_PEM', () => read(leaf.pem.replace('-----\n', '-----')));
    expectCode('ERR_PEM', () => read(leaf.pem.replaceAll('\n', '\\n')));
    expectCode('ERR_PEM', () => read(leaf.pem.replaceAll('\n', ' ')));
    expectCode('ERR_PEM', () => read(leaf.pem.replace('\n-----END', '-----END')));
    expectCode('ERR_PEM', () => read(both.replace('BEGIN CERT', 'BEGIN PRIVATE KEY-----\nBEGIN CERT')));
    expectCode('ERR_PEM', () => read(both.slice(0, -30)));
    expectCode('ERR_PEM', () => read(''));
  });

  it('name the object that is malformed', () => {
    const bad = '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n';
    expect(() => read(leaf.pem + bad))
      .to.throw('certificate 2 in file.pem')
      .with.property('code', 'ERR_DER');
    expect(read(both)).to.have.length(2);
    expect(() => read(Buffer.concat([leaf.der, Buffer.of(0)])))
      .to.throw('file.pem: certificate: 1 bytes too many')
      .with.property('code', 'ERR_DER');
  });
});
