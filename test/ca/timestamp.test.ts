import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { issueTsaInto, TimestampAuthority, TSA_POLICY } from '../../ca/index.js';
import { readPrivateKey, signingKey } from '../../core/keys/index.js';
import { encodeTimestampRequest, imprintOf, TimestampToken } from '../../core/timestamp/index.js';
import { Oid, readCertificates } from '../../core/x509/index.js';
import { cli } from '../support/cli.js';
import { expectCode, expectCodeAsync } from '../support/errors.js';
import { needOpenssl, openssl } from '../support/openssl.js';
import { AT as PKI_AT, makeChain } from '../support/pki.js';
import { useTemp } from '../support/temp.js';
import { testTsa } from '../support/timestamp.js';
import { AT, noPassphrase, openNew, seconds } from './support/authority.js';

const HELLO = Buffer.from('hello');

async function newTsa(folder: string, keyType: string) {
  const home = join(folder, 'ca');
  const authority = await openNew(home, { keyType });
  const { issued } = await issueTsaInto(authority, {
    out: join(folder, 'tsa'),
    at: AT,
    name: 'TSA',
    keyType,
    protection: 'plain',
  });
  await authority.close();
  const [certificate, ...chain] = readCertificates(join(folder, 'tsa/chain.pem'));
  if (!certificate) throw new Error('no certificate');
  const key = signingKey(await readPrivateKey(join(folder, 'tsa/key.pem'), noPassphrase));
  return { home, issued, certificate, tsa: new TimestampAuthority({ key, certificate, chain }) };
}

describe('ca: time-stamp authority', () => {
  const temp = useTemp();
  for (const keyType of ['rsa-2048', 'ec-p256', 'ec-p384', 'ec-p521']) {
    it(`makes tokens that openssl ts -verify accepts, ${keyType}`, async function () {
      needOpenssl(this);
      const folder = temp();
      const { home, certificate, tsa } = await newTsa(folder, keyType);
      expect(certificate.extKeyUsage).to.deep.equal([Oid.timeStamping]);
      const file = (name: string): string => join(folder, name);
      const ts = (...args: string[]): string => openssl(['ts', ...args]).output;
      for (const [hash, cert] of [
        ['sha256', true],
        ['sha384', false],
        ['sha512', true],
      ] as const) {
        writeFileSync(file('data'), HELLO);
        ts('-query', '-data', file('data'), `-${hash}`, ...(cert ? ['-cert'] : []), '-out', file('q.tsq'));
        const answer = await tsa.answer(new Uint8Array(readFileSync(file('q.tsq'))), AT);
        expect(answer.granted).to.equal(true);
        writeFileSync(file('r.tsr'), answer.der);
        const trust = [
          '-CAfile',
          join(home, 'root.pem'),
          '-untrusted',
          file('tsa/chain.pem'),
          '-x509_strict',
        ];
        const verify = ['-verify', '-in', file('r.tsr'), ...trust, '-attime', seconds(AT)];
        expect(ts(...verify, '-queryfile', file('q.tsq'))).to.include('Verification: OK');
        expect(ts(...verify, '-data', file('data'))).to.include('Verification: OK');
        writeFileSync(file('data'), 'hallo');
        expect(ts(...verify, '-data', file('data'))).to.include('Verification: FAILED');
        const token = TimestampToken.decode(answer.der);
        expect(token.covers(imprintOf(hash, HELLO))).to.equal(true);
        expect(token.covers(imprintOf(hash, Buffer.from('hallo')))).to.equal(false);
        expect(token.verify([certificate]).certificate.fingerprint).to.equal(certificate.fingerprint);
        if (!cert) expectCode('ERR_TIMESTAMP_SIGNER_UNKNOWN', () => token.verify());
      }
    });
  }

  it('rejects what it does not grant, in an answer', async () => {
    const { authority } = testTsa();
    const imprint = imprintOf('sha256', HELLO);
    const wrong: [string, Uint8Array][] = [
      ['badDataFormat', Uint8Array.of(0x30, 0)],
      ['badDataFormat', new Uint8Array(20_000)],
      ['unacceptedPolicy', encodeTimestampRequest({ imprint, policy: '1.2.3', certReq: true })],
      [
        'badAlg',
        encodeTimestampRequest({ imprint: { hash: 'sha1', digest: new Uint8Array(20) }, certReq: true }),
      ],
    ];
    for (const [failure, request] of wrong) {
      const { granted, der } = await authority.answer(request, PKI_AT);
      expect(granted).to.equal(false);
      const error = expectCode('ERR_TIMESTAMP_REJECTED', () => TimestampToken.decode(der));
      expect(error.message).to.include(failure);
    }
    const own = encodeTimestampRequest({ imprint, policy: TSA_POLICY, certReq: true });
    expect((await authority.answer(own, PKI_AT)).granted).to.equal(true);
    await expectCodeAsync('ERR_TSA_CERTIFICATE', () => authority.answer(own, new Date('2040-01-01')));
  });

  it('takes a certificate for that purpose alone, with its key', () => {
    const { leaf } = makeChain();
    const { issued } = testTsa();
    const make = (key: typeof leaf, certificate: typeof leaf) => () =>
      new TimestampAuthority({
        key: signingKey(key.key.privateKey),
        certificate: certificate.certificate,
      });
    expectCode('ERR_TSA_CERTIFICATE', make(leaf, leaf));
    expectCode('ERR_TSA_CERTIFICATE', make(leaf, issued));
    make(issued, issued)();
  });

  it('is made by ca tsa-certificate, as long-lived as the issuing CA', async () => {
    const folder = temp();
    const home = join(folder, 'ca');
    await cli(['ca', 'init', '--home', home, '--no-passphrase']);
    const args = ['ca', 'tsa-certificate', '--home', home, '--out', join(folder, 'tsa'), '--no-passphrase'];
    const made = await cli([...args, '--json']);
    expect(made.code, made.stderr).to.equal(0);
    const [certificate] = readCertificates(join(folder, 'tsa/cert.pem'));
    const [issuing] = readCertificates(join(home, 'issuing.pem'));
    expect(certificate?.notAfter.getTime()).to.equal(issuing?.notAfter.getTime());
    expect((await cli(args)).stderr).to.include('ERR_FILE_EXISTS');
  });

  it('has its certificate revoked like any other', async () => {
    const folder = temp();
    const { home, issued } = await newTsa(folder, 'ec-p256');
    const args = ['ca', 'revoke', issued.serialNumber, '--home', home, '--reason', 'keyCompromise'];
    const revoked = await cli(args);
    expect(revoked.code, revoked.stderr).to.equal(0);
  });
});
