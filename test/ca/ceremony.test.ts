import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { backupAuthority, type CeremonyRequest, holdCeremony, openAuthority } from '../../ca/index.js';
import { cli } from '../support/cli.js';
import { expectCodeAsync } from '../support/errors.js';
import { needOpenssl, openssl } from '../support/openssl.js';
import { useTemp } from '../support/temp.js';
import { AT, ada, save } from './support/authority.js';

const PASSPHRASES = { root: 'of the key in the safe', issuing: 'typed every single day' };

describe('ca: ceremony', function () {
  this.timeout(60_000);
  const temp = useTemp();
  const path = (...parts: string[]): string => join(temp(), ...parts);
  const request = (more: Partial<CeremonyRequest> = {}): CeremonyRequest => ({
    ...{ home: path('ca'), rootOut: path('a'), issuingOut: path('b'), at: AT, keyType: 'ec-p256' },
    ...{ protection: PASSPHRASES, operator: 'Eve at vault', witnesses: ['Ada', '<b>Bob'], place: 'Cellar' },
    allowSameMedium: true,
    ...more,
  });
  const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

  for (const keyType of ['ec-p256', 'ec-p384', 'rsa-2048']) {
    it(`writes keys to media of their own, and a transcript that OpenSSL verifies (${keyType})`, async function () {
      needOpenssl(this);
      const made = await holdCeremony(request({ keyType }));
      expect(readdirSync(path('a'))).to.deep.equal(['root.key']);
      expect(readdirSync(path('b'))).to.deep.equal(['issuing.key']);
      expect(readdirSync(path('ca')).filter((name) => name.endsWith('.key'))).to.deep.equal([]);
      for (const file of [made.rootKey, made.issuingKey]) {
        expect(statSync(file).mode & 0o777).to.equal(0o600);
        expect(readFileSync(file, 'utf8')).to.include('ENCRYPTED PRIVATE KEY');
      }
      const transcript = JSON.parse(readFileSync(made.transcript, 'utf8'));
      expect(transcript).to.include({ operator: 'Eve at vault', place: 'Cellar', separateMedia: false });
      expect(transcript.witnesses).to.deep.equal(['Ada', '<b>Bob']);
      expect(transcript.files).to.have.length(6);
      for (const { file, sha256: sum } of transcript.files) expect(sha256(file), file).to.equal(sum);
      expect(made.transcriptSha256).to.equal(sha256(made.transcript));

      // The very commands of the printed page.
      const page = readFileSync(made.page, 'utf8');
      const [, hash = ''] = /openssl dgst -(sha\d+) -verify/.exec(page) ?? [];
      const key = save(
        temp(),
        'root-public.pem',
        openssl(['x509', '-in', path('ca', 'root.pem'), '-pubkey', '-noout']).output,
      );
      const check = (file: string): string =>
        openssl(['dgst', `-${hash}`, '-verify', key, '-signature', made.signature, file]).output;
      expect(check(made.transcript)).to.include('Verified OK');
      const changed = readFileSync(made.transcript, 'utf8').replace('Cellar', 'Garden');
      expect(check(save(temp(), 'changed.json', changed))).to.include('Verification failure');
      expect(page)
        .to.include(transcript.certificates[0].fingerprint.slice(0, 4))
        .and.include('&#60;b&#62;Bob');
      expect(page).to.not.match(/<b>Bob|<script|src=/);
      for (const text of [page, JSON.stringify(transcript), JSON.stringify(made)]) {
        for (const secret of Object.values(PASSPHRASES)) expect(text).to.not.include(secret);
      }
    });
  }

  it('the authority works with its keys elsewhere, and its backup holds the transcript', async () => {
    const made = await holdCeremony(request());
    const open = (passphrase: string) =>
      openAuthority(path('ca'), async () => passphrase, {
        rootKey: made.rootKey,
        issuingKey: made.issuingKey,
      });
    const daily = await open(PASSPHRASES.issuing);
    await daily.issue(ada());
    await expectCodeAsync('ERR_PASSPHRASE_WRONG', () => daily.publishCrl({ at: AT, issuer: 'root' }));
    await daily.close();
    const rare = await open(PASSPHRASES.root);
    expect((await rare.publishCrl({ at: AT, issuer: 'root' })).number).to.equal(2);
    await rare.close();
    const { files } = await backupAuthority({
      home: path('ca'),
      file: path('backup'),
      passphrase: 'of the backup alone',
      at: AT,
    });
    expect(files).to.include.members(['transcript.json', 'transcript.sig', 'transcript.html']);
    expect(files).to.not.include('root.key');
  });

  it('refuses one medium, plain keys, one passphrase and nobody who watches, and leaves nothing behind', async () => {
    const cases: [Partial<CeremonyRequest>, Parameters<typeof expectCodeAsync>[0]][] = [
      [{ allowSameMedium: undefined }, 'ERR_CEREMONY_MEDIUM'],
      [{ rootOut: path('x', '..', 'b') }, 'ERR_CEREMONY_MEDIUM'],
      [{ issuingOut: path('ca') }, 'ERR_CEREMONY_MEDIUM'],
      [{ protection: 'plain' }, 'ERR_CEREMONY_PLAIN'],
      [{ protection: { root: PASSPHRASES.root, issuing: PASSPHRASES.root } }, 'ERR_CA_PASSPHRASE_SHARED'],
      [{ protection: { root: 'short', issuing: PASSPHRASES.issuing } }, 'ERR_PASSPHRASE_WEAK'],
      [{ witnesses: [] }, 'ERR_CEREMONY_WITNESS'],
      [{ witnesses: ['Ada', ' '] }, 'ERR_CEREMONY_WITNESS'],
    ];
    for (const [fault, code] of cases) {
      await expectCodeAsync(code, () => holdCeremony(request(fault)));
      expect(readdirSync(temp())).to.deep.equal([]);
    }
    // A file in the way of the last step takes back the keys on the media.
    save(temp(), 'in-the-way', '');
    await expectCodeAsync('ERR_FILE_UNWRITABLE', () =>
      holdCeremony(request({ home: path('in-the-way', 'ca') })),
    );
    expect(readdirSync(temp())).to.deep.equal(['in-the-way']);
  });

  it('the command', async () => {
    const args = [
      ...['ca', 'ceremony', '--home', path('ca'), '--root-out', path('a'), '--issuing-out', path('b')],
      ...['--key-type', 'ec-p256', '--witness', 'Ada', '--witness', 'Bob'],
      ...['--root-passphrase-file', save(temp(), 'root', `${PASSPHRASES.root}\n`)],
      ...['--passphrase-file', save(temp(), 'issuing', `${PASSPHRASES.issuing}\n`)],
    ];
    const refused = await cli([...args, '--json']);
    expect(refused.code).to.equal(64);
    expect(JSON.parse(refused.stdout).error.code).to.equal('ERR_CEREMONY_MEDIUM');
    expect(existsSync(path('ca'))).to.equal(false);
    const held = await cli([...args, '--allow-same-medium']);
    expect(held.code, held.stderr).to.equal(0);
    expect(held.stdout).to.include(`SHA-256 ${sha256(path('ca', 'transcript.json'))}`);
    const again = await cli([...args, '--allow-same-medium', '--json']);
    expect(JSON.parse(again.stdout).error.code).to.equal('ERR_CA_EXISTS');
  });
});
