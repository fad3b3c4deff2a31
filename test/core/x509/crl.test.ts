import { expect } from 'chai';
import { context, DerReader, der, Tag } from '../../../core/der/index.js';
import { CertificateList, MAX_CRL_BYTES } from '../../../core/x509/crl.js';
import { Oid } from '../../../core/x509/index.js';
import { expectCode } from '../../support/errors.js';
import { ALGORITHMS, extensions, general, makeRoot, name, testKey } from '../../support/pki.js';
import { type CrlSpec, days, idpExtension, makeCrl } from '../../support/revocation.js';

const root = makeRoot();
const other = name('Another CA');
const decode = (spec: CrlSpec = {}): CertificateList => CertificateList.decode(makeCrl(root, spec));
const serial = Uint8Array.of(0x42, 0x01);
const unknown = (critical: boolean) => extensions.raw('1.3.6.1.4.1.55738.1', critical, der.nullValue());

describe('CertificateList', () => {
  it('reads the fields of a list', () => {
    const list = decode({
      number: 7,
      thisUpdate: days(-3),
      nextUpdate: days(4),
      entries: [{ serial, date: days(-5), reason: 1, invalidityDate: days(-9) }],
    });
    expect(list.number).to.equal(7n);
    expect(list.isDelta).to.equal(false);
    expect(list.issuer.toString()).to.equal('CN=Test Root');
    expect(list.thisUpdate).to.deep.equal(days(-3));
    expect(list.nextUpdate).to.deep.equal(days(4));
    expect(list.entryCount).to.equal(1);
    expect(list.find(serial)).to.deep.equal([
      { revocationDate: days(-5), reason: 'keyCompromise', invalidityDate: days(-9) },
    ]);
    expect(list.find(Uint8Array.of(0x42))).to.deep.equal([]);
    expect(list.find(Uint8Array.of(0x42, 0x02))).to.deep.equal([]);
  });

  it('reads a list without entries', () => {
    expect(decode().find(serial)).to.deep.equal([]);
    expect(decode({ rawEntries: new Uint8Array(0) }).entryCount).to.equal(0);
  });

  it('reads every field of the issuing distribution point', () => {
    const idp = decode({
      idp: {
        fullName: [general.uri('http://ca.example/1.crl')],
        onlyUser: true,
        reasons: [1, 4],
        indirect: true,
      },
    }).issuingDistributionPoint;
    expect(idp).to.include({
      onlyUserCertificates: true,
      onlyCaCertificates: false,
      onlyAttributeCertificates: false,
      indirectCrl: true,
    });
    expect([...(idp?.onlySomeReasons ?? [])]).to.deep.equal(['keyCompromise', 'superseded']);
    expect(idp?.name?.type).to.equal('full');
    expect(decode({ idp: { onlyCa: true } }).issuingDistributionPoint?.onlyCaCertificates).to.equal(true);
  });

  it('lets a certificate issuer hold until the next one', () => {
    const at = (n: number): Uint8Array => Uint8Array.of(n);
    const list = decode({
      idp: { indirect: true },
      entries: [
        { serial: at(1) },
        { serial: at(2), certificateIssuer: other },
        { serial: at(3) },
        { serial: at(1) },
        { serial: at(4), certificateIssuer: name('Third CA') },
      ],
    });
    const issuers = (n: number): string[] =>
      list.find(at(n)).map(({ certificateIssuer }) => {
        const [first] = certificateIssuer ?? [];
        return first?.type === 'directory' ? first.name.toString() : 'own';
      });
    expect(issuers(1)).to.have.members(['own', 'CN=Another CA']);
    expect(issuers(2)).to.deep.equal(['CN=Another CA']);
    expect(issuers(3)).to.deep.equal(['CN=Another CA']);
    expect(issuers(4)).to.deep.equal(['CN=Third CA']);
  });

  it('knows a delta CRL by its base', () => {
    const list = decode({ number: 9, base: 5 });
    expect(list.isDelta).to.equal(true);
    expect(list.baseNumber).to.equal(5n);
  });

  it('finds each of many entries', () => {
    const serials = Array.from({ length: 3000 }, (_, i) => Uint8Array.of(0x11, i >> 8, i & 0xff));
    const list = decode({ entries: serials.map((s) => ({ serial: s })) });
    expect(list.entryCount).to.equal(3000);
    for (const s of serials) expect(list.find(s)).to.have.length(1);
    expect(list.find(Uint8Array.of(0x11, 0x0b, 0xb8))).to.have.length(0);
  });

  it('takes a million entries', function () {
    this.timeout(60_000);
    const one = der.sequence(der.element(Tag.INTEGER, new Uint8Array(17).fill(0x31)), der.time(days(-2)));
    const rawEntries = Buffer.alloc(one.length * 1_000_000);
    for (let i = 0; i < 1_000_000; i++) {
      rawEntries.set(one, i * one.length);
      rawEntries.writeUInt32BE((i * 2654435761) >>> 0, i * one.length + 8);
      rawEntries.writeUInt32BE(i, i * one.length + 13);
    }
    const bytes = makeCrl(root, { rawEntries });
    const before = performance.now();
    const list = CertificateList.decode(bytes);
    const took = performance.now() - before;
    expect(list.entryCount).to.equal(1_000_000);
    const last = new DerReader(rawEntries, rawEntries.length - one.length).enter(Tag.SEQUENCE, 'entry');
    expect(list.find(last.integerBytes('serial'))).to.have.length(1);
    // Generous: it takes well under a second on an idle machine.
    expect(took).to.be.below(20_000);
  });

  describe('refuses', () => {
    const cases: readonly [string, string, CrlSpec][] = [
      ['a list of version 1 with extensions', 'ERR_CRL_VERSION', { version: null }],
      ['an unknown version', 'ERR_CRL_VERSION', { version: 2 }],
      ['no nextUpdate', 'ERR_CRL_NO_NEXT_UPDATE', { nextUpdate: undefined }],
      ['nextUpdate before thisUpdate', 'ERR_CRL_DATES', { nextUpdate: days(-2) }],
      ['a delta without a number', 'ERR_CRL_NUMBER_MISSING', { number: null, base: 1 }],
      ['a negative number', 'ERR_CRL_EXTENSION', { number: -1 }],
      ['two algorithms', 'ERR_CRL_ALGORITHM_MISMATCH', { outerAlgorithm: ALGORITHMS.ecdsaSha384 }],
      ['an unknown critical extension', 'ERR_CRL_EXTENSION_UNKNOWN', { extra: [unknown(true)] }],
      ['an extension twice', 'ERR_CRL_EXTENSION_REPEATED', { extra: [unknown(false), unknown(false)] }],
      [
        'a critical number',
        'ERR_CRL_EXTENSION',
        { number: null, extra: [extensions.raw(Oid.crlNumber, true, der.integer(1))] },
      ],
      ['a base after itself', 'ERR_CRL_EXTENSION', { number: 3, base: 4 }],
      ['two kinds of certificates', 'ERR_CRL_EXTENSION', { idp: { onlyUser: true, onlyCa: true } }],
      ['an empty issuing distribution point', 'ERR_CRL_EXTENSION', { idp: {} }],
      [
        'an entry with an unknown critical extension',
        'ERR_CRL_ENTRY_EXTENSION_UNKNOWN',
        { entries: [{ serial, extra: [unknown(true)] }] },
      ],
      ['a serial twice', 'ERR_CRL_ENTRY_REPEATED', { entries: [{ serial }, { serial }] }],
      ['a reason that does not exist', 'ERR_CRL_ENTRY', { entries: [{ serial, reason: 7 }] }],
      ['removeFromCRL outside of a delta', 'ERR_CRL_ENTRY', { entries: [{ serial, reason: 8 }] }],
      [
        'another issuer in a direct list',
        'ERR_CRL_ENTRY',
        { entries: [{ serial, certificateIssuer: other }] },
      ],
      [
        'an entry extension twice',
        'ERR_CRL_ENTRY',
        { entries: [{ serial, extra: [unknown(false), unknown(false)] }] },
      ],
      ['a serial not in its shortest form', 'ERR_CRL_ENTRY', { entries: [{ serial: Uint8Array.of(0, 1) }] }],
      [
        'an entry with an empty list of extensions',
        'ERR_CRL_ENTRY',
        { rawEntries: der.sequence(der.integer(5), der.time(days(-2)), der.sequence()) },
      ],
      [
        'an entry whose time is none',
        'ERR_CRL_ENTRY',
        { rawEntries: der.sequence(der.integer(5), der.element(Tag.UTC_TIME, Buffer.from('251301000000Z'))) },
      ],
      [
        'GeneralizedTime before 2050 in an entry',
        'ERR_CRL_ENTRY',
        { rawEntries: der.sequence(der.integer(5), der.generalizedTime(days(-2))) },
      ],
      ['an entry cut short', 'ERR_DER', { rawEntries: Uint8Array.of(0x30, 0x03, 0x02, 0x01, 0x05) }],
    ];
    for (const [what, code, spec] of cases) {
      it(what, () => {
        expectCode(code as 'ERR_DER', () => decode(spec));
      });
    }

    it('a byte after the list, an accepted twin has none', () => {
      const bytes = makeCrl(root);
      CertificateList.decode(bytes);
      expectCode('ERR_DER', () => CertificateList.decode(new Uint8Array([...bytes, 0])));
      expectCode('ERR_DER', () => CertificateList.decode(bytes.subarray(0, -1)));
    });

    it('more bytes than a list may have', () => {
      expectCode('ERR_CRL_TOO_LARGE', () => CertificateList.decode(new Uint8Array(MAX_CRL_BYTES + 1)));
    });

    it('GeneralizedTime before 2050 in thisUpdate', () => {
      const editTbs = (tbs: Uint8Array): Uint8Array => {
        const reader = DerReader.open(tbs, Tag.SEQUENCE, 'tbs');
        const parts: Uint8Array[] = [];
        while (!reader.done) parts.push(reader.raw(reader.next()));
        parts[3] = der.generalizedTime(days(-1));
        return der.sequence(...parts);
      };
      expectCode('ERR_DER', () => decode({ editTbs }));
      decode({ editTbs: (tbs) => tbs });
    });

    it('serial numbers that are chosen to collide, without taking long', () => {
      const parts: Uint8Array[] = [];
      // The same serial under ever new certificate issuers lands in one slot of the table.
      for (let i = 0; i < 6000; i++) {
        const names = der.sequence(general.directory(name(`CA ${i}`)));
        const list = der.sequence(
          der.sequence(der.oid(Oid.certificateIssuer), der.boolean(true), der.octetString(names)),
        );
        parts.push(der.sequence(der.integer(5), der.time(days(-2)), list));
      }
      const bytes = makeCrl(root, { rawEntries: Buffer.concat(parts), idp: { indirect: true } });
      expectCode('ERR_CRL_ENTRY', () => CertificateList.decode(bytes));
    });
  });

  it('accepts the twins of the refused lists', () => {
    decode({ extra: [unknown(false)] });
    decode({ entries: [{ serial, extra: [unknown(false)] }] });
    decode({ number: 4, base: 4, entries: [{ serial, reason: 8 }] });
    decode({
      idp: { indirect: true },
      entries: [{ serial, certificateIssuer: other }, { serial: Uint8Array.of(1) }],
    });
    decode({ extra: [idpExtension({ onlyUser: true }, false)] });
    CertificateList.decode(makeCrl({ subject: root.subject, key: testKey('ed25519') }));
  });

  it('refuses a default written out in the issuing distribution point', () => {
    const value = der.sequence(der.element(0x81, Uint8Array.of(0)), der.element(0x82, Uint8Array.of(0xff)));
    const extra = [extensions.raw(Oid.issuingDistributionPoint, true, value)];
    expectCode('ERR_CRL_EXTENSION', () => decode({ extra }));
  });

  it('refuses extensions that are an empty list', () => {
    const editTbs = (tbs: Uint8Array): Uint8Array => {
      const reader = DerReader.open(tbs, Tag.SEQUENCE, 'tbs');
      const parts: Uint8Array[] = [];
      while (!reader.done) parts.push(reader.raw(reader.next()));
      parts[parts.length - 1] = der.element(context(0), der.sequence());
      return der.sequence(...parts);
    };
    expectCode('ERR_DER', () => decode({ editTbs }));
  });
});
