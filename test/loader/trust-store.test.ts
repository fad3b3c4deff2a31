import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ErrorCode } from '../../core/errors/index.js';
import { Oid } from '../../core/x509/index.js';
import { refreshStore, TrustStore, trustFromStore, verifyModel } from '../../loader/index.js';
import { cli } from '../support/cli.js';
import { expectCode, expectCodeAsync } from '../support/errors.js';
import { AT, extensions, type Issued, makeIntermediate, makeRoot, testKey } from '../support/pki.js';
import { days, makeCrl, makeOcsp } from '../support/revocation.js';
import { publisher, writeModel } from '../support/signed-model.js';
import { useTemp } from '../support/temp.js';
import { testTsa } from '../support/timestamp.js';

const pub = publisher();
const tsa = testTsa();
const NEW = { at: AT, certificates: [pub.root.certificate] };

/** Serves files by their path. */
async function serve(files: Readonly<Record<string, Uint8Array | string>>) {
  const server = createServer((request, response) => {
    const body = files[request.url ?? ''];
    response.statusCode = body === undefined ? 404 : 200;
    response.end(body);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

describe('trust store', () => {
  const temp = useTemp();
  const folder = (): string => join(temp(), 'store');
  const store = (): TrustStore => TrustStore.at(folder());
  const signed = async (name = 'model'): Promise<string> => {
    const model = writeModel(join(temp(), name));
    await pub.sign(model);
    return model;
  };
  const verify = (model: string, names?: readonly string[]) => {
    const { trustRoots, tsaRoots, intermediates, evidence, scopes } = trustFromStore(store(), model, names);
    return verifyModel(model, { at: AT, trustRoots, tsaRoots, intermediates, evidence, scopes });
  };

  it('says once whom to trust', async () => {
    const model = await signed();
    expectCode('ERR_TRUST_STORE_EMPTY', () => trustFromStore(store(), model));
    store().add({ ...NEW, name: 'acme' });
    store().add({ name: 'time', at: AT, certificates: [tsa.root.certificate], use: 'time-stamping' });
    const { report } = await verify(model);
    expect(report.verdict).to.equal('accepted');
    expect(trustFromStore(store(), model).tsaRoots?.size).to.equal(1);
    expectCode('ERR_TRUST_STORE_EMPTY', () => trustFromStore(store(), model, ['time']));
    expectCode('ERR_TRUST_UNKNOWN', () => trustFromStore(store(), model, ['none']));
    store().remove('acme');
    expectCode('ERR_TRUST_STORE_EMPTY', () => trustFromStore(store(), model));
    expectCode('ERR_TRUST_UNKNOWN', () => store().remove('acme'));
  });

  it('holds plain files that say what they are, and is not written by reading', () => {
    store().entries();
    expect(readdirSync(temp())).to.deep.equal([]);
    store().add({ ...NEW, name: 'acme', scope: ['name:m'], crl: ['http://a.example/x.crl'] });
    expect(readdirSync(join(folder(), 'acme')).sort()).to.deep.equal(['anchor.yaml', 'root.pem']);
    expect(readFileSync(join(folder(), 'acme/root.pem'), 'utf8')).to.match(/^CN=Test Root\n-----BEGIN CERT/);
    expect(readFileSync(join(folder(), 'acme/anchor.yaml'), 'utf8')).to.equal(
      `version: 1\nuse: signing\nfingerprints:\n  - ${pub.root.certificate.fingerprint}\ncrl:\n  - http://a.example/x.crl\nscope:\n  - name:m\n`,
    );
    expect(readdirSync(folder())).to.deep.equal(['acme']);
  });

  it('refuses what does not belong together, unknown fields, aliases and names that lead out', () => {
    store().add({ ...NEW, name: 'acme' });
    const file = join(folder(), 'acme/anchor.yaml');
    const good = readFileSync(file, 'utf8');
    for (const bad of [
      good.replace('version: 1', 'version: 2'),
      `${good}also: true\n`,
      `${good}use: signing\n`,
      good.replace('signing', 'everything'),
      good.replace(/- [0-9a-f]{8}/, '- 00000000'),
      `${good}scope: [*x]\n`,
    ]) {
      writeFileSync(file, bad);
      expectCode('ERR_TRUST_STORE', () => store().entry('acme'));
    }
    writeFileSync(file, good);
    writeFileSync(join(folder(), 'acme/root.pem'), tsa.root.pem);
    expectCode('ERR_TRUST_STORE', () => store().entry('acme'));
    for (const name of ['', '..', 'a/b', '.hidden', 'UPPER', 'x'.repeat(65)])
      expectCode('ERR_TRUST_NAME', () => store().add({ ...NEW, name }));
    for (const scope of ['x', 'model:x', 'name:', 'name-prefix'])
      expectCode('ERR_TRUST_SCOPE_FORM', () => store().add({ ...NEW, name: 'b', scope: [scope] }));
    expect(store().names()).to.deep.equal(['acme']);
  });

  it('wants to know which of several certificates is the anchor', () => {
    const certificates = [pub.issuing.certificate, pub.root.certificate];
    expectCode('ERR_TRUST_FINGERPRINT', () => store().add({ at: AT, name: 'a', certificates }));
    expectCode('ERR_TRUST_FINGERPRINT', () =>
      store().add({ at: AT, name: 'a', certificates, fingerprint: '0'.repeat(64) }),
    );
    const fingerprint = pub.root.certificate.fingerprint.toUpperCase().replace(/(..)(?=.)/g, '$1:');
    const entry = store().add({ at: AT, name: 'a', certificates, fingerprint });
    expect(entry.intermediates.map((c) => c.fingerprint)).to.deep.equal([
      pub.issuing.certificate.fingerprint,
    ]);
  });

  it('keeps an anchor to its scope', async () => {
    const model = await signed();
    const outcome = async (...scope: string[]): Promise<ErrorCode | 'accepted'> => {
      if (store().names().length > 0) store().remove('acme');
      store().add({ ...NEW, name: 'acme', scope });
      try {
        return (await verify(model)).report.verdict as 'accepted';
      } catch (error) {
        return (error as { code: ErrorCode }).code;
      }
    };
    for (const [scope, expected] of [
      [['name:model'], 'accepted'],
      [['name:other'], 'ERR_TRUST_SCOPE'],
      [['name:mode'], 'ERR_TRUST_SCOPE'],
      [['name-prefix:mod'], 'accepted'],
      [['name-prefix:odel'], 'ERR_TRUST_SCOPE'],
      [['name:other', 'name-prefix:m'], 'accepted'],
      [[`path:${model}`], 'accepted'],
      [[`path:${temp()}`], 'ERR_TRUST_STORE_EMPTY'],
      [[`path-prefix:${temp()}`], 'accepted'],
      [[`path-prefix:${model.slice(0, -1)}`], 'ERR_TRUST_STORE_EMPTY'],
      [[`path-prefix:${temp()}`, 'name:other'], 'ERR_TRUST_SCOPE'],
    ] as const)
      expect(await outcome(...scope), scope.join()).to.equal(expected);
  });

  describe('succession', () => {
    const key = testKey('ec-p256', 'successor');
    const next = makeRoot({ subject: 'Next Root', key });
    const cross = (by: Issued, spec = {}): Issued =>
      makeIntermediate(by, { subject: 'Next Root', key, ...spec });

    it('accepts a root that the old one has cross-signed, and trusts both', () => {
      store().add({ ...NEW, name: 'acme', scope: ['name:m'] });
      const certificates = [next.certificate, cross(pub.root).certificate];
      const { fingerprint } = next.certificate;
      const entry = store().add({ at: AT, name: 'acme', certificates, fingerprint });
      expect(entry.certificates.map((c) => c.label)).to.deep.equal(['CN=Test Root', 'CN=Next Root']);
      expect(entry.scope).to.have.length(1);
      // And the one after it.
      const third = makeRoot({ subject: 'Third Root', key: testKey('ec-p256', 'third') });
      const link = makeIntermediate(next, { subject: 'Third Root', key: third.key });
      store().add({
        at: AT,
        name: 'acme',
        certificates: [third.certificate],
        intermediates: [link.certificate],
      });
      expect(store().entry('acme').certificates).to.have.length(3);
    });

    it('refuses any other', () => {
      store().add({ ...NEW, name: 'acme' });
      const other = makeRoot({ subject: 'Test Root', key: testKey('ec-p256', 'another') });
      for (const intermediates of [
        [],
        [cross(other)],
        [cross(pub.root, { subject: 'Another Root' })],
        [cross(pub.root, { key: testKey('ec-p256', 'third') })],
        [cross(pub.root, { notAfter: days(-1) })],
        [
          cross(pub.root, {
            editSignature: (s: Uint8Array) => s.map((b, i) => (i === s.length - 1 ? b ^ 1 : b)),
          }),
        ],
      ])
        expectCode('ERR_TRUST_SUCCESSOR', () =>
          store().add({
            at: AT,
            name: 'acme',
            certificates: [next.certificate],
            intermediates: intermediates.map(({ certificate }) => certificate),
          }),
        );
      expectCode('ERR_TRUST_SUCCESSOR', () => store().add({ ...NEW, name: 'acme' }));
    });
  });

  it('refreshes lists, keeps good ones when an address fails, and says what runs out', async () => {
    const model = await signed();
    const { serialBytes: serial } = pub.leaf.certificate;
    const lists: Record<string, Uint8Array> = {
      '/issuing.crl': makeCrl(pub.issuing, { nextUpdate: days(30) }),
      '/forged.crl': makeCrl({ ...pub.issuing, key: testKey('ec-p256', 'forger') }),
    };
    const { url, close } = await serve(lists);
    try {
      store().add({
        ...NEW,
        name: 'acme',
        intermediates: [pub.issuing.certificate],
        crl: [`${url}/issuing.crl`, `${url}/forged.crl`, `${url}/missing.crl`],
      });
      const refreshed = async (at = AT) => {
        const [entry] = await refreshStore(store(), { at, allowPrivate: true });
        return { crls: entry?.crls, problems: entry?.problems.join('\n') ?? '' };
      };
      const first = await refreshed();
      expect(first.crls).to.equal(1);
      expect(first.problems).to.match(/forged\.crl: the signature of the CRL[\s\S]*HTTP status 404/);
      expect((await verify(model)).report.verdict).to.equal('accepted');
      // An older list, or none, does not take the place of the one at hand.
      lists['/issuing.crl'] = makeCrl(pub.issuing, { thisUpdate: days(-9), nextUpdate: days(40) });
      await refreshed();
      expect(store().entry('acme').crls).to.have.length(1);
      delete lists['/issuing.crl'];
      const due = await refreshed(days(31));
      expect(due.crls).to.equal(1);
      expect(due.problems).to.include('the CRL of CN=Test Issuing CA ran out');
      lists['/issuing.crl'] = makeCrl(pub.issuing, { entries: [{ serial }], thisUpdate: days(0) });
      await refreshed();
      await expectCodeAsync('ERR_REVOKED', () => verify(model));
      const end = await refreshed(days(3480));
      expect(end.problems).to.include('CN=Test Root runs out');
      const blocked = await refreshStore(store(), { at: AT });
      expect(blocked[0]?.problems.join()).to.include('private address');
    } finally {
      close();
    }
  });

  it('refreshes what its intermediate certificates name', async () => {
    const files: Record<string, Uint8Array> = {};
    const { url, close } = await serve(files);
    try {
      const issuing = makeIntermediate(pub.root, {
        subject: 'Named CA',
        extensions: {
          [Oid.crlDistributionPoints]: extensions.crlDistributionPoints([`${url}/root.crl`]),
          [Oid.authorityInfoAccess]: extensions.authorityInfoAccess([`${url}/ocsp`]),
        },
      });
      const about = { certificate: issuing.certificate, issuer: pub.root };
      files['/root.crl'] = makeCrl(pub.root);
      files['/ocsp'] = makeOcsp(pub.root, { answers: [{ ...about, status: 'good' }] });
      store().add({ ...NEW, name: 'acme', intermediates: [issuing.certificate] });
      const [done] = await refreshStore(store(), { at: AT, allowPrivate: true });
      expect(done).to.deep.include({ crls: 1, ocsp: 1, problems: [] });
      const entry = store().entry('acme');
      expect([entry.crls.length, entry.ocsp.length]).to.deep.equal([1, 1]);
      // An answer that stays away leaves the one at hand.
      delete files['/ocsp'];
      const [again] = await refreshStore(store(), { at: AT, allowPrivate: true });
      expect(again?.ocsp).to.equal(1);
      expect(again?.problems.join()).to.include('HTTP status 404');
      expect(store().entry('acme').ocsp).to.have.length(1);
    } finally {
      close();
    }
  });

  it('is used by the command line without any option', async () => {
    const model = await signed();
    const env = { HOME: temp() };
    const later = ['--at', AT.toISOString()];
    const root = join(temp(), 'root.pem');
    writeFileSync(root, pub.root.pem);
    const { url, close } = await serve({ '/root.pem': pub.root.pem });
    try {
      const run = async (args: string[], wanted = 0) => {
        const { code, stdout, stderr } = await cli([...args, '--json'], env);
        expect(code, stdout + stderr).to.equal(wanted);
        return stdout;
      };
      expect(await run(['verify', model, ...later], 64)).to.include('ERR_TRUST_MISSING');
      expect(await run(['trust', 'add', 'acme', `${url}/root.pem`], 1)).to.include('ERR_TRUST_FINGERPRINT');
      const fingerprint = ['--fingerprint', pub.root.certificate.fingerprint];
      const none = ['--fingerprint', '0'.repeat(64)];
      expect(await run(['trust', 'add', 'acme', `${url}/root.pem`, ...none], 1)).to.include('FINGERPRINT');
      await run(['trust', 'add', 'acme', `${url}/root.pem`, ...fingerprint]);
      expect(JSON.parse(await run(['trust', 'list'])).anchors[0].name).to.equal('acme');
      expect(JSON.parse(await run(['trust', 'list'])).store).to.equal(
        join(temp(), '.config/modelseal/trust'),
      );
      await run(['verify', model, ...later]);
      await run(['verify', model, '--trust', 'acme', ...later]);
      expect(await run(['verify', model, '--trust', 'none', ...later], 64)).to.include('ERR_TRUST_UNKNOWN');
      const both = ['--trust', 'acme', '--trust-root', root];
      expect(await run(['verify', model, ...both, ...later], 64)).to.include('ERR_TRUST_AMBIGUOUS');
      expect(JSON.parse(await run(['trust', 'show', 'acme'])).certificates[0].fingerprint).to.equal(
        pub.root.certificate.fingerprint,
      );
      await run(['trust', 'refresh']);
      expect((await cli(['trust', 'list'], env)).stdout).to.include('any model');
      expect((await cli(['trust', 'show', 'acme'], env)).stdout).to.include('CN=Test Root');
      expect(await run(['trust', 'refresh', '--warn-days', '5000'], 1)).to.include('runs out');
      await run(['trust', 'remove', 'acme']);
      expect(await run(['verify', model, ...later], 64)).to.include('ERR_TRUST_MISSING');
    } finally {
      close();
    }
  });
});
