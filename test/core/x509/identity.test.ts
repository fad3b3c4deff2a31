import { expect } from 'chai';
import { parseIdentity, readIdentities } from '../../../core/x509/index.js';
import { expectCode } from '../../support/errors.js';
import { extensions, general, makeChain } from '../../support/pki.js';

const SMTP_UTF8 = '1.3.6.1.5.5.7.8.9';
const utf8String = (text: string): Uint8Array => {
  const bytes = Buffer.from(text);
  return Uint8Array.of(0x0c, bytes.length, ...bytes);
};
const identitiesOf = (...names: Uint8Array[]): ReturnType<typeof readIdentities> =>
  readIdentities(
    makeChain({ extensions: { '2.5.29.17': extensions.subjectAltName(names) } }).leaf.certificate,
  );

describe('identities', () => {
  const same: readonly (readonly [string, string])[] = [
    ['ada@example.org', 'email:ada@example.org'],
    ['email:ada@Example.ORG', 'email:ada@example.org'],
    ['Ada@example.org', 'email:Ada@example.org'],
    ['"a@b"@example.org', 'email:"a@b"@example.org'],
    ['ada@bücher.example', 'email:ada@xn--bcher-kva.example'],
    ['用户@example.org', 'email:用户@example.org'],
    ['https://example.org/team', 'uri:https://example.org/team'],
    ['uri:urn:example:team', 'uri:urn:example:team'],
    ['spiffe://example.org/ci', 'uri:spiffe://example.org/ci'],
    ['Build.Example.org', 'dns:build.example.org'],
    ['dns:build', 'dns:build'],
  ];
  for (const [text, spelled] of same) {
    it(`${text} is ${spelled}`, () => {
      expect(parseIdentity(text)).to.equal(spelled);
      expect(parseIdentity(spelled)).to.equal(spelled);
    });
  }

  for (const none of [
    '',
    'ada',
    'email:',
    'email:ada',
    'email:@example.org',
    'ada@',
    'ada@@example.org',
    'ada@example.org ',
    ' ada@example.org',
    'a da@example.org',
    'ada@example..org',
    'ada@-example.org',
    'ada\0@example.org',
    'ada@example.org\n',
    'uri:ada@example.org',
    'uri:https:',
    'uri:https://example.org/a b',
    'dns:*.example.org',
    'dns:ada@example.org',
    'dns:.example.org',
    '.*',
  ]) {
    it(`${JSON.stringify(none)} is none`, () => {
      expectCode('ERR_IDENTITY_FORM', () => parseIdentity(none));
    });
  }

  it('of a certificate have the kind of their field, whatever they look like', () => {
    expect(
      identitiesOf(
        general.email('ada@Example.org'),
        general.uri('https://example.org/'),
        general.dns('Example.org'),
      ),
    ).to.deep.equal({
      identities: ['email:ada@example.org', 'uri:https://example.org/', 'dns:example.org'],
      malformed: [],
    });
  });

  it('that are malformed for their kind are none', () => {
    const address = 'ada@example.org';
    for (const [name, malformed] of [
      [general.uri(address), `uri:${address}`],
      [general.dns(address), `dns:${address}`],
      [general.email('example.org'), 'email:example.org'],
      [general.email('email:ada@example.org'), 'email:email:ada@example.org'],
      [general.other(SMTP_UTF8, utf8String(address)), `email:${address}`],
      [general.other(SMTP_UTF8, Uint8Array.of(0x0c, 1, 0xff)), 'email:(not UTF-8)'],
    ] as const) {
      expect(identitiesOf(name)).to.deep.equal({ identities: [], malformed: [malformed] });
    }
  });

  it('may be mailboxes beyond ASCII (RFC 9598)', () => {
    expect(identitiesOf(general.other(SMTP_UTF8, utf8String('用户@Example.org'))).identities).to.deep.equal([
      'email:用户@example.org',
    ]);
  });
});
