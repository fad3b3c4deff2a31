import { expect } from 'chai';
import { type ErrorCode, isModelsealError } from '../../../core/errors/index.js';
import { Oid } from '../../../core/x509/index.js';
import { findPath, TrustAnchors } from '../../../loader/path/index.js';
import {
  AT,
  general,
  makeIntermediate,
  makeLeaf,
  makeRoot,
  type TestName,
  extensions as x,
} from '../../support/pki.js';

const ON = 'ERR_PATH_NAME_NOT_PERMITTED';
const EXCLUDED = 'ERR_PATH_NAME_EXCLUDED';
const BAD_NAME = 'ERR_PATH_NAME_MALFORMED';
const BAD_BASE = 'ERR_PATH_NAME_CONSTRAINT_MALFORMED';
const UNSUPPORTED = 'ERR_PATH_NAME_UNSUPPORTED';

interface Case {
  readonly permitted?: readonly Uint8Array[];
  readonly excluded?: readonly Uint8Array[];
  readonly names?: readonly Uint8Array[];
  readonly subject?: TestName;
  readonly expect: 'accepted' | ErrorCode;
}

function judge(test: Case): 'accepted' | ErrorCode {
  const root = makeRoot();
  const issuing = makeIntermediate(root, {
    extra: [x.nameConstraints(test.permitted ?? [], test.excluded ?? [])],
  });
  const san = test.names ? x.subjectAltName(test.names) : undefined;
  const leaf = makeLeaf(issuing, {
    ...(test.subject ? { subject: test.subject } : {}),
    extensions: { [Oid.subjectAltName]: san },
  });
  return outcome(() =>
    findPath(leaf.certificate, {
      anchors: TrustAnchors.from([root.certificate]),
      intermediates: [issuing.certificate],
      at: AT,
      purpose: 'code-signing',
    }),
  );
}

function outcome(run: () => unknown): 'accepted' | ErrorCode {
  try {
    run();
    return 'accepted';
  } catch (error) {
    if (isModelsealError(error)) return error.code;
    throw error;
  }
}

const { dns, email, uri, ip, directory, registeredId, other } = general;
const net = (...octets: number[]): Uint8Array => ip(...octets);
const v6 = (first: number, ...rest: number[]): number[] => [
  first,
  ...rest,
  ...Array<number>(15 - rest.length).fill(0),
];
const person: TestName = [
  [Oid.commonName, 'Dev'],
  [Oid.emailAddress, 'dev@other.example'],
];
const inOrg = (unit: string): TestName => [
  ['2.5.4.10', 'Org'],
  ['2.5.4.11', unit],
];

