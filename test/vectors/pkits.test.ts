import 'reflect-metadata';
import { X509Certificate } from '@peculiar/x509';
import { expect } from 'chai';
import { Certificate } from '../../core/x509/index.js';
import { sharedFile } from '../support/shared.js';
import { PKITS_EXCEPTIONS, type Pkits, readPkits, runPkits } from './pkits.js';

describe('NIST PKITS', () => {
  let suite: Pkits;
  before(function () {
    suite = readPkits(sharedFile(this, 'vectors', 'pkits.json'));
  });

  it('judges all 248 tests as the suite does, DSA aside', function () {
    this.timeout(60_000);
    let ran = 0;
    const wrong: string[] = [];
    for (const test of suite.tests) {
      const outcome = runPkits(suite, test);
      ran++;
      const exception = PKITS_EXCEPTIONS.get(test.id);
      const right = exception ? outcome === exception.code : (outcome === 'accepted') === test.expected;
      // An exception that is none any more must go as well.
      if (!right) wrong.push(`${test.title}: expected ${exception?.code ?? test.expected}, got ${outcome}`);
    }
    expect(wrong).to.deep.equal([]);
    expect(ran).to.equal(248);
    expect(suite.tests.filter((test) => test.expected)).to.have.length.above(100);
  });

  it('has exceptions for DSA only', () => {
    expect([...PKITS_EXCEPTIONS.keys()]).to.deep.equal(['4.1.4', '4.1.5']);
  });

  it('decodes each of the 405 certificates as @peculiar/x509 does', () => {
    expect(suite.certificates.size).to.equal(405);
    for (const [file, der] of suite.certificates) {
      const ours = Certificate.decode(der);
      const theirs = new X509Certificate(der.slice());
      expect(unsigned(ours), file).to.equal(theirs.serialNumber.toLowerCase());
      expect(ours.notBefore.getTime(), file).to.equal(theirs.notBefore.getTime());
      expect(ours.notAfter.getTime(), file).to.equal(theirs.notAfter.getTime());
      expect(hex(ours.subject.raw), file).to.equal(hex(theirs.subjectName.toArrayBuffer()));
      expect(hex(ours.issuer.raw), file).to.equal(hex(theirs.issuerName.toArrayBuffer()));
      expect(hex(ours.spki), file).to.equal(hex(theirs.publicKey.rawData));
      expect(
        [...ours.extensions.values()].map((e) => [e.oid, e.critical, hex(e.value)]),
        file,
      ).to.deep.equal(theirs.extensions.map((e) => [e.type, e.critical, hex(e.value)]));
    }
  });
});

/** @peculiar/x509 leaves the sign octet out, so that -1 and 255 look alike. */
function unsigned(certificate: Certificate): string {
  const bytes = certificate.serialBytes;
  return hex(bytes.length > 1 && bytes[0] === 0 ? bytes.subarray(1) : bytes);
}

function hex(bytes: Uint8Array | ArrayBuffer): string {
  return Buffer.from(bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes).toString('hex');
}
