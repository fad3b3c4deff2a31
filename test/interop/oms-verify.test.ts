import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import type { ErrorCode } from '../../core/errors/index.js';
import { readPublicKey } from '../../core/keys/index.js';
import {
  readTrustAnchors,
  SigstoreRoot,
  TrustPolicy,
  type VerifyOptions,
  verifyModel,
} from '../../loader/index.js';
import { type Editable, editBundle, editPayload, flip } from '../support/edit-bundle.js';
import { expectCodeAsync } from '../support/errors.js';
import { needPython, runPython } from '../support/peers.js';
import { sharedFile } from '../support/shared.js';
import { useTemp } from '../support/temp.js';

/** After the samples were made, and within the validity of their certificates (2025 to 2035). */
const AT = new Date('2026-03-01T00:00:00Z');
const IDENTITY = 'stefanb@us.ibm.com';
const PROVIDER = 'https://sigstore.verify.ibm.com/oauth2';

type Trust = (context: Mocha.Context) => Promise<VerifyOptions>;

const certificate: Trust = async (context) => ({
  at: AT,
  trustRoots: readTrustAnchors([sharedFile(context, 'oms/published/ca-cert.pem')]),
});
const key: Trust = async (context) => ({
  at: AT,
  publicKey: readPublicKey(sharedFile(context, 'oms/published/signing-key-pub.pem')),
});
const sigstore: Trust = async (context) => ({
  at: AT,
  sigstore: { trustedRoot: await publicGood(context), identity: IDENTITY, identityProvider: PROVIDER },
});

/** The public-good instance's root: named by SIGSTORE_TRUSTED_ROOT, or as the Python package sigstore ships it. */
async function publicGood(context: Mocha.Context): Promise<SigstoreRoot> {
  const named = process.env.SIGSTORE_TRUSTED_ROOT;
  if (named !== undefined) return SigstoreRoot.read(named);
  const program = 'import os, sigstore; print(os.path.dirname(sigstore.__file__))';
  const { output } = runPython(needPython(context, 'sigstore'), program, []);
  return SigstoreRoot.read(
    join(output.trim(), '_store/https%3A%2F%2Ftuf-repo-cdn.sigstore.dev/trusted_root.json'),
  );
}

const SAMPLES: readonly [folder: string, trust: Trust][] = [
  ['v0.2.0-certificate', certificate],
  ['v1.1.0-certificate', certificate],
  ['v1.1.0-elliptic-key', key],
  ['v1.1.0-sigstore', sigstore],
];