/** RFC 5280 §4.2.1.10, form by form. */
const CASES: Readonly<Record<string, readonly Case[]>> = {
  dns: [
    { permitted: [dns('example.com')], names: [dns('example.com')], expect: 'accepted' },
    { permitted: [dns('example.com')], names: [dns('a.b.EXAMPLE.com')], expect: 'accepted' },
    { permitted: [dns('example.com')], names: [dns('notexample.com')], expect: ON },
    { permitted: [dns('a.example.com')], names: [dns('example.com')], expect: ON },
    { permitted: [dns('')], names: [dns('anything.example')], expect: 'accepted' },
    { excluded: [dns('')], names: [dns('anything.example')], expect: EXCLUDED },
    { excluded: [dns('example.com')], names: [dns('x.example.com')], expect: EXCLUDED },
    { excluded: [dns('example.com')], names: [dns('example.org')], expect: 'accepted' },
    { permitted: [dns('example.com')], names: [dns('example.com'), dns('evil.example')], expect: ON },
    { permitted: [dns('.example.com')], names: [dns('a.example.com')], expect: BAD_BASE },
    { permitted: [dns('*.example.com')], names: [dns('a.example.com')], expect: BAD_BASE },
    { permitted: [dns('example.com.')], names: [dns('example.com')], expect: BAD_BASE },
    { permitted: [dns('example.com')], names: [dns('.example.com')], expect: BAD_NAME },
    { permitted: [dns('example.com')], names: [dns('a..example.com')], expect: BAD_NAME },
    { permitted: [dns('example.com')], names: [dns('example.com.')], expect: BAD_NAME },
    { permitted: [dns('example.com')], names: [dns('*.example.com')], expect: 'accepted' },
    { permitted: [dns('a.example.com')], names: [dns('*.example.com')], expect: ON },
    { excluded: [dns('a.example.com')], names: [dns('*.example.com')], expect: EXCLUDED },
    { excluded: [dns('a.b.example.com')], names: [dns('*.example.com')], expect: 'accepted' },
    { permitted: [dns('example.com')], names: [email('a@evil.example')], expect: 'accepted' },
    { permitted: [dns('example.com')], names: [email('a @ evil.example')], expect: BAD_NAME },
    { permitted: [email('example.com')], names: [dns('evil example')], expect: BAD_NAME },
    { permitted: [email('example.com')], names: [dns('evil.example')], expect: 'accepted' },
  ],
  email: [
    { permitted: [email('example.com')], names: [email('a@example.com')], expect: 'accepted' },
    { permitted: [email('example.com')], names: [email('a@EXAMPLE.com')], expect: 'accepted' },
    { permitted: [email('example.com')], names: [email('a@sub.example.com')], expect: ON },
    { permitted: [email('.example.com')], names: [email('a@sub.example.com')], expect: 'accepted' },
    { permitted: [email('.example.com')], names: [email('a@example.com')], expect: ON },
    { permitted: [email('a@example.com')], names: [email('a@example.COM')], expect: 'accepted' },
    { permitted: [email('a@example.com')], names: [email('A@example.com')], expect: ON },
    { excluded: [email('a@example.com')], names: [email('b@example.com')], expect: 'accepted' },
    { excluded: [email('example.com')], names: [email('b@example.com')], expect: EXCLUDED },
    { permitted: [email('example.com')], names: [email('a@b@example.com')], expect: BAD_NAME },
    { permitted: [email('example.com')], names: [email('"a@b"@example.com')], expect: 'accepted' },
    { permitted: [email('a@example.com')], names: [email('"a"@example.com')], expect: 'accepted' },
    { permitted: [email('"a"@example.com')], names: [email('a@example.com')], expect: 'accepted' },
    { excluded: [email('foo@example.com')], names: [email('"\\f\\o\\o"@example.com')], expect: EXCLUDED },
    { excluded: [email('foo@example.com')], names: [email('"\\b\\a\\r"@example.com')], expect: 'accepted' },
    { permitted: [email('example.com')], names: [email('example.com')], expect: BAD_NAME },
    { permitted: [email('a@b@example.com')], names: [email('a@example.com')], expect: BAD_BASE },
    { permitted: [email('example.com')], subject: person, expect: ON },
    { permitted: [email('other.example')], subject: person, expect: 'accepted' },
    { excluded: [email('other.example')], subject: person, names: [dns('x.example')], expect: EXCLUDED },
  ],
  uri: [
    { permitted: [uri('example.com')], names: [uri('https://example.com/x')], expect: 'accepted' },
    { permitted: [uri('example.com')], names: [uri('https://EXAMPLE.com:8443')], expect: 'accepted' },
    { permitted: [uri('example.com')], names: [uri('https://a.example.com')], expect: ON },
    { permitted: [uri('.example.com')], names: [uri('https://a.example.com')], expect: 'accepted' },
    { permitted: [uri('.example.com')], names: [uri('https://example.com')], expect: ON },
    { permitted: [uri('example.com')], names: [uri('https://example.com@evil.example/')], expect: ON },
    {
      permitted: [uri('example.com')],
      names: [uri('https://evil.example\\@example.com/')],
      expect: BAD_NAME,
    },
    { permitted: [uri('example.com')], names: [uri('https://evil.example/@example.com')], expect: ON },
    { permitted: [uri('example.com')], names: [uri('urn:example.com')], expect: BAD_NAME },
    { permitted: [uri('example.com')], names: [uri('mailto:a@example.com')], expect: BAD_NAME },
    { excluded: [uri('example.com')], names: [uri('https://192.0.2.1/')], expect: BAD_NAME },
    { excluded: [uri('example.com')], names: [uri('https://[2001:db8::1]/')], expect: BAD_NAME },
    { excluded: [uri('.example.com')], names: [uri('ftp://a.b.example.com')], expect: EXCLUDED },
    { permitted: [uri('https://example.com')], names: [uri('https://example.com')], expect: BAD_BASE },
  ],
  ip: [
    { permitted: [net(192, 0, 2, 0, 255, 255, 255, 0)], names: [ip(192, 0, 2, 9)], expect: 'accepted' },
    { permitted: [net(192, 0, 2, 7, 255, 255, 255, 0)], names: [ip(192, 0, 2, 9)], expect: 'accepted' },
    { permitted: [net(192, 0, 2, 0, 255, 255, 255, 0)], names: [ip(192, 0, 3, 9)], expect: ON },
    { permitted: [net(192, 0, 2, 0, 255, 255, 255, 0)], names: [ip(...v6(0x20))], expect: ON },
    { permitted: [net(...v6(0x20, 1), ...v6(255, 255))], names: [ip(...v6(0x20, 1, 5))], expect: 'accepted' },
    { excluded: [net(0, 0, 0, 0, 0, 0, 0, 0)], names: [ip(10, 0, 0, 1)], expect: EXCLUDED },
    { excluded: [net(0, 0, 0, 0, 0, 0, 0, 0)], names: [ip(...v6(0x20))], expect: 'accepted' },
    { permitted: [net(192, 0, 2, 0, 255, 0, 255, 0)], names: [ip(192, 0, 2, 9)], expect: BAD_BASE },
    { permitted: [net(...v6(0x20), ...v6(255, 0, 255))], names: [ip(...v6(0x20))], expect: BAD_BASE },
    { permitted: [net(192, 0, 2, 1)], names: [ip(192, 0, 2, 1)], expect: BAD_BASE },
  ],
  directory: [
    { permitted: [directory([['2.5.4.10', 'ORG']])], subject: inOrg('a'), expect: 'accepted' },
    { permitted: [directory(inOrg('a'))], subject: inOrg('b'), expect: ON },
    { permitted: [directory(inOrg('a'))], subject: [['2.5.4.10', 'Org']], expect: ON },
    { excluded: [directory(inOrg('b'))], subject: inOrg('b'), expect: EXCLUDED },
    {
      permitted: [directory(inOrg('a'))],
      subject: inOrg('a'),
      names: [directory(inOrg('b'))],
      expect: ON,
    },
  ],
  unsupported: [
    { excluded: [registeredId('1.2.3')], names: [registeredId('1.2.4')], expect: UNSUPPORTED },
    { permitted: [registeredId('1.2.3')], names: [registeredId('1.2.3')], expect: UNSUPPORTED },
    { permitted: [registeredId('1.2.3')], names: [dns('example.com')], expect: 'accepted' },
    {
      excluded: [other('1.2.3', Uint8Array.of(5, 0))],
      names: [other('1.2.3', Uint8Array.of(5, 0))],
      expect: UNSUPPORTED,
    },
    {
      permitted: [email('example.com')],
      names: [other('1.3.6.1.5.5.7.8.9', Uint8Array.of(0x0c, 0))],
      expect: UNSUPPORTED,
    },
    { excluded: [dns('evil.example')], names: [registeredId('1.2.3')], expect: 'accepted' },
  ],
};

