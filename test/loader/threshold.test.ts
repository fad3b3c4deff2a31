import { copyFileSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { signingKey } from '../../core/keys/index.js';
import { Oid } from '../../core/x509/index.js';
import {
  parsePolicy,
  type Report,
  ReportBuilder,
  TrustAnchors,
  TrustPolicy,
  TrustStore,
  trustFromStore,
  type VerifyOptions,
  verifyModel,
} from '../../loader/index.js';
import { verifySignedFolders } from '../../loader/guard/verify.js';
import { type SignOptions, signModel } from '../../signer/index.js';
import { cli } from '../support/cli.js';
import { editBundle, flip } from '../support/edit-bundle.js';
import { expectCode, expectCodeAsync } from '../support/errors.js';
import {
  AT,
  extensions,
  general,
  type Issued,
  makeIntermediate,
  makeLeaf,
  makeRoot,
  testKey,
} from '../support/pki.js';
import { days } from '../support/revocation.js';
import { writeModel } from '../support/signed-model.js';
import { useTemp } from '../support/temp.js';

interface Ca {
  readonly root: Issued;
  readonly issuing: Issued;
}

const ca = (name: string): Ca => {
  const root = makeRoot({ subject: `${name} Root`, key: testKey('ec-p256', `${name} root`) });
  const issuing = makeIntermediate(root, { subject: `${name} CA`, key: testKey('ec-p256', `${name} ca`) });
  return { root, issuing };
};
const a = ca('A');
const b = ca('B');
const anchors = TrustAnchors.from([a.root.certificate, b.root.certificate]);

/** A developer with an identity and a key by the name of it. */
const developer = (under: Ca, email: string | undefined, key = String(email), spec = {}): Issued =>
  makeLeaf(under.issuing, {
    subject: `Developer ${key}`,
    key: testKey('ec-p256', key),
    extensions: {
      [Oid.subjectAltName]:
        email === undefined ? undefined : extensions.subjectAltName([general.email(email)]),
    },
    ...spec,
  });
const ada = developer(a, 'ada@example.org');
const bob = developer(a, 'bob@example.org');
const eve = developer(b, 'eve@example.org');

describe('several signers', () => {
  const temp = useTemp();
  let model = '';
  beforeEach(() => {
    model = writeModel(join(temp(), 'model'));
  });
  const sign = (who: Issued, under: Ca = a, more: Partial<SignOptions> = {}) =>
    signModel(model, {
      key: signingKey(who.key.privateKey),
      certificate: who.certificate,
      chain: [under.issuing.certificate],
      at: AT,
      add: true,
      ...more,
    });
  const verify = async (threshold: number, more: Partial<VerifyOptions> = {}): Promise<Report> => {
    const report = new ReportBuilder(model, AT);
    const options = { at: AT, trustRoots: anchors, threshold, report, ...more };
    return (await verifyModel(model, options)).report;
  };
  const refused = (threshold: number, more: Partial<VerifyOptions> = {}) =>
    expectCodeAsync('ERR_THRESHOLD', () => verify(threshold, more));

  it('lie beside each other and sign the same files', async () => {
    const first = await sign(ada);
    expect(first.signature).to.equal(join(model, 'model.sig'));
    expect((await sign(bob)).signature).to.equal(join(model, 'model.2.sig'));
    expect((await sign(eve, b)).signature).to.equal(join(model, 'model.3.sig'));
    expect(first.rootDigest).to.equal((await sign(ada)).rootDigest);
    const report = await verify(3);
    expect(report.verdict).to.equal('accepted');
    expect(report.signers.flatMap(({ identities }) => identities).sort()).to.deep.equal([
      'email:ada@example.org',
      'email:bob@example.org',
      'email:eve@example.org',
    ]);
    const { details } = await refused(4);
    expect(details).to.include({ wanted: 4, found: 3, total: 4 });
  });

  it('change nothing where one is asked for', async () => {
    await sign(ada);
    await sign(bob);
    const report = await verify(1);
    expect(report.signers).to.have.length(1);
    expect(report.checks.find(({ name }) => name === 'threshold')?.outcome).to.equal('skipped');
    // A file of such a name that is no signature is a file like any other.
    writeFileSync(join(model, 'model.7.sig'), 'x');
    await expectCodeAsync('ERR_FILE_UNSIGNED', () => verify(1));
    await expectCodeAsync('ERR_FILE_UNSIGNED', () => verify(2));
  });

  it('are one where they are of one person, or under one key', async () => {
    const others: readonly Issued[] = [
      ada,
      developer(a, 'ada@example.org', 'another key'),
      developer(b, 'ada@example.org', 'a key of the other CA'),
      developer(a, 'Ada@Example.ORG', 'capitals'),
      developer(a, 'other@example.org', 'ada@example.org'),
      makeLeaf(a.issuing, {
        subject: 'Both',
        key: testKey('ec-p256', 'both'),
        extensions: {
          [Oid.subjectAltName]: extensions.subjectAltName([
            general.email('someone@example.org'),
            general.email('ada@example.org'),
          ]),
        },
      }),
    ];
    for (const [i, who] of others.entries()) {
      model = writeModel(join(temp(), `model ${i}`));
      await sign(ada);
      await sign(who, who.certificate.issuer.toString().includes('B') ? b : a);
      await refused(2);
      await sign(bob);
      await verify(2);
      await refused(3);
    }
  });

  it('are as many as can be chosen: who stands between two of them does not make one of both', async () => {
    const between = makeLeaf(a.issuing, {
      subject: 'Between',
      key: testKey('ec-p256', 'between'),
      extensions: {
        [Oid.subjectAltName]: extensions.subjectAltName([
          general.email('ada@example.org'),
          general.email('bob@example.org'),
        ]),
      },
    });
    await sign(between);
    await sign(ada);
    await refused(2);
    await sign(bob);
    await verify(2);
    await refused(3);
  });

  it('need names to be told apart', async () => {
    await sign(ada);
    await sign(developer(a, undefined, 'nameless'));
    await refused(2);
    await expectCodeAsync('ERR_USAGE', () =>
      verify(2, { trustRoots: undefined, publicKey: ada.key.publicKey }),
    );
  });

  it('count only if they are accepted, genuine, valid and of these files', async () => {
    await sign(ada);
    await sign(bob);
    await verify(2);
    const policy = TrustPolicy.accepting([{ identity: 'ada@example.org' }, { identity: 'eve@example.org' }]);
    await refused(2, { policy });
    await sign(eve, b);
    await verify(2, { policy });
    await refused(2, { policy, trustRoots: TrustAnchors.from([a.root.certificate]) });
    const second = join(model, 'model.2.sig');
    editBundle(second, (bundle) => {
      const [one] = bundle.dsseEnvelope.signatures;
      one.sig = flip(one.sig, -1);
    });
    await verify(2);
    await refused(3);
    const third = join(model, 'model.3.sig');
    // A signature of another model, put beside.
    const other = writeModel(join(temp(), 'other'), { 'more.txt': 'more' });
    await signModel(other, {
      key: signingKey(eve.key.privateKey),
      certificate: eve.certificate,
      chain: [b.issuing.certificate],
      at: AT,
    });
    copyFileSync(join(other, 'model.sig'), third);
    await refused(2);
    const late = developer(a, 'late@example.org', 'late', { notAfter: days(-1), notBefore: days(-9) });
    await sign(late, a, { at: days(-2) });
    const report = new ReportBuilder(model, AT);
    await refused(2, { report });
    const said = report.build().checks.filter(({ name }) => name === 'threshold.not-counted');
    expect(said.map(({ detail }) => /\[(ERR_\w+)\]/.exec(detail)?.[1])).to.include.members([
      'ERR_SIGNATURE_INVALID',
      'ERR_CERT_EXPIRED',
    ]);
  });

  it('do not cover what one of them excluded', async () => {
    await sign(ada);
    writeFileSync(join(model, 'labels', 'added.txt'), 'added');
    await sign(bob, a, { ignorePaths: ['labels/added.txt'] });
    await refused(2);
    await expectCodeAsync('ERR_FILE_UNSIGNED', () => verify(1));
  });

  it('are under different CAs where that is asked for', async () => {
    const distinctRoots = true;
    await sign(ada);
    await sign(bob);
    await refused(2, { distinctRoots });
    await sign(eve, b);
    const report = await verify(2, { distinctRoots });
    expect(report.signers).to.have.length(2);
    await refused(3, { distinctRoots });
    await verify(3);
  });

  it('are under one CA where its key stands above both, whatever the roots', async () => {
    // Root B has cross-signed the issuing CA of A: whoever holds that key can issue under both.
    const cross = makeIntermediate(b.root, { subject: 'A CA', key: a.issuing.key });
    await sign(ada);
    const options: Partial<SignOptions> = { chain: [cross.certificate] };
    await sign(bob, a, options);
    const only = (root: Issued) => TrustAnchors.from([root.certificate]);
    await expectCodeAsync('ERR_THRESHOLD', () =>
      verify(2, { trustRoots: anchors, intermediates: [cross.certificate], distinctRoots: true }),
    );
    await refused(2, { trustRoots: only(b.root), distinctRoots: true });
    await verify(2, { trustRoots: only(b.root), intermediates: [cross.certificate] });
  });

  it('are under one CA where the trust store calls two roots by one name', async () => {
    const folder = join(temp(), 'store');
    const link = makeIntermediate(a.root, { subject: 'B Root', key: b.root.key });
    const store = TrustStore.at(folder);
    store.add({ name: 'one', at: AT, certificates: [a.root.certificate] });
    store.add({ name: 'two', at: AT, certificates: [b.root.certificate] });
    await sign(ada);
    await sign(eve, b);
    const trust = () => {
      const { trustRoots, scopes } = trustFromStore(store, model);
      return { trustRoots, scopes, distinctRoots: true };
    };
    await verify(2, trust());
    store.remove('two');
    store.add({
      name: 'one',
      at: AT,
      certificates: [b.root.certificate],
      intermediates: [link.certificate],
    });
    await refused(2, trust());
  });

  it('are asked for by policies and options, the more the stronger', async () => {
    await sign(ada);
    await sign(bob);
    const policy = parsePolicy('version: 1\nthreshold: 2\n', 'p');
    await verify(1, { policy });
    await refused(3, { policy });
    await refused(1, { policy: parsePolicy('version: 1\nthreshold: 2\ndistinctRoots: true\n', 'p') });
    for (const bad of ['0', '17', '1.5', '"2"', 'true'])
      expectCode('ERR_POLICY_INVALID', () => parsePolicy(`version: 1\nthreshold: ${bad}\n`, 'p'));
    for (const threshold of [0, 17, 1.5, Number.NaN])
      await expectCodeAsync('ERR_USAGE', () => verify(threshold));
  });

  it('are asked for by the guard too', async () => {
    const file = (name: string, text: string): string => {
      writeFileSync(join(temp(), name), text);
      return join(temp(), name);
    };
    const config = {
      signed: [{ folder: model }],
      trustRoots: [file('root.pem', a.root.pem)],
      policy: file('policy.yaml', 'version: 1\nthreshold: 2\n'),
      allowEval: false,
      allowEmbeddedWasm: false,
    };
    await sign(ada);
    await expectCodeAsync('ERR_THRESHOLD', () => verifySignedFolders(config, AT));
    await sign(bob);
    const { folders } = await verifySignedFolders(config, AT);
    expect(Object.keys(folders[0]?.files ?? {})).not.to.include('model.2.sig');
    expect(folders[0]?.ignored).to.include.members(['model.sig', 'model.2.sig']);
  });

  it('are added, never replaced, and never signed as files', async () => {
    await sign(ada);
    await expectCodeAsync('ERR_SIGN_OPTION', () => sign(bob, a, { overwrite: true }));
    await sign(bob);
    // The first one is made anew: the second one is no file of the model.
    await sign(ada, a, { add: false, overwrite: true });
    await verify(2);
    for (let i = 3; i <= 16; i++) await sign(ada);
    await expectCodeAsync('ERR_SIGN_OPTION', () => sign(ada));
    expect(readdirSync(model).filter((name) => name.endsWith('.sig'))).to.have.length(16);
  });

  it('are made and asked for on the command line', async () => {
    const run = async (wanted: number, ...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await cli(args);
      expect(code, stdout + stderr).to.equal(wanted);
      return stdout + stderr;
    };
    const home = join(temp(), 'ca');
    await run(0, 'ca', 'init', '--home', home, '--no-passphrase', '--key-type', 'ec-p256');
    for (const name of ['ada', 'bob']) {
      const out = join(temp(), name);
      const issue = ['ca', 'issue', '--home', home, '--out', out, '--email', `${name}@example.org`];
      await run(0, ...issue, '--no-passphrase', '--key-type', 'ec-p256');
      const keys = ['--private-key', join(out, 'key.pem'), '--signing-certificate', join(out, 'chain.pem')];
      await run(0, 'sign', model, ...keys, '--add');
    }
    expect(existsSync(join(model, 'model.2.sig'))).to.equal(true);
    const trust = ['--trust-root', join(home, 'root.pem'), '--revocation', 'off'];
    expect(await run(0, 'verify', model, ...trust, '--threshold', '2')).to.include('bob@example.org');
    expect(await run(1, 'verify', model, ...trust, '--threshold', '3')).to.include('ERR_THRESHOLD');
    expect(await run(1, 'verify', model, ...trust, '--threshold', '2', '--distinct-roots')).to.include(
      'ERR_THRESHOLD',
    );
    expect(await run(64, 'verify', model, ...trust, '--threshold', 'x')).to.include('ERR_USAGE');
  });
});
