import { join } from 'node:path';
import { expect } from 'chai';
import type { ErrorCode } from '../../core/errors/index.js';
import { SigstoreRoot, TrustPolicy, type VerifyOptions, verifyModel } from '../../loader/index.js';
import { type Editable, editBundle, flip } from '../support/edit-bundle.js';
import { expectCodeAsync } from '../support/errors.js';
import { extensions, general, testKey } from '../support/pki.js';
import { publisher, writeModel } from '../support/signed-model.js';
import {
  type Differently,
  IDENTITY,
  impostor,
  LOGGED,
  PROVIDER,
  signWithSigstore,
  trustedRoot,
} from '../support/sigstore.js';
import { useTemp } from '../support/temp.js';

const pub = publisher();
/** Long after the certificate of the signer has expired. */
const AT = new Date('2026-06-01T00:00:00Z');

const parse = (json: Editable): Promise<SigstoreRoot> =>
  SigstoreRoot.parse(Buffer.from(JSON.stringify(json)), 'trusted_root.json');

async function options(root: Editable = trustedRoot()): Promise<VerifyOptions> {
  return {
    at: AT,
    sigstore: { trustedRoot: await parse(root), identity: IDENTITY, identityProvider: PROVIDER },
  };
}

describe('the Sigstore method, against an instance of our own', () => {
  const temp = useTemp();
  const signed = async (differently?: Differently): Promise<string> => {
    const folder = writeModel(join(temp(), 'model'));
    const { signature } = await pub.sign(folder);
    signWithSigstore(signature, differently);
    return folder;
  };

  it('accepts a signature whose certificate was valid when it was logged', async () => {
    const { report } = await verifyModel(await signed(), await options());
    expect(report.verdict).to.equal('accepted');
    expect(report.signers[0]).to.deep.include({ method: 'sigstore', identities: [`email:${IDENTITY}`] });
    expect(report.signers[0]?.chain).to.have.length(3);
    expect(report.checks.map((c) => c.name)).to.include.members([
      'sigstore',
      'sigstore.time',
      'sigstore.identity',
      'files',
    ]);
  });

  const otherKey = testKey('ec-p256', 'somebody else');
  const faults: readonly [what: string, code: ErrorCode, differently: Differently][] = [
    [
      'a certificate of another authority with the same names',
      'ERR_SIGSTORE_CERTIFICATE',
      { issuer: impostor() },
    ],
    ['no certificate timestamp', 'ERR_SIGSTORE_SCT', { withoutSct: true }],
    ['a certificate timestamp of another log', 'ERR_SIGSTORE_SCT', { ctKey: otherKey }],
    [
      'a log entry after the certificate has expired',
      'ERR_SIGSTORE_CERTIFICATE',
      { loggedAt: new Date(LOGGED.getTime() + 3_600_000) },
    ],
    [
      'a log entry before the certificate was valid',
      'ERR_SIGSTORE_CERTIFICATE',
      { loggedAt: new Date(LOGGED.getTime() - 3_600_000) },
    ],
    ['an entry of another log', 'ERR_SIGSTORE_LOG', { rekorKey: otherKey }],
    [
      'an entry of another signature',
      'ERR_SIGSTORE_LOG',
      { editBody: (b) => (b.spec.signatures[0].signature = flip(b.spec.signatures[0].signature, -1)) },
    ],
    [
      'an entry of another payload',
      'ERR_SIGSTORE_LOG',
      { editBody: (b) => (b.spec.payloadHash.value = '00'.repeat(32)) },
    ],
    ['an entry of another kind', 'ERR_SIGSTORE_LOG', { editBody: (b) => (b.kind = 'intoto') }],
    [
      'a promise that does not fit',
      'ERR_SIGSTORE_LOG',
      {
        editEntry: (e) =>
          (e.inclusionPromise.signedEntryTimestamp = flip(e.inclusionPromise.signedEntryTimestamp, -1)),
      },
    ],
    [
      'a changed time',
      'ERR_SIGSTORE_LOG',
      { editEntry: (e) => (e.integratedTime = String(Number(e.integratedTime) + 1)) },
    ],
    [
      'a proof that does not fit',
      'ERR_SIGSTORE_LOG',
      { editEntry: (e) => (e.inclusionProof.hashes[0] = flip(e.inclusionProof.hashes[0], 0)) },
    ],
    [
      'a changed checkpoint',
      'ERR_SIGSTORE_LOG',
      {
        editEntry: (e) =>
          (e.inclusionProof.checkpoint.envelope = e.inclusionProof.checkpoint.envelope.replace(
            '\n2\n',
            '\n3\n',
          )),
      },
    ],
    ['no proof', 'ERR_SIGSTORE_BUNDLE', { editEntry: (e) => delete e.inclusionProof }],
    ['no trusted time', 'ERR_SIGSTORE_TIMESTAMP', { editEntry: (e) => delete e.inclusionPromise }],
    [
      'a certificate for something else',
      'ERR_SIGSTORE_CERTIFICATE',
      { leaf: { extensions: { '2.5.29.37': extensions.extKeyUsage(['1.3.6.1.5.5.7.3.1']) } } },
    ],
    [
      'another identity',
      'ERR_SIGNER_NOT_ACCEPTED',
      {
        leaf: {
          extensions: { '2.5.29.17': extensions.subjectAltName([general.email('dev@example.com.evil')]) },
        },
      },
    ],
    [
      'a second identity',
      'ERR_SIGSTORE_CERTIFICATE',
      {
        leaf: {
          extensions: {
            '2.5.29.17': extensions.subjectAltName([general.email(IDENTITY), general.email('x@example.com')]),
          },
        },
      },
    ],
    ['another provider', 'ERR_SIGNER_NOT_ACCEPTED', { provider: 'https://accounts.example.com.evil' }],
    [
      'two providers',
      'ERR_SIGSTORE_CERTIFICATE',
      {
        leaf: {
          extensions: {
            '1.3.6.1.4.1.57264.1.1': extensions.raw(
              '1.3.6.1.4.1.57264.1.1',
              false,
              Buffer.from('https://other.example'),
            ),
          },
        },
      },
    ],
  ];
  for (const [what, code, differently] of faults) {
    it(`refuses ${what}: ${code}`, async () => {
      const folder = await signed(differently);
      await expectCodeAsync(code, async () => verifyModel(folder, await options()));
    });
  }

  it('refuses two signatures in one envelope, which the method does not know', async () => {
    const folder = await signed();
    editBundle(join(folder, 'model.sig'), (b) =>
      b.dsseEnvelope.signatures.push(b.dsseEnvelope.signatures[0]),
    );
    await expectCodeAsync('ERR_SIGSTORE_BUNDLE', async () => verifyModel(folder, await options()));
  });

  it('refuses a signature from the future of the time it is judged at', async () => {
    const folder = await signed();
    const at = (offset: number) => new Date(LOGGED.getTime() + offset);
    const base = await options();
    await verifyModel(folder, { ...base, at: at(-60_000) });
    await expectCodeAsync('ERR_SIGSTORE_FUTURE', () => verifyModel(folder, { ...base, at: at(-3_600_000) }));
  });

  it('a policy narrows further', async () => {
    const folder = await signed();
    const policy = (identity: string) => TrustPolicy.accepting([{ identity }]);
    await verifyModel(folder, { ...(await options()), policy: policy(IDENTITY) });
    await expectCodeAsync('ERR_SIGNER_NOT_ACCEPTED', async () =>
      verifyModel(folder, { ...(await options()), policy: policy('other@example.com') }),
    );
  });

  const roots: readonly [string, ErrorCode, (root: Editable) => void][] = [
    ['no authority', 'ERR_SIGSTORE_ROOT', (r) => (r.certificateAuthorities = [])],
    ['no certificate log', 'ERR_SIGSTORE_ROOT', (r) => (r.ctlogs = [])],
    ['no transparency log', 'ERR_SIGSTORE_ROOT', (r) => (r.tlogs = [])],
    ['another media type', 'ERR_SIGSTORE_ROOT', (r) => (r.mediaType = 'application/json')],
    ['a key that is none', 'ERR_SIGSTORE_ROOT', (r) => (r.tlogs[0].publicKey.rawBytes = 'AAAA')],
  ];
  for (const [what, code, edit] of roots) {
    it(`refuses a trusted root with ${what}`, async () => {
      const folder = await signed();
      const root = trustedRoot();
      edit(root);
      await expectCodeAsync(code, async () => verifyModel(folder, await options(root)));
    });
  }
});
