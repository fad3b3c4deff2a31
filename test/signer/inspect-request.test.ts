import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { decodePem, encodePem } from '../../core/pem.js';
import { cli } from '../support/cli.js';
import { needOpenssl } from '../support/openssl.js';
import { useTemp } from '../support/temp.js';

describe('inspect of a certificate request', () => {
  const temp = useTemp();
  const inspected = async (file: string): Promise<Record<string, unknown>> => {
    const { code, stdout } = await cli(['inspect', file, '--json']);
    expect(code, stdout).to.equal(0);
    return JSON.parse(stdout) as Record<string, unknown>;
  };

  it('shows what is asked for, as PEM under both names and as DER', async () => {
    const out = join(temp(), 'ada');
    const made = await cli([
      ...['ca', 'request', '--name', 'Ada', '--email', 'ada@example.org', '--uri', 'https://example.org/ada'],
      ...['--key-type', 'ec-p256', '--no-passphrase', '--out', out],
    ]);
    expect(made.code, made.stderr).to.equal(0);
    const pem = join(out, 'request.csr');
    const found = await inspected(pem);
    expect(found).to.deep.include({ kind: 'request', verified: false });
    expect(found.claims).to.deep.include({
      subject: 'CN=Ada',
      key: 'EC P-256',
      emails: ['ada@example.org'],
      uris: ['https://example.org/ada'],
      otherNames: [],
      extensions: ['subjectAltName'],
    });
    const der = decodePem(readFileSync(pem, 'utf8'), pem)[0]?.bytes as Uint8Array;
    writeFileSync(join(temp(), 'new.pem'), encodePem('NEW CERTIFICATE REQUEST', der));
    writeFileSync(join(temp(), 'request.der'), der);
    // What is only claimed is shown, and nothing more is said of it.
    const forged = Uint8Array.from(der);
    forged[forged.length - 1] = (forged.at(-1) as number) ^ 1;
    writeFileSync(join(temp(), 'forged.der'), forged);
    for (const name of ['new.pem', 'request.der', 'forged.der'])
      expect(await inspected(join(temp(), name)), name).to.deep.include({
        kind: 'request',
        claims: found.claims,
      });
    const { stdout } = await cli(['inspect', pem]);
    expect(stdout)
      .to.match(/^UNVERIFIED/)
      .and.to.include('ada@example.org')
      .and.to.include('a certificate request');
  });

  it('shows no challenge password', async function () {
    needOpenssl(this);
    const file = join(temp(), 'request.pem');
    const config = join(temp(), 'config');
    writeFileSync(
      config,
      '[req]\nprompt=no\ndistinguished_name=dn\nattributes=at\nreq_extensions=ex\n[dn]\nCN=x\n[at]\nchallengePassword=very-secret\n[ex]\nsubjectAltName=DNS:host.example\nkeyUsage=digitalSignature\n',
    );
    execFileSync(
      'openssl',
      [
        'req',
        '-new',
        '-nodes',
        '-newkey',
        'rsa:2048',
        '-keyout',
        join(temp(), 'k'),
        '-config',
        config,
        '-out',
        file,
      ],
      { stdio: 'ignore' },
    );
    const { stdout } = await cli(['inspect', file]);
    expect(stdout).to.include('host.example').and.to.include('keyUsage').and.not.to.include('very-secret');
  });

  it('names a request that is broken', async () => {
    const file = join(temp(), 'broken.pem');
    writeFileSync(file, encodePem('CERTIFICATE REQUEST', Uint8Array.of(0x30, 0x03, 0x02, 0x01, 0x00)));
    const { code, stdout } = await cli(['inspect', file, '--json']);
    expect(code).to.equal(1);
    expect(JSON.parse(stdout)).to.have.nested.property('error.code', 'ERR_CSR_MALFORMED');
  });
});
