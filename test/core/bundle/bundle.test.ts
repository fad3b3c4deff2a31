import { expect } from 'chai';
import { MAX_CHAIN, MAX_SIGNATURES, UnverifiedBundle } from '../../../core/bundle/index.js';
import type { ErrorCode } from '../../../core/errors/index.js';
import { expectCode } from '../../support/errors.js';
import { bytes, change, fresh, type Loose, REMOVED } from './fixture.js';

describe('one-fault mutations of a bundle', () => {
  const MUTATIONS: readonly [name: string, code: ErrorCode, mutate: (b: Loose) => void][] = [
    [
      'another media type',
      'ERR_BUNDLE_MEDIA_TYPE',
      change('mediaType', 'application/vnd.dev.sigstore.bundle.v0.2+json'),
    ],
    ['no media type', 'ERR_BUNDLE_FIELD_MISSING', change('mediaType', REMOVED)],
    ['a media type of another kind', 'ERR_BUNDLE_FIELD_TYPE', change('mediaType', 3)],
    ['an unknown field', 'ERR_BUNDLE_FIELD_UNKNOWN', change('extra', 1)],
    ['an unknown field of the envelope', 'ERR_BUNDLE_FIELD_UNKNOWN', change('dsseEnvelope.extra', 1)],
    [
      'an unknown field of a signature',
      'ERR_BUNDLE_FIELD_UNKNOWN',
      change('dsseEnvelope.signatures.0.alg', 'none'),
    ],
    ['an unknown material', 'ERR_BUNDLE_FIELD_UNKNOWN', change('verificationMaterial.x5c', [])],
    ['no envelope', 'ERR_BUNDLE_ENVELOPE_MISSING', change('dsseEnvelope', REMOVED)],
    ['no material', 'ERR_BUNDLE_FIELD_MISSING', change('verificationMaterial', REMOVED)],
    ['empty material', 'ERR_BUNDLE_MATERIAL_MISSING', change('verificationMaterial', {})],
    [
      'material of two methods',
      'ERR_BUNDLE_MATERIAL_AMBIGUOUS',
      change('verificationMaterial.publicKey', { hint: 'x' }),
    ],
    [
      'an empty chain',
      'ERR_BUNDLE_CHAIN_EMPTY',
      change('verificationMaterial.x509CertificateChain.certificates', []),
    ],
    [
      'a chain without end',
      'ERR_BUNDLE_TOO_MANY',
      change(
        'verificationMaterial.x509CertificateChain.certificates',
        Array(MAX_CHAIN + 1).fill({
          rawBytes: 'MAA=',
        }),
      ),
    ],
    [
      'a chain that is no list',
      'ERR_BUNDLE_FIELD_TYPE',
      change('verificationMaterial.x509CertificateChain.certificates', {}),
    ],
    [
      'a Sigstore certificate without a log entry',
      'ERR_BUNDLE_TLOG_MISSING',
      change('verificationMaterial', { certificate: { rawBytes: 'MAA=' }, tlogEntries: [] }),
    ],
    [
      'a key without a name',
      'ERR_BUNDLE_KEY_UNIDENTIFIED',
      change('verificationMaterial', { publicKey: {} }),
    ],
    ['another payload type', 'ERR_BUNDLE_PAYLOAD_TYPE', change('dsseEnvelope.payloadType', 'text/plain')],
    ['no payload', 'ERR_BUNDLE_FIELD_MISSING', change('dsseEnvelope.payload', REMOVED)],
    ['an empty payload', 'ERR_BUNDLE_FIELD_TYPE', change('dsseEnvelope.payload', '')],
    ['base64 of the URL alphabet', 'ERR_BUNDLE_BASE64', change('dsseEnvelope.signatures.0.sig', '-_-_')],
    [
      'base64 with a line break',
      'ERR_BUNDLE_BASE64',
      (b) => {
        b.dsseEnvelope.payload += '\n';
      },
    ],
    [
      'base64 without padding',
      'ERR_BUNDLE_BASE64',
      change('verificationMaterial.x509CertificateChain.certificates.0.rawBytes', 'MAA'),
    ],
    [
      'base64 with loose bits',
      'ERR_BUNDLE_BASE64',
      change('verificationMaterial.x509CertificateChain.certificates.0.rawBytes', 'MAB='),
    ],
    ['no signature', 'ERR_BUNDLE_NO_SIGNATURE', change('dsseEnvelope.signatures', [])],
    ['a signature without sig', 'ERR_BUNDLE_FIELD_MISSING', change('dsseEnvelope.signatures.0.sig', REMOVED)],
    ['a keyid that is no text', 'ERR_BUNDLE_FIELD_TYPE', change('dsseEnvelope.signatures.0.keyid', 1)],
    [
      'too many signatures',
      'ERR_BUNDLE_TOO_MANY',
      change('dsseEnvelope.signatures', Array(MAX_SIGNATURES + 1).fill({ sig: 'AAAA' })),
    ],
  ];
  it('accepts the bundle before it is mutated', () => {
    expect(UnverifiedBundle.parse(bytes(fresh())).method).to.equal('certificate');
    expect(UnverifiedBundle.parse(bytes(fresh({ keyHint: 'x' }))).method).to.equal('key');
  });
  for (const [name, code, mutate] of MUTATIONS) {
    it(`refuses ${name} with ${code}`, () => {
      const bundle = fresh();
      mutate(bundle);
      expectCode(code, () => UnverifiedBundle.parse(bytes(bundle)));
    });
  }
  it('keeps every signature, whatever its keyid', () => {
    const bundle = fresh();
    bundle.dsseEnvelope.signatures.push(
      { sig: 'AAAA', keyid: null },
      { sig: 'BBBB' },
      { sig: 'CCCC', keyid: 'k' },
    );
    const parsed = UnverifiedBundle.parse(bytes(bundle));
    expect(parsed.signatures.map((s) => s.keyid)).to.deep.equal(['', '', '', 'k']);
  });
  it('is a bundle on the outside only: an object, not a list', () => {
    expectCode('ERR_BUNDLE_FIELD_TYPE', () => UnverifiedBundle.parse(bytes([fresh()])));
  });
});
