import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Oid } from '../../core/x509/index.js';
import type { CertificateReport } from '../../commands/certificate-judge.js';
import { cli } from '../support/cli.js';
import {
  type Issued,
  makeChain,
  makeIntermediate,
  makeLeaf,
  makeRoot,
  testKey,
  extensions as x,
} from '../support/pki.js';
import { sharedFile } from '../support/shared.js';
import { useTemp } from '../support/temp.js';
import { readPkits } from '../vectors/pkits.js';

const AT = ['--at', '2026-06-01T00:00:00Z'];

describe('modelseal certificate verify', () => {
  const temp = useTemp();
  const write = (name: string, content: string | Uint8Array): string => {
    const file = join(temp(), name);
    writeFileSync(file, content);
    return file;
  };
  const pem = (name: string, ...issued: readonly Issued[]): string =>
    write(name, issued.map((i) => i.pem).join(''));
  const verify = (...args: string[]) => cli(['certificate', 'verify', ...args]);

  async function report(...args: string[]): Promise<CertificateReport & { code: number }> {
    const { code, stdout } = await verify(...args, '--json');
    return { ...(JSON.parse(stdout) as CertificateReport), code };
  }

  it('shows path, every check and what is not known about revocation', async () => {
    const { root, issuing, leaf } = makeChain();
    const args = [pem('leaf.pem', leaf), '--trust-root', pem('root.pem', root)];
    const short = await verify(...args, '--intermediates', pem('ca.pem', issuing), ...AT);
    expect(short.stdout).to.match(/^path +CN=Test Developer ← CN=Test Issuing CA ← CN=Test Root\n/);
    expect(short.stdout.trimEnd().split('\n').at(-1)).to.match(/^ACCEPTED/);
    const { code, stdout } = await verify(
      ...args,
      '--intermediates',
      join(temp(), 'ca.pem'),
      ...AT,
      '--verbose',
    );
    expect(code).to.equal(0);
    expect(stdout)
      .to.match(/^ACCEPTED/)
      .and.to.include('CN=Test Root')
      .and.to.include('dev@example.com');
    for (const check of ['path.signature', 'path.name-constraints', 'path.policies', 'revocation.mode']) {
      expect(stdout).to.include(check);
    }
    const json = await report(...args, '--intermediates', join(temp(), 'ca.pem'), ...AT);
    expect(json.path?.map((c) => c.subject)).to.deep.equal([
      'CN=Test Developer',
      'CN=Test Issuing CA',
      'CN=Test Root',
    ]);
    expect(json.evidence?.certificates.map((c) => c.status)).to.deep.equal(['unknown', 'unknown']);
    expect(json.checks.filter((check) => check.outcome === 'failed')).to.deep.equal([]);
  });

  it('takes the first certificate of the leaf file for the leaf and the others for intermediates', async () => {
    const { root, issuing, leaf } = makeChain();
    const trust = ['--trust-root', write('root.der', root.der), ...AT];
    expect((await verify(pem('both.pem', leaf, issuing), ...trust)).code).to.equal(0);
    const wrongOrder = await report(pem('wrong.pem', issuing, leaf), ...trust);
    expect(wrongOrder.code).to.equal(1);
    expect(wrongOrder.certificate.subject).to.equal('CN=Test Issuing CA');
    expect(wrongOrder.errors[0]?.code).to.equal('ERR_PATH_KEY_USAGE');
  });

  it('reads folders of anchors and of intermediates', async () => {
    const { root, issuing, leaf } = makeChain();
    mkdirSync(join(temp(), 'roots'));
    mkdirSync(join(temp(), 'cas'));
    pem('roots/a.pem', root, makeRoot({ subject: 'Other', key: testKey('ec-p256', 'other') }));
    write('cas/b.cer', issuing.der);
    write('cas/README', 'not a certificate');
    const folders = ['--trust-root', join(temp(), 'roots'), '--intermediates', join(temp(), 'cas')];
    expect((await verify(pem('leaf.pem', leaf), ...folders, ...AT)).code).to.equal(0);
    // As OpenSSL lays them out.
    mkdirSync(join(temp(), 'hashed'));
    const hashed = ['--trust-root', join(temp(), 'hashed'), '--intermediates', join(temp(), 'cas'), ...AT];
    pem(join('hashed', 'root.txt'), root);
    expect((await verify(join(temp(), 'leaf.pem'), ...hashed)).code).to.equal(64);
    pem(join('hashed', '5ad8a5d6.0'), root);
    expect((await verify(join(temp(), 'leaf.pem'), ...hashed)).code).to.equal(0);
    mkdirSync(join(temp(), 'empty'));
    const none = await verify(pem('leaf.pem', leaf), '--trust-root', join(temp(), 'empty'), ...AT);
    expect(none.code).to.equal(64);
    expect(none.stderr).to.include('ERR_TRUST_ANCHORS_EMPTY');
  });

  it('refuses with exit code 1, the rule and a hint', async () => {
    const { root, issuing, leaf } = makeChain();
    const trust = ['--trust-root', pem('root.pem', root), '--intermediates', pem('ca.pem', issuing)];
    const late = await verify(pem('leaf.pem', leaf), ...trust, '--at', '2036-01-01T00:00:01Z');
    expect(late.code).to.equal(1);
    expect(late.stdout)
      .to.match(/^REFUSED/m)
      .and.to.include('ERR_CERT_EXPIRED')
      .and.to.include('hint:');
    const stamp = await report(pem('leaf.pem', leaf), ...trust, ...AT, '--purpose', 'time-stamping');
    expect(stamp).to.include({ code: 1, verdict: 'refused' });
    expect(stamp.errors[0]?.code).to.equal('ERR_PATH_EXTENDED_KEY_USAGE');
    expect((await verify(pem('leaf.pem', leaf), ...trust, ...AT, '--purpose', 'any')).code).to.equal(0);
  });

  it('demands revocation evidence where a certificate names an address, unless told otherwise', async () => {
    const { root, issuing, leaf } = makeChain({
      extra: [x.crlDistributionPoints(['http://crl.example.com/ca.crl'])],
    });
    const args = [
      ...[pem('leaf.pem', leaf), '--trust-root', pem('root.pem', root)],
      ...['--intermediates', pem('ca.pem', issuing), ...AT],
    ];
    const refused = await report(...args);
    expect(refused.code).to.equal(1);
    expect(refused.errors[0]?.code).to.equal('ERR_REVOCATION_EVIDENCE_MISSING');
    expect((await report(...args, '--revocation', 'prefer')).code).to.equal(0);
    const off = await report(...args, '--revocation', 'off');
    expect(off.code).to.equal(0);
    expect(off.checks.find((check) => check.name === 'revocation.mode')?.outcome).to.equal('skipped');
  });

  it('refuses wrong calls with 64, missing files with 3, broken ones with 1', async () => {
    const { root, leaf } = makeChain();
    const [l, r] = [pem('leaf.pem', leaf), pem('root.pem', root)];
    for (const args of [
      [l],
      ['--trust-root', r],
      [l, '--trust-root', r, '--purpose', 'everything'],
      [l, '--trust-root', r, '--purpose', 'any', '--purpose', 'any'],
      [l, '--trust-root', r, '--policy-set', 'x'],
      [l, '--trust-root', r, '--at', 'yesterday'],
      [l, '--trust-root', r, '--fetch-private'],
      [l, '--trust-root', r, '--revocation', 'maybe'],
    ]) {
      expect((await verify(...args)).code, args.slice(1).join(' ')).to.equal(64);
    }
    for (const args of [
      [join(temp(), 'none.pem'), '--trust-root', r],
      [l, '--trust-root', join(temp(), 'none.pem')],
      [l, '--trust-root', r, '--crl', join(temp(), 'none.crl')],
    ]) {
      expect((await verify(...args, ...AT)).code).to.equal(3);
    }
    const half = write('half.pem', leaf.pem.slice(0, 200));
    const broken = await verify(half, '--trust-root', r, ...AT);
    expect(broken.code).to.equal(1);
    expect(broken.stderr).to.include('ERR_PEM');
    expect((await verify(write('x.der', leaf.der.slice(0, -1)), '--trust-root', r, ...AT)).code).to.equal(1);
  });

  it('makes hostile names visible', async () => {
    const root = makeRoot();
    const issuing = makeIntermediate(root);
    const leaf = makeLeaf(issuing, { subject: 'Nice\u001b[2J\u202eeman' });
    const args = [pem('leaf.pem', leaf, issuing), '--trust-root', pem('root.pem', root), ...AT];
    const { stdout } = await verify(...args);
    expect(stdout).to.include('Nice\\u001b[2J\\u202eeman').and.not.to.include('\u001b');
  });

  it('judges for other purposes, and by the rules for CAs when asked', async () => {
    const root = makeRoot();
    const extensions = { [Oid.extKeyUsage]: x.extKeyUsage([Oid.serverAuth]) };
    const roots = ['--trust-root', pem('root.pem', root), ...AT];
    const args = [pem('leaf.pem', makeLeaf(root, { extensions })), ...roots];
    expect((await verify(...args, '--purpose', 'server-auth')).code).to.equal(0);
    expect((await verify(...args, '--purpose', 'client-auth')).code).to.equal(1);
    expect((await verify(...args, '--purpose', 'server-auth', '--strict')).code).to.equal(0);
    const without = makeLeaf(root, {
      extensions: { ...extensions, [Oid.authorityKeyIdentifier]: undefined },
    });
    const bare = [pem('bare.pem', without), ...roots, '--purpose', 'server-auth'];
    expect((await verify(...bare)).code).to.equal(0);
    const strict = await report(...bare, '--strict');
    expect(strict.code).to.equal(1);
    expect(strict.checks.find((check) => check.outcome === 'failed')?.name).to.equal('path.extensions');
  });

  it('passes the policy options of PKITS on', async function () {
    const suite = readPkits(sharedFile(this, 'vectors', 'pkits.json'));
    let ran = 0;
    for (const test of suite.tests.filter((t) => ['4.8', '4.10', '4.12'].includes(t.section))) {
      const { params } = test;
      const flags = [
        params.initialExplicitPolicy && '--explicit-policy',
        params.initialPolicyMappingInhibit && '--inhibit-policy-mapping',
        params.initialInhibitPolicy && '--inhibit-any-policy',
      ].filter((flag) => typeof flag === 'string');
      const file = (kind: 'certificates' | 'crls', object: string) => {
        const safe = object.replaceAll(/[^\w.]/g, '_');
        return write(safe, suite[kind].get(object) ?? new Uint8Array(0));
      };
      const certificates = test.certs.map((c) => file('certificates', c));
      const { code } = await verify(
        certificates[certificates.length - 1] ?? '',
        ...test.trusted.flatMap((c) => ['--trust-root', file('certificates', c)]),
        ...certificates.slice(0, -1).flatMap((c) => ['--intermediates', c]),
        ...test.crls.flatMap((c) => ['--crl', file('crls', c)]),
        ...(params.initialPolicySet ?? []).flatMap((oid) => ['--policy-set', oid]),
        ...flags,
        ...['--at', '2026-01-01', '--purpose', 'any', '--revocation', 'require'],
      );
      expect(code, test.title).to.equal(test.expected ? 0 : 1);
      ran++;
    }
    expect(ran).to.be.greaterThan(50);
  });
});
