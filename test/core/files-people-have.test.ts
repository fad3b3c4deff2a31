import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { encodePem } from '../../core/pem.js';
import { cli } from '../support/cli.js';
import { needOpenssl, openssl } from '../support/openssl.js';
import { AT, makeChain } from '../support/pki.js';
import { crlPem, makeCrl } from '../support/revocation.js';
import { writeModel } from '../support/signed-model.js';
import { useTemp } from '../support/temp.js';

describe('files that people have', () => {
  const temp = useTemp();
  const { root, issuing, leaf } = makeChain();
  const keyPem = String(leaf.key.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const publicPem = String(leaf.key.publicKey.export({ type: 'spki', format: 'pem' }));

  const save = (name: string, data: string | Uint8Array): string => {
    const file = join(temp(), name);
    writeFileSync(file, data, { mode: 0o600 });
    return file;
  };
  /** What the openssl command makes of files. */
  const made = (name: string, args: readonly string[]): string => {
    const file = join(temp(), name);
    const run = openssl([...args, '-out', file]);
    expect(run.status, run.output).to.equal(0);
    return file;
  };
  const bare = (pem: string): string => pem.replace(/-----.*-----\n/g, '');
  const utf16 = (text: string, big: boolean): Buffer => {
    const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
    return big ? bytes.swap16() : bytes;
  };
  const der = (pem: string): Buffer => Buffer.from(bare(pem), 'base64');
  const withText: readonly [name: string, (pem: string) => string | Uint8Array][] = [
    ['PEM', (pem) => pem],
    ['DER', der],
    ['UTF-16, little end first', (pem) => utf16(pem, false)],
    ['UTF-16, big end first', (pem) => utf16(pem, true)],
    ['UTF-8 with its mark', (pem) => `\ufeff${pem}`],
    ['bare base64', bare],
    ['base64 in one line', (pem) => bare(pem).replaceAll('\n', '')],
  ];
  const sign = (...args: string[]) =>
    cli(['sign', writeModel(join(temp(), 'm')), '--force', '--json', ...args]);
  const signed = async (certificate = leaf.pem + issuing.pem): Promise<string> => {
    const run = await sign(
      ...['--private-key', save('signing.pem', keyPem)],
      ...['--signing-certificate', save('signing-chain.pem', certificate)],
    );
    expect(run.code, run.stdout).to.equal(0);
    return join(temp(), 'm');
  };
  const verify = (model: string, ...args: string[]) =>
    cli([
      'verify',
      model,
      '--json',
      '--at',
      AT.toISOString(),
      ...(args.includes('--crl') ? [] : ['--revocation', 'off']),
      ...args,
    ]);
  const code = (run: { stdout: string }): string | undefined => {
    const report = JSON.parse(run.stdout);
    return report.error?.code ?? report.errors?.[0]?.code;
  };

  it('trust roots, intermediates, chains, keys and lists are read in every text and in DER', async () => {
    const crl = crlPem(makeCrl(issuing));
    const rootCrl = save('root-crl.pem', crlPem(makeCrl(root)));
    for (const [name, form] of withText) {
      const at = (what: string, pem: string): string => save(what, form(pem));
      let run = await sign(
        ...['--private-key', at('k', keyPem), '--signing-certificate', at('c', leaf.pem)],
        ...['--certificate-chain', at('i', issuing.pem)],
      );
      expect(run.code, `sign: ${name} ${run.stdout}`).to.equal(0);
      const model = join(temp(), 'm');
      run = await verify(model, '--trust-root', at('r', root.pem), '--crl', at('l', crl), rootCrl);
      expect(run.code, `verify: ${name} ${run.stdout}`).to.equal(0);
      const alone = await signed(leaf.pem);
      run = await verify(alone, '--trust-root', at('r', root.pem), '--intermediates', at('i', issuing.pem));
      expect(run.code, `intermediates: ${name} ${run.stdout}`).to.equal(0);
      run = await sign('--private-key', at('k', keyPem));
      expect(run.code, `key method: ${name} ${run.stdout}`).to.equal(0);
      run = await verify(model, '--public-key', at('p', publicPem));
      expect(run.code, `public key: ${name} ${run.stdout}`).to.equal(0);
      for (const [file, kind] of [
        ['r', 'certificates'],
        ['l', 'crl'],
        ['p', 'public-key'],
      ] as const) {
        run = await cli(['inspect', join(temp(), file), '--json']);
        expect(JSON.parse(run.stdout).kind, `inspect: ${name} ${run.stdout}`).to.equal(kind);
      }
    }
  });

  it('a container, a combined file and joined blocks are read as certificates', async function () {
    needOpenssl(this);
    const [rootFile, both] = [save('root.pem', root.pem), save('both.pem', leaf.pem + issuing.pem)];
    const p7b = made('chain.p7b', ['crl2pkcs7', '-nocrl', '-certfile', both]);
    const p7bDer = made('der.p7b', ['crl2pkcs7', '-nocrl', '-certfile', both, '-outform', 'DER']);
    const rootP7b = made('root.p7b', ['crl2pkcs7', '-nocrl', '-certfile', rootFile]);
    const combined = save('combined.pem', keyPem + leaf.pem + issuing.pem);
    const joined = save('joined.pem', leaf.pem.trimEnd() + issuing.pem);
    const key = save('key.pem', keyPem);
    for (const [certificate, privateKey] of [
      [p7b, key],
      [p7bDer, key],
      [combined, combined],
      [joined, key],
    ] as const) {
      let run = await sign('--private-key', privateKey, '--signing-certificate', certificate);
      expect(run.code, `${certificate} ${run.stdout}`).to.equal(0);
      for (const anchor of [rootFile, rootP7b, save('rk.pem', root.pem + keyPem)]) {
        run = await verify(join(temp(), 'm'), '--trust-root', anchor);
        expect(run.code, `${certificate} ${anchor} ${run.stdout}`).to.equal(0);
      }
    }
    // A list beside an anchor would not count, so it is no companion; in a file of lists a certificate may stand.
    const crl = save('crl.pem', crlPem(makeCrl(issuing)));
    const rootCrl = crlPem(makeCrl(root));
    const listed = made('crl.p7b', ['crl2pkcs7', '-in', crl, '-certfile', rootFile]);
    expect(code(await verify(join(temp(), 'm'), '--trust-root', listed))).to.equal('ERR_PEM');
    const lists = ['--crl', listed, save('root-crl.pem', rootCrl)];
    const run = await verify(join(temp(), 'm'), '--trust-root', rootFile, ...lists);
    expect(run.code, run.stdout).to.equal(0);
  });

  it('what is not read is named with the command that converts it, for every option', async function () {
    needOpenssl(this);
    const model = await signed();
    const rootFile = save('root.pem', root.pem);
    const key = save('key.pem', keyPem);
    const leafFile = save('leaf.pem', leaf.pem);
    const pass = ['-passout', 'pass:x'];
    const p12 = made("it's.p12", ['pkcs12', '-export', '-in', leafFile, '-inkey', key, ...pass]);
    const trusted = made('trusted.pem', ['x509', '-in', rootFile, '-trustout', '-addtrust', 'codeSigning']);
    const carried = made('der.p7b', ['crl2pkcs7', '-nocrl', '-certfile', leafFile, '-outform', 'DER']);
    const message = made('message.p7s', [
      ...[
        'smime',
        '-sign',
        '-in',
        leafFile,
        '-signer',
        leafFile,
        '-inkey',
        key,
        '-outform',
        'DER',
        '-nodetach',
      ],
    ]);
    const indefinite = save('ber.p7b', toIndefinite(readFileSync(carried)));
    const ssh = save('id', encodePem('OPENSSH PRIVATE KEY', Buffer.from('openssh-key-v1\0none')));
    const sshPublic = save('id.pub', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== me@here\n');
    const jks = save('store.jks', Buffer.from('feedfeed00000002', 'hex'));
    const putty = save('key.ppk', 'PuTTY-User-Key-File-3: ssh-rsa\n');
    const options: readonly (readonly [name: string, run: (file: string) => Promise<{ stdout: string }>])[] =
      [
        ['--trust-root', (file) => verify(model, '--trust-root', file)],
        ['--intermediates', (file) => verify(model, '--trust-root', rootFile, '--intermediates', file)],
        ['--crl', (file) => verify(model, '--trust-root', rootFile, '--crl', file)],
        ['--public-key', (file) => verify(model, '--public-key', file)],
        ['--private-key', (file) => sign('--private-key', file)],
        ['--signing-certificate', (file) => sign('--private-key', key, '--signing-certificate', file)],
        [
          '--certificate-chain',
          (file) =>
            sign('--private-key', key, '--signing-certificate', leafFile, '--certificate-chain', file),
        ],
        ['inspect', (file) => cli(['inspect', file, '--json'])],
      ];
    for (const [option, run] of options) {
      for (const file of [p12, trusted, indefinite, message, ssh, sshPublic, jks, putty]) {
        // The inspector reads containers of every kind.
        if (option === 'inspect' && [indefinite, message].includes(file)) continue;
        const report = JSON.parse((await run(file)).stdout);
        const error = report.error ?? report.errors?.[0];
        expect(error, `${option} ${file} ${JSON.stringify(report)}`).to.be.an('object');
        expect(error.code, `${option} ${file}`).to.equal('ERR_FILE_FORMAT');
        expect(error.details.command).to.match(/openssl|ssh-keygen|keytool/);
        expect(error.message + error.hint).not.to.match(/truncated/);
      }
    }
    // The commands are there to be pasted.
    const error = JSON.parse((await verify(model, '--trust-root', p12)).stdout);
    const { command } = (error.error ?? error.errors[0]).details;
    const { status, output } = shell(`${command} -passin pass:x`, temp());
    expect(status, output).to.equal(0);
    expect(readFileSync(join(temp(), 'certificates.pem'), 'latin1')).to.include('BEGIN CERTIFICATE');
    expect(code(await verify(model, '--public-key', leafFile))).to.equal('ERR_FILE_FORMAT');
  });

  it('a key whose encryption is not opened is named, and the passphrase is not blamed', async function () {
    needOpenssl(this);
    const key = save('key.pem', keyPem);
    const legacy = ['-provider', 'legacy', '-provider', 'default', '-passout', 'pass:secret'];
    const sealed = (name: string, ...args: string[]): string =>
      made(name, ['pkcs8', '-topk8', '-in', key, ...args, ...legacy]);
    const passphrase = ['--passphrase-file', save('pass', 'secret')];
    const outcome = async (file: string): Promise<string | undefined> =>
      code(await sign('--private-key', file, ...passphrase));
    for (const [name, algorithm, args] of [
      ['pbes1', 'PBES1 (MD5, DES)', ['-v1', 'PBE-MD5-DES']],
      ['rc2', 'PBES1 (SHA-1, 40-bit RC2)', ['-v1', 'PBE-SHA1-RC2-40']],
      ['des', 'DES', ['-v2', 'des-cbc']],
      ['pbes1.der', 'PBES1 (MD5, DES)', ['-v1', 'PBE-MD5-DES', '-outform', 'DER']],
    ] as const) {
      const run = await sign('--private-key', sealed(name, ...args), ...passphrase);
      const { error } = JSON.parse(run.stdout);
      expect([error.code, error.details.algorithm], name).to.deep.equal(['ERR_KEY_ENCRYPTION', algorithm]);
    }
    const traditional = made('trad.pem', ['ec', '-in', key, '-des', ...legacy]);
    expect(await outcome(traditional)).to.equal('ERR_KEY_ENCRYPTION');
    // What OpenSSL opens is opened still, and a wrong passphrase stays one.
    const opened = [
      sealed('3des.pem', '-v1', 'PBE-SHA1-3DES'),
      sealed('scrypt.pem', '-scrypt'),
      sealed('aes.der', '-v2', 'aes-256-cbc', '-outform', 'DER'),
      made('trad3.pem', ['ec', '-in', key, '-des3', ...legacy]),
    ];
    for (const file of opened) {
      expect(await outcome(file), file).to.equal(undefined);
      const wrong = await sign('--private-key', file, '--passphrase-file', save('wrong', 'other'));
      expect(code(wrong), file).to.equal('ERR_PASSPHRASE_WRONG');
    }
    const combined = save(
      'combined.pem',
      leaf.pem + readFileSync(made('t.pem', ['ec', '-in', key, '-aes128', ...legacy]), 'latin1'),
    );
    expect(await outcome(combined)).to.equal(undefined);
  });

  it('one key on an elliptic curve is the same key in every form of its point and curve', async function () {
    needOpenssl(this);
    const key = save('key.pem', keyPem);
    const forms = (name: string, ...more: string[]): string[] => [
      made(`${name}.pem`, ['ec', '-in', key, ...more]),
      made(`${name}-c.pem`, ['ec', '-in', key, ...more, '-conv_form', 'compressed']),
      made(`${name}-h.pem`, ['ec', '-in', key, ...more, '-conv_form', 'hybrid']),
      made(`${name}-e.pem`, ['ec', '-in', key, ...more, '-param_enc', 'explicit']),
      made(`${name}.der`, ['ec', '-in', key, ...more, '-outform', 'DER']),
    ];
    const publics = forms('public', '-pubout');
    for (const privateKey of forms('private')) {
      const run = await sign('--private-key', privateKey);
      expect(run.code, `${privateKey} ${run.stdout}`).to.equal(0);
      for (const publicKey of publics) {
        const report = await verify(join(temp(), 'm'), '--public-key', publicKey);
        expect(report.code, `${privateKey} ${publicKey} ${report.stdout}`).to.equal(0);
      }
    }
    // Parameters that are no named curve: those of P-256 with another generator.
    const explicit = readFileSync(
      made('e.der', ['ec', '-in', key, '-pubout', '-param_enc', 'explicit', '-outform', 'DER']),
    );
    const generator = Buffer.from(
      '046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296',
      'hex',
    );
    const at = explicit.indexOf(generator);
    expect(at).to.be.greaterThan(0);
    // The key's own point is on the curve and so a generator: then the private key is 1, and anybody signs.
    explicit.copy(explicit, at, explicit.length - 65);
    const forged = await verify(join(temp(), 'm'), '--public-key', save('forged.der', explicit));
    expect(code(forged)).to.be.oneOf(['ERR_KEY_UNSUPPORTED', 'ERR_PEM']);
  });
});

/** The outermost length as BER may write it, with the end marked instead. */
function toIndefinite(der: Buffer): Buffer {
  const header = 2 + ((der[1] ?? 0) & 0x7f);
  return Buffer.concat([Buffer.of(0x30, 0x80), der.subarray(header), Buffer.of(0, 0)]);
}

function shell(command: string, cwd: string): { status: number | null; output: string } {
  const run = spawnSync('sh', ['-c', command], { cwd, encoding: 'utf8' });
  return { status: run.status, output: run.stderr };
}
