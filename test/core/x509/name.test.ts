import { expect } from 'chai';
import { DerReader, der, Tag } from '../../../core/der/index.js';
import { Name, readTime } from '../../../core/x509/index.js';

const CN = '2.5.4.3';
const O = '2.5.4.10';

/** A name of single-attribute RDNs from type, tag and text or octets. */
function make(...attributes: [type: string, tag: number, value: string | Uint8Array][]): Name {
  return Name.decode(
    der.sequence(
      ...attributes.map(([type, tag, value]) =>
        der.setOf(
          der.sequence(
            der.oid(type),
            der.element(tag, typeof value === 'string' ? Buffer.from(value) : value),
          ),
        ),
      ),
    ),
  );
}

const utf8 = (text: string) => make([CN, Tag.UTF8_STRING, text]);
const bmp = (text: string) => make([CN, Tag.BMP_STRING, Buffer.from(text, 'utf16le').swap16()]);

describe('Name comparison (RFC 5280 §7.1)', () => {
  const same: [string, Name, Name][] = [
    ['case', utf8('Example'), utf8('eXAMPLE')],
    ['space around', utf8('  Example '), utf8('Example')],
    ['runs of space', utf8('A  B   C'), utf8('A B C')],
    ['encodings', utf8('Example'), make([CN, Tag.PRINTABLE_STRING, 'EXAMPLE'])],
    ['BMPString', utf8('Ünïcode'), bmp('ünÏCODE')],
    [
      'TeletexString as Latin-1',
      utf8('Müller'),
      make([CN, Tag.TELETEX_STRING, Buffer.from('Müller', 'latin1')]),
    ],
    ['UniversalString', utf8('A'), make([CN, Tag.UNIVERSAL_STRING, Uint8Array.of(0, 0, 0, 0x61)])],
    ['composed and decomposed', utf8('é'), utf8('e\u0301')],
    ['compatibility forms', utf8('ﬁle'), utf8('FILE')],
    ['full folding', utf8('Straße'), utf8('STRASSE')],
    ['final sigma', utf8('ΟΔΟΣ'), utf8('οδος')],
    ['soft hyphen', utf8('exam\u00ADple'), utf8('example')],
    ['no-break space', utf8('a\u00A0b'), utf8('a b')],
  ];
  for (const [what, a, b] of same) {
    it(`equal: ${what}`, () => {
      expect(a.equals(b)).to.equal(true);
      expect(b.equals(a)).to.equal(true);
      expect(a.key).to.equal(b.key);
    });
  }

  const different: [string, Name, Name][] = [
    ['text', utf8('A'), utf8('B')],
    ['type', utf8('A'), make([O, Tag.UTF8_STRING, 'A'])],
    ['order of RDNs', make([CN, 12, 'A'], [O, 12, 'B']), make([O, 12, 'B'], [CN, 12, 'A'])],
    ['length', make([CN, 12, 'A']), make([CN, 12, 'A'], [O, 12, 'B'])],
    ['dotless i', utf8('ı'), utf8('i')],
    ['no space and space', utf8('ab'), utf8('a b')],
    ['bad UTF-8 and its replacement', make([CN, 12, Uint8Array.of(0xff)]), utf8('\uFFFD')],
    ['BMPString of odd length', make([CN, Tag.BMP_STRING, Uint8Array.of(0, 0x41, 0)]), utf8('A')],
    ['a NUL', utf8('a'), utf8('a\0')],
  ];
  for (const [what, a, b] of different) {
    it(`different: ${what}`, () => {
      expect(a.equals(b)).to.equal(false);
      expect(a.key).not.to.equal(b.key);
    });
  }

  it('compares multi-valued RDNs as sets', () => {
    const pair = (type: string, text: string) => der.sequence(der.oid(type), der.utf8String(text));
    const one = Name.decode(der.sequence(der.element(Tag.SET, pair(CN, 'A'), pair(O, 'B'))));
    const two = Name.decode(der.sequence(der.element(Tag.SET, pair(O, 'b'), pair(CN, 'a'))));
    expect(one.equals(two)).to.equal(true);
    expect(one.equals(make([CN, 12, 'A'], [O, 12, 'B']))).to.equal(false);
  });

  it('knows subtrees', () => {
    const base = make([O, 12, 'Org']);
    expect(make([O, 12, 'ORG'], [CN, 12, 'x']).isWithin(base)).to.equal(true);
    expect(make([CN, 12, 'x'], [O, 12, 'Org']).isWithin(base)).to.equal(false);
    expect(base.isWithin(make([O, 12, 'Org'], [CN, 12, 'x']))).to.equal(false);
  });
});

describe('Name as text (RFC 4514)', () => {
  it('stands last RDN first, with escapes', () => {
    const name = make(['2.5.4.6', Tag.PRINTABLE_STRING, 'DE'], [O, 12, 'A, B + "C"'], [CN, 12, '#x ']);
    expect(name.toString()).to.equal('CN=\\#x\\ ,O=A\\, B \\+ \\"C\\",C=DE');
  });

  it('shows what it does not know as hexadecimal', () => {
    expect(make(['1.2.3.4', 12, 'x']).toString()).to.equal('1.2.3.4=#0c0178');
    expect(make([CN, 12, Uint8Array.of(0xff)]).toString()).to.equal('CN=#0c01ff');
  });
});

describe('Time (RFC 5280 §4.1.2.5)', () => {
  const read = (tag: number, text: string): Date =>
    readTime(new DerReader(der.element(tag, Buffer.from(text))), 't');

  it('reads both forms', () => {
    expect(read(Tag.UTC_TIME, '491231235959Z').toISOString()).to.equal('2049-12-31T23:59:59.000Z');
    expect(read(Tag.UTC_TIME, '500101000000Z').toISOString()).to.equal('1950-01-01T00:00:00.000Z');
    expect(read(Tag.GENERALIZED_TIME, '99991231235959Z').toISOString()).to.equal('9999-12-31T23:59:59.000Z');
    expect(read(Tag.GENERALIZED_TIME, '00010101000000Z').getUTCFullYear()).to.equal(1);
    expect(read(Tag.UTC_TIME, '000229000000Z').toISOString()).to.equal('2000-02-29T00:00:00.000Z');
  });

  it('refuses every other way to write a time', () => {
    for (const text of [
      '2601010000Z',
      '260101000000',
      '260101000000+0000',
      '260101000000.5Z',
      '261301000000Z',
      '260229000000Z',
      '260100000000Z',
      '260101240000Z',
      '260101006000Z',
      '260101000060Z',
      '2601010000 0Z',
      '20260101000000Z',
    ]) {
      expect(() => read(Tag.UTC_TIME, text), text)
        .to.throw()
        .with.property('code', 'ERR_DER');
    }
    for (const text of ['260101000000Z', '20260101000000', '20260101000000.0Z', '20260101000000+0100']) {
      expect(() => read(Tag.GENERALIZED_TIME, text), text)
        .to.throw()
        .with.property('code', 'ERR_DER');
    }
  });
});
