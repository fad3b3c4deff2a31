import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { type ErrorCode, isModelsealError } from '../../../core/errors/index.js';
import { Oid } from '../../../core/x509/index.js';
import { findPath, TrustAnchors } from '../../../loader/path/index.js';
import { needOpenssl, openssl } from '../../support/openssl.js';
import {
  AT,
  type CertificateSpec,
  general,
  type Issued,
  makeIntermediate,
  makeLeaf,
  makeRoot,
  type TestExtension,
  testKey,
  extensions as x,
} from '../../support/pki.js';

/** Where OpenSSL 3 and we disagree on purpose. OpenSSL accepts all of these. */
const DIFFERENCES: ReadonlyMap<ErrorCode, string> = new Map<ErrorCode, string>([
  [
    'ERR_CERT_EXTENSION_MISPLACED',
    'without -x509_strict OpenSSL lets a leaf carry keyCertSign, a path length or name constraints (§4.2.1.3, 9, 10)',
  ],
  [
    'ERR_PATH_NAME_CONSTRAINT_MALFORMED',
    'OpenSSL reads ".example.com" as a DNS constraint, §4.2.1.10 knows none',
  ],
]);

const LATER = new Date('2026-07-01T00:00:00Z');
const EARLIER = new Date('2026-05-01T00:00:00Z');

const hosts = ['example.com', 'a.example.com', 'b.a.example.com', 'example.org', 'notexample.com'];
const host = fc.constantFrom(...hosts);
const mailboxes = hosts.map((h) => `dev@${h}`);

const nameOf = fc.oneof(
  host.map(general.dns),
  fc.constantFrom(...mailboxes).map(general.email),
  host.map((h) => general.uri(`https://${h}/x`)),
  fc.constantFrom([192, 0, 2, 1], [192, 0, 3, 1], [10, 0, 0, 1]).map((octets) => general.ip(...octets)),
);
const baseOf = fc.oneof(
  host.map(general.dns),
  fc
    .oneof(
      host,
      host.map((h) => `.${h}`),
      fc.constantFrom(...mailboxes),
    )
    .map(general.email),
  fc
    .oneof(
      host,
      host.map((h) => `.${h}`),
    )
    .map(general.uri),
  fc
    .constantFrom([192, 0, 2, 0, 255, 255, 255, 0], [192, 0, 0, 0, 255, 255, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0])
    .map((octets) => general.ip(...octets)),
);

/** Mostly right, now and then not, so that both verdicts come up often. */
const seldom = <T>(usual: T, ...others: T[]): fc.Arbitrary<T> =>
  fc.oneof(
    { weight: 12, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );

const dates = seldom<Partial<CertificateSpec>>({}, { notAfter: EARLIER }, { notBefore: LATER });
const broken = seldom<Partial<CertificateSpec>>(
  {},
  { editSignature: (s) => Uint8Array.from(s, (octet, i) => (i === s.length - 1 ? octet ^ 1 : octet)) },
);

const caSpec = fc.record({
  dates,
  broken,
  ca: seldom(true, false),
  pathLength: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, fc.nat(2)),
  usage: seldom<TestExtension | undefined>(
    x.keyUsage(['keyCertSign', 'cRLSign']),
    undefined,
    x.keyUsage(['cRLSign']),
    x.keyUsage(['digitalSignature', 'keyCertSign']),
  ),
  constraints: fc.oneof(
    { weight: 3, arbitrary: fc.constant(undefined) },
    fc
      .tuple(fc.array(baseOf, { maxLength: 2 }), fc.array(baseOf, { maxLength: 1 }))
      .map(([permitted, excluded]) =>
        permitted.length + excluded.length === 0 ? undefined : x.nameConstraints(permitted, excluded),
      ),
  ),
  unknown: seldom<TestExtension[]>([], [x.raw('1.3.6.1.4.1.99999.1', true, Uint8Array.of(5, 0))]),
  selfIssued: seldom(false, true),
});

const leafSpec = fc.record({
  dates,
  broken,
  names: fc.array(nameOf, { minLength: 1, maxLength: 2 }),
  unknown: seldom<TestExtension[]>([], [x.raw('1.3.6.1.4.1.99999.1', true, Uint8Array.of(5, 0))]),
  basic: seldom<TestExtension | undefined>(
    x.basicConstraints(false),
    undefined,
    x.basicConstraints(false, 0),
  ),
});

const chainSpec = fc.record({ root: caSpec, between: fc.array(caSpec, { maxLength: 3 }), leaf: leafSpec });

type Spec = typeof chainSpec extends fc.Arbitrary<infer T> ? T : never;
type CaSpec = Spec['root'];

