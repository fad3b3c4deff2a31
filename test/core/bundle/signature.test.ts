import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { expect } from 'chai';
import {
  keyHint,
  type Material,
  matchSignature,
  namedKey,
  UnverifiedBundle,
} from '../../../core/bundle/index.js';
import { preAuthEncodingV02 } from '../../../core/dsse.js';
import { bytes, fresh, type Loose, pae, pair, payload, signature } from './fixture.js';

describe('signatures of a bundle', () => {
  const parsed = (change: (b: Loose) => void = () => {}, material?: Material): UnverifiedBundle => {
    const bundle = fresh(material);
    change(bundle);
    return UnverifiedBundle.parse(bytes(bundle));
  };
  const match = (bundle: UnverifiedBundle): string | undefined => {
    const [first] = bundle.signatures;
    return first && matchSignature(bundle, first, pair.publicKey);
  };

  it('fit over the payload as received, and over nothing else', () => {
    expect(match(parsed())).to.equal('dsse');
    const changed = Buffer.from(payload);
    changed[20] = (changed[20] as number) ^ 1;
    expect(
      match(
        parsed((b) => {
          b.dsseEnvelope.payload = changed.toString('base64');
        }),
      ),
    ).to.equal(undefined);
    const spaced = JSON.stringify(JSON.parse(Buffer.from(payload).toString()), null, 1);
    expect(
      match(
        parsed((b) => {
          b.dsseEnvelope.payload = Buffer.from(spaced).toString('base64');
        }),
      ),
    ).to.equal(undefined);
  });

  it('do not fit when one bit of them is another, or the hash does not follow the curve', () => {
    for (let i = 0; i < signature.length; i++) {
      const flipped = Buffer.from(signature);
      flipped[i] = (flipped[i] as number) ^ 0x10;
      expect(
        match(
          parsed((b) => {
            b.dsseEnvelope.signatures[0].sig = flipped.toString('base64');
          }),
        ),
      ).to.equal(undefined);
    }
    const weaker = sign('sha256', pae, pair.privateKey).toString('base64');
    expect(
      match(
        parsed((b) => {
          b.dsseEnvelope.signatures[0].sig = weaker;
        }),
      ),
    ).to.equal(undefined);
  });

  it('of release 0.2 fit with SHA-256 or the hash of the curve', () => {
    const legacy = preAuthEncodingV02('application/vnd.in-toto+json', payload);
    for (const hash of ['sha256', 'sha384']) {
      const sig = sign(hash, legacy, pair.privateKey).toString('base64');
      expect(
        match(
          parsed((b) => {
            b.dsseEnvelope.signatures[0].sig = sig;
          }),
        ),
      ).to.equal('v0.2');
    }
  });

  it('name their key by hint or by its bytes', () => {
    const pem = pair.publicKey.export({ type: 'spki', format: 'pem' });
    const der = pair.publicKey.export({ type: 'spki', format: 'der' });
    const other = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).publicKey;
    const withKey = (publicKey: Loose): UnverifiedBundle =>
      parsed((b) => {
        b.verificationMaterial = { publicKey, tlogEntries: [] };
      });
    expect(namedKey(withKey({ hint: keyHint(pair.publicKey) }), pair.publicKey)).to.equal('hint');
    expect(namedKey(withKey({ hint: keyHint(pair.publicKey) }), other)).to.equal('mismatch');
    // Over the DER, in hexadecimal or, as Sigstore's tools write it, in base64 (where case counts).
    const digest = createHash('sha256').update(der).digest();
    for (const hint of [digest.toString('hex'), digest.toString('base64')]) {
      expect(namedKey(withKey({ hint }), pair.publicKey)).to.equal('hint');
      expect(namedKey(withKey({ hint }), other)).to.equal('mismatch');
    }
    const folded = digest.toString('base64').toLowerCase();
    expect(namedKey(withKey({ hint: folded }), pair.publicKey)).to.equal('mismatch');
    for (const raw of [Buffer.from(pem), der]) {
      const bundle = withKey({ rawBytes: raw.toString('base64'), keyDetails: 'PKIX_ECDSA_P384_SHA_384' });
      expect(namedKey(bundle, pair.publicKey)).to.equal('rawBytes');
      expect(namedKey(bundle, other)).to.equal('mismatch');
    }
    expect(namedKey(withKey({ rawBytes: 'AAAA' }), other)).to.equal('mismatch');
    // A bundle that names the key twice must mean the same key both times.
    const hint = keyHint(pair.publicKey);
    const foreign = other.export({ type: 'spki', format: 'der' }).toString('base64');
    expect(namedKey(withKey({ hint, rawBytes: der.toString('base64') }), pair.publicKey)).to.equal('hint');
    expect(namedKey(withKey({ hint, rawBytes: foreign }), pair.publicKey)).to.equal('mismatch');
    expect(namedKey(withKey({ hint, rawBytes: foreign }), other)).to.equal('mismatch');
  });
});

describe('preAuthEncodingV02', () => {
  it('writes bytes as a Python literal does', () => {
    const text = (b: Buffer): string => Buffer.from(preAuthEncodingV02('t', b)).toString();
    expect(text(Buffer.from('{"a": 1}\n'))).to.equal(`DSSEV1 1 t 9 b'{"a": 1}\\n'`);
    expect(text(Buffer.from(`it's`))).to.equal(`DSSEV1 1 t 4 b"it's"`);
    expect(text(Buffer.from(`"it's"`))).to.equal(`DSSEV1 1 t 6 b'"it\\'s"'`);
    expect(text(Buffer.from([0, 9, 13, 92, 127, 255]))).to.equal(`DSSEV1 1 t 6 b'\\x00\\t\\r\\\\\\x7f\\xff'`);
  });
});
