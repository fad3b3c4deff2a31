import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { cli } from '../support/cli.js';
import { useTemp } from '../support/temp.js';

describe('revocation evidence in the bundle', () => {
  const temp = useTemp();

  it('lets a consumer without any evidence verify offline, and never outweighs a newer list', async () => {
    const at = (name: string): string => join(temp(), name);
    const run = async (...args: string[]): Promise<number> => (await cli(args)).code;
    const home = ['--home', at('ca'), '--no-passphrase'];
    const url = 'http://crl.example.org/issuing.crl';
    expect(await run('ca', 'init', ...home, '--key-type', 'ec-p256', '--crl-url', url)).to.equal(0);
    expect(await run('ca', 'issue', ...home, '--email', 'dev@example.org', '--out', at('dev'))).to.equal(0);
    mkdirSync(at('model'));
    writeFileSync(at('model/weights.bin'), 'weights');
    const sign = ['sign', at('model'), '--private-key', at('dev/key.pem'), '--force'];
    const certified = [...sign, '--signing-certificate', at('dev/chain.pem')];
    const verify = ['verify', at('model'), '--trust-root', at('ca/root.pem')];
    const [root, issuing] = [at('ca/root.crl'), at('ca/issuing.crl')];

    expect(await run(...certified)).to.equal(0);
    expect(await run(...verify), 'an address is named and nothing is known').to.equal(1);
    expect(await run(...certified, '--staple-crl', root, '--staple-crl', issuing)).to.equal(0);
    expect(await run(...verify)).to.equal(0);

    const bundle = readFileSync(at('model/model.sig'), 'utf8');
    const foreign = readFileSync(issuing).toString('base64');
    const damaged = Buffer.from(foreign, 'base64');
    damaged[damaged.length - 1] = (damaged[damaged.length - 1] as number) ^ 1;
    writeFileSync(at('model/model.sig'), bundle.replace(foreign, damaged.toString('base64')));
    expect(await run(...verify), 'a damaged list proves nothing').to.equal(1);
    writeFileSync(at('model/model.sig'), bundle);

    expect(
      await run('ca', 'revoke', at('dev/cert.pem'), '--home', at('ca'), '--reason', 'keyCompromise'),
    ).to.equal(0);
    expect(await run('ca', 'crl', '--home', at('ca'), '--out', at('newer.crl'))).to.equal(0);
    expect(await run(...verify, '--crl', at('newer.crl')), 'the newer list decides').to.equal(1);

    expect(await run(...sign, '--staple-crl', root), 'a bare key has nobody to revoke it').to.equal(64);
    expect(await run(...certified, '--staple-crl', at('ca/root.pem'))).to.equal(1);
    expect(await run(...certified, '--staple-crl', at('none'))).to.equal(3);
  });
});

describe('revocation evidence from the network', () => {
  const temp = useTemp();
  let server: Server;
  let crl: Uint8Array | undefined;
  let asked = 0;

  beforeEach(async () => {
    asked = 0;
    server = createServer((_request, response) => {
      asked++;
      if (!crl) response.statusCode = 404;
      response.end(crl);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => server.close());

  const ok = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await cli(args);
    expect(code, `${args.join(' ')}: ${stderr}`).to.equal(0);
    return stdout;
  };

  it('is asked for only with --fetch, decides, and the refusal of a revoked signer is in the audit log', async () => {
    const at = (name: string): string => join(temp(), name);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/issuing.crl`;
    const home = ['--home', at('ca'), '--no-passphrase'];
    await ok('ca', 'init', ...home, '--key-type', 'ec-p256', '--crl-url', url);
    await ok('ca', 'issue', ...home, '--email', 'dev@example.org', '--out', at('dev'));
    mkdirSync(at('model'));
    writeFileSync(at('model/weights.bin'), 'weights');
    const signing = ['--private-key', at('dev/key.pem'), '--signing-certificate', at('dev/chain.pem')];
    await ok('sign', at('model'), ...signing);
    const audit = ['--audit-log', at('audit.jsonl')];
    const verify = [
      'verify',
      at('model'),
      '--trust-root',
      at('ca/root.pem'),
      '--crl',
      at('ca/root.crl'),
      ...audit,
    ];

    const unknown = await cli(verify);
    expect(unknown.code, 'an address is named, and nothing is known').to.equal(1);
    expect(asked).to.equal(0);

    await ok('ca', 'crl', '--home', at('ca'), '--out', at('issuing.crl'));
    crl = readFileSync(at('issuing.crl'));
    const fetching = [...verify, '--fetch', '--fetch-private'];
    await ok(...fetching);
    expect(asked).to.be.greaterThan(0);
    const silent = (words: string[]): string[] => words.filter((word) => !audit.includes(word));
    for (const name of ['https_proxy', 'HTTP_PROXY', 'all_proxy']) {
      const proxied = await cli(silent(fetching), { [name]: 'http://127.0.0.1:1' });
      expect(proxied.code, name).to.equal(0);
      expect(proxied.stderr).to.include(`does not use the proxy that ${name} names`);
    }
    for (const env of [{}, { https_proxy: '', no_proxy: 'x' }])
      expect((await cli(silent(fetching), env as Record<string, string>)).stderr).not.to.include('proxy');
    expect((await cli(silent(verify), { https_proxy: 'http://127.0.0.1:1' })).stderr).to.equal('');
    expect((await cli([...verify, '--fetch'])).code, 'loopback is refused unless allowed').to.equal(1);
    expect((await cli([...verify, '--fetch-private'])).code).to.equal(64);

    await ok('ca', 'revoke', at('dev/cert.pem'), '--home', at('ca'), '--reason', 'keyCompromise');
    await ok('ca', 'crl', '--home', at('ca'), '--out', at('newer.crl'));
    crl = readFileSync(at('newer.crl'));
    const refused = await cli([...fetching, '--json']);
    expect(refused.code).to.equal(1);
    const report = JSON.parse(refused.stdout) as { errors: { code: string }[] };
    expect(report.errors.map((e) => e.code)).to.deep.equal(['ERR_REVOKED']);

    const log = JSON.parse(await ok('audit', 'show', at('audit.jsonl'), '--json')) as {
      entries: { event: string; data: { outcome: string; codes: string[] } }[];
    };
    expect(log.entries.map((e) => [e.event, e.data.outcome])).to.deep.equal([
      ['refuse', 'refused'],
      ['verify', 'accepted'],
      ['refuse', 'refused'],
      ['refuse', 'refused'],
    ]);
    expect(log.entries.at(-1)?.data.codes).to.deep.equal(['ERR_REVOKED']);
  });
});