describe('name constraints', () => {
  for (const [form, cases] of Object.entries(CASES)) {
    it(form, () => {
      for (const [i, test] of cases.entries()) expect(judge(test), `${form} ${i}`).to.equal(test.expect);
    });
  }

  it('intersects the permitted names of successive CAs, and unites the excluded', () => {
    const root = makeRoot({ extra: [x.nameConstraints([dns('example.com')], [dns('a.example.com')])] });
    const upper = makeIntermediate(root, {
      subject: 'Upper',
      extra: [x.nameConstraints([dns('example.com'), dns('example.org')], [dns('b.example.com')])],
    });
    const lower = makeIntermediate(upper, { subject: 'Lower' });
    const run = (host: string) =>
      outcome(() =>
        findPath(
          makeLeaf(lower, { extensions: { [Oid.subjectAltName]: x.subjectAltName([dns(host)]) } })
            .certificate,
          {
            anchors: TrustAnchors.from([root.certificate]),
            intermediates: [upper.certificate, lower.certificate],
            at: AT,
            purpose: 'code-signing',
          },
        ),
      );
    expect(run('c.example.com')).to.equal('accepted');
    expect(run('c.example.org')).to.equal(ON);
    expect(run('a.example.com')).to.equal(EXCLUDED);
    expect(run('b.example.com')).to.equal(EXCLUDED);
  });

  it('holds intermediates to them, except where they are self-issued', () => {
    const only = x.nameConstraints([directory(inOrg('a'))]);
    const root = makeRoot({ subject: inOrg('root'), extra: [only] });
    const options = { anchors: TrustAnchors.from([root.certificate]), at: AT, purpose: 'any' as const };
    const outside = makeIntermediate(root, { subject: inOrg('b') });
    const rollover = makeIntermediate(root, { subject: inOrg('root') });
    const leafOf = (ca: typeof outside) =>
      makeLeaf(ca, { subject: [...(inOrg('a') as []), [Oid.commonName, 'x']] }).certificate;
    const run = (ca: typeof outside) =>
      outcome(() => findPath(leafOf(ca), { ...options, intermediates: [ca.certificate] }));
    expect(run(outside)).to.equal(ON);
    expect(run(rollover)).to.equal('accepted');
  });
});
