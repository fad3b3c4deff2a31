import { expect } from 'chai';
import fc from 'fast-check';
import { DerReader, der, readTlv, Tag } from '../../../core/der/index.js';

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const refused = (run: () => unknown, what?: string) =>
  expect(run, what).to.throw().with.property('code', 'ERR_DER');

describe('DER lengths and tags', () => {
  it('takes the shortest definite length only', () => {
    expect(readTlv(hex('0400'), 0, 2)).to.include({ content: 2, end: 2 });
    for (const bad of [
      '04',
      '0401',
      '0480',
      '04800000',
      '048101 00',
      '04820001 00',
      `0482007f${'00'.repeat(127)}`,
      '04850000000001 00',
      '0484ffffffff',
      '1f8100',
    ]) {
      refused(() => readTlv(hex(bad), 0, hex(bad).length), bad);
    }
  });

  it('never reads past what encloses an element', () => {
    const reader = DerReader.open(hex('3003 020105'), Tag.SEQUENCE, 'test');
    expect(reader.smallInteger('test')).to.equal(5);
    expect(reader.done).to.equal(true);
    refused(() => DerReader.open(hex('3003 020205'), Tag.SEQUENCE, 'test').smallInteger('test'));
    refused(() => DerReader.open(hex('3002 0500 00'), Tag.SEQUENCE, 'test'));
  });
});

describe('DER primitive values', () => {
  const reader = (text: string) => new DerReader(hex(text));

  it('BOOLEAN is 00 or FF', () => {
    expect(reader('0101ff').boolean('t')).to.equal(true);
    expect(reader('010100').boolean('t')).to.equal(false);
    for (const bad of ['010101', '0100', '0102ff00']) refused(() => reader(bad).boolean('t'), bad);
  });

  it('INTEGER is minimal', () => {
    expect(reader('02020080').smallInteger('t')).to.equal(128);
    for (const bad of ['0200', '02020001', '0202ff80', '020180', '02050100000000']) {
      refused(() => reader(bad).smallInteger('t'), bad);
    }
  });

  it('BIT STRING has zero unused bits', () => {
    expect(reader('03020780').bitString('t')).to.deep.equal({ unused: 7, bytes: hex('80') });
    for (const bad of ['0300', '030101', '03020881', '03020781'])
      refused(() => reader(bad).bitString('t'), bad);
  });

  it('OBJECT IDENTIFIER has minimal arcs', () => {
    expect(reader('0603550403').oid('t')).to.equal('2.5.4.3');
    expect(reader('0603883703').oid('t')).to.equal('2.999.3');
    for (const bad of ['0600', '06028055', '060281']) {
      refused(() => reader(bad).oid('t'), bad);
    }
  });

  it('NULL is empty', () => {
    expect(() => reader('0500').null('t')).not.to.throw();
    refused(() => reader('050100').null('t'));
  });
});

describe('DER writer and reader', () => {
  it('agree on every OID', () => {
    fc.assert(
      fc.property(
        fc.nat(2),
        fc.nat(39),
        fc.array(fc.bigInt({ min: 0n, max: 1n << 100n }), { maxLength: 6 }),
        (first, second, rest) => {
          const dotted = [first, second, ...rest].join('.');
          expect(new DerReader(der.oid(dotted)).oid('t')).to.equal(dotted);
        },
      ),
    );
  });

  it('agree on every integer', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(1n << 130n), max: 1n << 130n }), (n) => {
        const bytes = new DerReader(der.integer(n)).integerBytes('t');
        expect(BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).toString('hex')}`))).to.equal(
          n,
        );
      }),
    );
  });

  it('agree on every length', () => {
    for (const n of [0, 1, 127, 128, 255, 256, 65535, 65536]) {
      const bytes = der.octetString(new Uint8Array(n));
      expect(new DerReader(bytes).octets('t')).to.have.length(n);
    }
  });
});