function caOptions(spec: CaSpec, depth: number, above?: Issued): CertificateSpec {
  const { constraints, usage, unknown } = spec;
  return {
    ...spec.dates,
    ...spec.broken,
    subject: above && spec.selfIssued ? above.subject : `CA ${depth}`,
    key: testKey('ec-p256', `differential ${depth}`),
    extensions: {
      [Oid.basicConstraints]: x.basicConstraints(spec.ca, spec.ca ? spec.pathLength : undefined),
      [Oid.keyUsage]: usage,
    },
    extra: [...(constraints ? [constraints] : []), ...unknown],
  };
}

function make({ root, between, leaf }: Spec): { root: Issued; bag: Issued[]; leaf: Issued } {
  // The anchor's signature on itself is nobody's business, and OpenSSL checks it only on request.
  const anchor = makeRoot(caOptions({ ...root, broken: {} }, 0));
  let top = anchor;
  const bag = between.map((spec, i) => {
    top = makeIntermediate(top, caOptions(spec, i + 1, top));
    return top;
  });
  const end = makeLeaf(top, {
    ...leaf.dates,
    ...leaf.broken,
    extensions: {
      [Oid.subjectAltName]: x.subjectAltName(leaf.names),
      [Oid.basicConstraints]: leaf.basic,
    },
    extra: leaf.unknown,
  });
  return { root: anchor, bag, leaf: end };
}

function ours(chain: { root: Issued; bag: Issued[]; leaf: Issued }): 'accepted' | ErrorCode {
  try {
    findPath(chain.leaf.certificate, {
      anchors: TrustAnchors.from([chain.root.certificate]),
      intermediates: chain.bag.map((c) => c.certificate),
      at: AT,
      purpose: 'any',
    });
    return 'accepted';
  } catch (error) {
    if (isModelsealError(error)) return error.code;
    throw error;
  }
}

describe('path validation against openssl verify', () => {
  let folder: string;
  before(function () {
    needOpenssl(this);
    folder = mkdtempSync(join(tmpdir(), 'modelseal-test-'));
  });
  after(() => {
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  function theirs(chain: { root: Issued; bag: Issued[]; leaf: Issued }): {
    accepted: boolean;
    output: string;
  } {
    const file = (name: string, pems: readonly Issued[]): string => {
      writeFileSync(join(folder, name), pems.map((c) => c.pem).join(''));
      return join(folder, name);
    };
    const untrusted = chain.bag.length > 0 ? ['-untrusted', file('bag.pem', chain.bag)] : [];
    const { status, output } = openssl([
      ...['verify', '-no-CApath', '-no-CAstore', '-attime', String(AT.getTime() / 1000), '-auth_level', '2'],
      ...['-CAfile', file('root.pem', [chain.root]), ...untrusted, file('leaf.pem', [chain.leaf])],
    ]);
    return { accepted: status === 0, output };
  }

  it('agrees on generated chains, but for differences with a reason', function () {
    this.timeout(120_000);
    const seen = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(chainSpec, (spec) => {
        const chain = make(spec);
        const our = ours(chain);
        const their = theirs(chain);
        seen[their.accepted ? 'accepted' : 'refused']++;
        if ((our === 'accepted') === their.accepted) return;
        const explained = our !== 'accepted' && DIFFERENCES.has(our);
        expect(explained, `we say ${our}, OpenSSL says ${their.output}`).to.equal(true);
      }),
      { numRuns: Number(process.env.MODELSEAL_DIFFERENTIAL_RUNS ?? 100) },
    );
    // A generator that makes only one kind of chain would prove nothing.
    expect(Math.min(seen.accepted, seen.refused)).to.be.greaterThan(5);
  });

  it('still disagrees where the reasons say so', () => {
    const root = makeRoot();
    const cases: [ErrorCode, CertificateSpec, CertificateSpec][] = [
      ['ERR_CERT_EXTENSION_MISPLACED', {}, { extra: [x.nameConstraints([general.dns('example.com')])] }],
      [
        'ERR_PATH_NAME_CONSTRAINT_MALFORMED',
        { extra: [x.nameConstraints([general.dns('.example.com')])] },
        {},
      ],
    ];
    expect(cases.map(([code]) => code)).to.have.members([...DIFFERENCES.keys()]);
    for (const [code, ca, leaf] of cases) {
      const issuing = makeIntermediate(root, ca);
      const chain = { root, bag: [issuing], leaf: makeLeaf(issuing, leaf) };
      expect(ours(chain)).to.equal(code);
      expect(theirs(chain).accepted, `${code}: OpenSSL refuses as well now`).to.equal(true);
    }
  });
});
