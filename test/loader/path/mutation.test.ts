import { expect } from 'chai';
import fc from 'fast-check';
import { isModelsealError } from '../../../core/errors/index.js';
import { Certificate } from '../../../core/x509/index.js';
import { findPath, TrustAnchors } from '../../../loader/path/index.js';
import {
  AT,
  type CertificateSpec,
  general,
  type Issued,
  makeIntermediate,
  makeLeaf,
  makeRoot,
  testKey,
  extensions as x,
} from '../../support/pki.js';

/** A chain with every extension that is understood, so that every decoder is reached. */
const rich: CertificateSpec = {
  extra: [
    x.certificatePolicies(['1.2.3.4', '2.5.29.32.0']),
    x.crlDistributionPoints(['http://crl.example.com/a.crl']),
    x.authorityInfoAccess(['http://ocsp.example.com'], ['http://ca.example.com/ca.cer']),
  ],
};
const root = makeRoot();
const issuing = makeIntermediate(root, {
  ...rich,
  extra: [
    ...(rich.extra ?? []),
    x.nameConstraints(
      [general.email('example.com'), general.dns('example.com')],
      [general.ip(10, 0, 0, 0, 255, 0, 0, 0)],
    ),
    x.policyConstraints(5, 5),
    x.inhibitAnyPolicy(5),
    x.policyMappings([['1.2.3.4', '1.2.3.5']]),
  ],
});
const leaf = makeLeaf(issuing, rich);
const rsaRoot = makeRoot({ key: testKey('rsa-2048'), subject: 'RSA Root' });
const rsaLeaf = makeLeaf(rsaRoot);

function judge(leafDer: Uint8Array, issuerDers: readonly Uint8Array[], anchor: Issued): boolean {
  try {
    findPath(Certificate.decode(leafDer), {
      anchors: TrustAnchors.from([anchor.certificate]),
      intermediates: issuerDers.map((der) => Certificate.decode(der)),
      at: AT,
      purpose: 'code-signing',
    });
    return true;
  } catch (error) {
    // Anything else than our own error is a crash.
    if (isModelsealError(error) && error.code !== 'ERR_INTERNAL') return false;
    throw error;
  }
}

/** Bit flips, truncation, insertion, removal and repetition of a stretch of bytes. */
function mutation(original: Uint8Array): fc.Arbitrary<Uint8Array> {
  const position = fc.nat(original.length - 1);
  return fc.oneof(
    fc.tuple(position, fc.nat(7)).map(([at, bit]) => {
      const copy = original.slice();
      copy[at] = (copy[at] as number) ^ (1 << bit);
      return copy;
    }),
    fc.tuple(position, fc.nat(255)).map(([at, octet]) => {
      const copy = original.slice();
      copy[at] = octet;
      return copy;
    }),
    position.map((at) => original.slice(0, at)),
    fc
      .tuple(position, fc.uint8Array({ minLength: 1, maxLength: 8 }))
      .map(([at, bytes]) => concat(original.subarray(0, at), bytes, original.subarray(at))),
    fc
      .tuple(position, fc.integer({ min: 1, max: 16 }))
      .map(([at, n]) => concat(original.subarray(0, at), original.subarray(at + n))),
    fc
      .tuple(position, position)
      .map(([a, b]) => concat(original.subarray(0, Math.max(a, b)), original.subarray(Math.min(a, b)))),
    fc.uint8Array({ minLength: 1, maxLength: 4 }).map((tail) => concat(original, tail)),
  );
}

function concat(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

describe('mutated certificates', () => {
  const runs = Number(process.env.MODELSEAL_MUTATION_RUNS ?? 1500);

  it('start from chains that are accepted', () => {
    expect(judge(leaf.der, [issuing.der], root)).to.equal(true);
    expect(judge(rsaLeaf.der, [], rsaRoot)).to.equal(true);
  });

  for (const [what, original, run] of [
    ['leaf', leaf.der, (der: Uint8Array) => judge(der, [issuing.der], root)],
    ['intermediate', issuing.der, (der: Uint8Array) => judge(leaf.der, [der], root)],
    ['leaf under an RSA key', rsaLeaf.der, (der: Uint8Array) => judge(der, [], rsaRoot)],
  ] as const) {
    it(`${what}: never accepted, never a crash, never slow`, function () {
      this.timeout(60_000);
      fc.assert(
        fc.property(mutation(original), (der) => {
          if (same(der, original)) return;
          const start = performance.now();
          expect(run(der), Buffer.from(der).toString('hex')).to.equal(false);
          // Generous: the machine may be busy, a hang is not measured in milliseconds.
          expect(performance.now() - start).to.be.below(2000);
        }),
        { numRuns: runs },
      );
    });
  }

  it('every single bit of the leaf counts', function () {
    this.timeout(120_000);
    for (let bit = 0; bit < leaf.der.length * 8; bit++) {
      const copy = leaf.der.slice();
      copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(judge(copy, [issuing.der], root), `bit ${bit}`).to.equal(false);
    }
  });

  it('a mutated anchor never crashes', () => {
    fc.assert(
      fc.property(mutation(root.der), (der) => {
        try {
          const anchors = TrustAnchors.from([Certificate.decode(der)]);
          findPath(leaf.certificate, {
            anchors,
            intermediates: [issuing.certificate],
            at: AT,
            purpose: 'code-signing',
          });
        } catch (error) {
          expect(isModelsealError(error) && error.code !== 'ERR_INTERNAL', String(error)).to.equal(true);
        }
      }),
      { numRuns: runs },
    );
  });

  it('bytes signed as they are, malformed inside, never crash either', function () {
    this.timeout(60_000);
    fc.assert(
      fc.property(fc.nat(), fc.nat(7), fc.constantFrom('leaf', 'ca'), (where, bit, who) => {
        const editTbs = (tbs: Uint8Array): Uint8Array => {
          const copy = tbs.slice();
          const at = where % copy.length;
          copy[at] = (copy[at] as number) ^ (1 << bit);
          return copy;
        };
        // A hostile CA signs anything; that its signature is good must not make the parser trust the content.
        const key = testKey('ec-p256', 'hostile');
        const ca = makeIntermediate(root, { ...rich, key, ...(who === 'ca' ? { editTbs } : {}) });
        const end = makeLeaf(ca, { ...rich, ...(who === 'leaf' ? { editTbs } : {}) });
        judge(end.der, [ca.der], root);
      }),
      { numRuns: runs },
    );
  });
});