describe('models published by releases of the reference implementation', () => {
  const temp = useTemp();
  /** A copy of a sample, so that mutations leave the original alone. */
  const copy = (context: Mocha.Context, sample: string): string => {
    const source = dirname(sharedFile(context, 'oms/published', sample, 'model.sig'));
    const folder = join(temp(), 'model');
    rmSync(folder, { recursive: true, force: true });
    cpSync(source, folder, { recursive: true });
    return folder;
  };

  for (const [sample, trust] of SAMPLES) {
    it(`${sample} verifies`, async function () {
      const folder = copy(this, sample);
      const options = await trust(this);
      const { report, model } = await verifyModel(folder, options);
      expect(report.verdict).to.equal('accepted');
      expect(report.files).to.deep.include({ matched: 2, changed: [], missing: [], extra: [] });
      expect([...model.files]).to.have.members(['signme-1', 'signme-2']);
    });

    const files: readonly [string, ErrorCode, (folder: string) => void][] = [
      ['a changed file', 'ERR_FILE_CHANGED', (f) => writeFileSync(join(f, 'signme-1'), 'x')],
      ['a missing file', 'ERR_FILE_MISSING', (f) => rmSync(join(f, 'signme-2'))],
      ['an added file', 'ERR_FILE_UNSIGNED', (f) => writeFileSync(join(f, 'signme-3'), 'x')],
    ];
    const invalid = sample.endsWith('sigstore') ? 'ERR_SIGSTORE_LOG' : 'ERR_SIGNATURE_INVALID';
    const rename = (s: Editable): void => {
      if (s.predicate.resources) s.predicate.resources[0].name = 'other';
      else s.subject[0].name = 'other';
    };
    const bundles: readonly [string, ErrorCode, (file: string) => void][] = [
      ['an edited name', invalid, (f) => editPayload(f, rename)],
      [
        'a payload bit',
        invalid,
        (f) => editBundle(f, (b) => (b.dsseEnvelope.payload = flip(b.dsseEnvelope.payload, 9))),
      ],
      [
        'a signature bit',
        sample.endsWith('sigstore') ? 'ERR_SIGSTORE_TIMESTAMP' : invalid,
        (f) =>
          editBundle(
            f,
            ({ dsseEnvelope: { signatures } }) => (signatures[0].sig = flip(signatures[0].sig, -1)),
          ),
      ],
      ['another media type', 'ERR_BUNDLE_MEDIA_TYPE', (f) => editBundle(f, (b) => (b.mediaType += ' '))],
      [
        'another payload type',
        'ERR_BUNDLE_PAYLOAD_TYPE',
        (f) => editBundle(f, (b) => (b.dsseEnvelope.payloadType = 'text/plain')),
      ],
    ];
    for (const [what, code, change] of files) {
      it(`${sample} with ${what}: ${code}`, async function () {
        const folder = copy(this, sample);
        const options = await trust(this);
        change(folder);
        await expectCodeAsync(code, () => verifyModel(folder, options));
      });
    }
    for (const [what, code, change] of bundles) {
      it(`${sample} with ${what}: ${code}`, async function () {
        const folder = copy(this, sample);
        const options = await trust(this);
        change(join(folder, 'model.sig'));
        await expectCodeAsync(code, () => verifyModel(folder, options));
      });
    }
  }

  it('the old form of release 0.2 can be refused', async function () {
    const folder = copy(this, 'v0.2.0-certificate');
    const policy = TrustPolicy.of({ legacy: 'refuse' });
    const options = { ...(await certificate(this)), policy };
    await expectCodeAsync('ERR_SIGNATURE_LEGACY', () => verifyModel(folder, options));
    await verifyModel(copy(this, 'v1.1.0-certificate'), options);
  });

  it('a wrong root, a wrong key and a wrong method are refused, each with its code', async function () {
    const folder = copy(this, 'v1.1.0-certificate');
    const pinned = readTrustAnchors([sharedFile(this, 'oms/published/int-ca-cert.pem')]);
    await verifyModel(folder, { at: AT, trustRoots: pinned });
    const leaf = readTrustAnchors([sharedFile(this, 'oms/published/signing-key-cert.pem')]);
    await expectCodeAsync('ERR_PATH_NO_ISSUER', () => verifyModel(folder, { at: AT, trustRoots: leaf }));
    const { publicKey } = await key(this);
    await expectCodeAsync('ERR_TRUST_METHOD', () => verifyModel(folder, { at: AT, publicKey }));
    const late = { ...(await certificate(this)), at: new Date('2036-01-01T00:00:00Z') };
    await expectCodeAsync('ERR_CERT_EXPIRED', () => verifyModel(folder, late));
  });

  it('manifest exclusions are honoured, or not, as asked', async function () {
    const folder = copy(this, 'v1.1.0-certificate');
    const options = { ...(await certificate(this)), manifestIgnores: 'refuse' as const };
    await expectCodeAsync('ERR_FILE_UNSIGNED', () => verifyModel(folder, options));
    await verifyModel(folder, { ...options, ignorePaths: ['ignore-me'] });
  });

  it('a Sigstore identity and its provider are compared exactly', async function () {
    const folder = copy(this, 'v1.1.0-sigstore');
    const options = await sigstore(this);
    if (!options.sigstore) return;
    const trust = options.sigstore;
    const wrong: readonly [ErrorCode, Partial<typeof trust>][] = [
      ['ERR_SIGNER_NOT_ACCEPTED', { identity: 'stefanb@us.ibm.co' }],
      ['ERR_SIGNER_NOT_ACCEPTED', { identity: 'stefanb@us.ibm.com.evil.example' }],
      ['ERR_SIGNER_NOT_ACCEPTED', { identity: 'stefanb@us-ibm.com' }],
      ['ERR_IDENTITY_FORM', { identity: '.*' }],
      ['ERR_SIGNER_NOT_ACCEPTED', { identityProvider: 'https://accounts.google.com' }],
      ['ERR_SIGSTORE_IDENTITY_MISSING', { identity: '' }],
      ['ERR_SIGSTORE_IDENTITY_MISSING', { identityProvider: '' }],
    ];
    for (const [code, part] of wrong) {
      await expectCodeAsync(code, () => verifyModel(folder, { at: AT, sigstore: { ...trust, ...part } }));
    }
    const early = new Date('2025-10-01T00:00:00Z');
    await expectCodeAsync('ERR_SIGSTORE_FUTURE', () => verifyModel(folder, { at: early, sigstore: trust }));
  });

  it('the vectors of the specification carry signatures that verify over their payload', async function () {
    // The vectors come without model files: a missing file is the first thing that is wrong with them.
    for (const [vector, trust] of [
      ['certificate', certificate],
      ['key', key],
    ] as const) {
      const signature = sharedFile(this, `oms/test-vectors/v1.0/valid/${vector}.bundle.json`);
      const folder = copy(this, 'v1.1.0-elliptic-key');
      const options = { ...(await trust(this)), signature };
      const { report } = await verifyModel(folder, { ...options, ignorePaths: ['model.sig'] });
      expect(report.verdict).to.equal('accepted');
    }
  });
});
