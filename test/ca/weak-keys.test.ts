import { generateKeyPairSync, generatePrimeSync } from 'node:crypto';
import { expect } from 'chai';
import { weakness } from '../../ca/weak-keys.js';

const prime = (bits: number): bigint => generatePrimeSync(bits, { bigint: true });

describe('ca: weak moduli', () => {
  it('passes ordinary keys', () => {
    for (let i = 0; i < 3; i++) {
      const { n } = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });
      expect(weakness(BigInt(`0x${Buffer.from(n ?? '', 'base64url').toString('hex')}`))).to.equal(undefined);
    }
    expect(weakness(prime(512) * prime(512))).to.equal(undefined);
  });

  it('finds small factors', () => {
    expect(weakness(prime(1024) * 751n)).to.match(/small factor/);
    expect(weakness(prime(1024) * 3n)).to.match(/small factor/);
    expect(weakness(prime(1024) << 1n)).to.match(/small factor/);
  });

  it('finds primes that lie close together', () => {
    const p = prime(512);
    let q = p + 2n;
    const divides = (n: bigint): boolean => [3n, 5n, 7n, 11n, 13n].some((d) => n % d === 0n);
    while (divides(q) || weakness(p * q)?.includes('factor')) q += 2n;
    expect(weakness(p * q)).to.match(/too close/);
    expect(weakness(p * p)).to.match(/too close/);
  });

  it('finds the mark of ROCA', () => {
    // A power of 65537 is one modulo every prime, which is all that the test looks at.
    expect(weakness(65_537n ** 128n)).to.match(/ROCA/);
  });
});
