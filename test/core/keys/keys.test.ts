import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { der } from '../../../core/der/index.js';
import { isModelsealError } from '../../../core/errors/index.js';
import {
  describeKey,
  encodePrivateKey,
  encodePublicKey,
  encryptPrivateKey,
  generatePrivateKey,
  KEY_TYPES,
  publicKeyFingerprint,
  readPrivateKey,
  readPublicKey,
  requireStrongKey,
  signatureScheme,
  signingKey,
} from '../../../core/keys/index.js';
import { encodePem } from '../../../core/pem.js';
import { expectCodeAsync } from '../../support/errors.js';
import { needOpenssl, openssl } from '../../support/openssl.js';
import { useTemp } from '../../support/temp.js';

const never = async (): Promise<string> => {
  throw new Error('no passphrase should be asked for');
};
const ask = async (): Promise<string> => 'correct horse';

async function code(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (isModelsealError(error)) return error.code;
    throw error;
  }
  return 'accepted';
}

const same = (a: KeyObject, b: KeyObject): boolean =>
  publicKeyFingerprint(createPublicKey(a)) === publicKeyFingerprint(createPublicKey(b));

describe('keys: files', () => {
  const temp = useTemp();
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const write = (data: string | Uint8Array): string => {
    const file = join(temp(), 'key.pem');
    writeFileSync(file, data, { mode: 0o600 });
    return file;
  };

  it('reads every form that OpenSSL writes', async () => {
    const forms: [KeyObject, string | Buffer][] = [
      [ec, ec.export({ type: 'pkcs8', format: 'pem' })],
      [ec, ec.export({ type: 'sec1', format: 'pem' })],
      [ec, ec.export({ type: 'pkcs8', format: 'der' })],
      [rsa, rsa.export({ type: 'pkcs1', format: 'pem' })],
      [rsa, rsa.export({ type: 'pkcs8', format: 'der' })],
      [rsa, String(rsa.export({ type: 'pkcs8', format: 'pem' })).replaceAll('\n', '\r\n')],
    ];
    for (const [key, data] of forms)
      expect(same(await readPrivateKey(write(data), never), key)).to.equal(true);
    const secret = { cipher: 'aes-256-cbc', passphrase: 'correct horse' };
    const encrypted: [KeyObject, string | Buffer][] = [
      [ec, ec.export({ type: 'pkcs8', format: 'pem', ...secret })],
      [ec, ec.export({ type: 'pkcs8', format: 'der', ...secret })],
      [rsa, rsa.export({ type: 'pkcs1', format: 'pem', ...secret })],
    ];
    for (const [key, data] of encrypted)
      expect(same(await readPrivateKey(write(data), ask), key)).to.equal(true);
  });

  it('encrypts so that OpenSSL and Node open it, with the passphrase only', async function () {
    needOpenssl(this);
    const file = write(await encryptPrivateKey(rsa, 'correct horse'));
    expect(same(await readPrivateKey(file, ask), rsa)).to.equal(true);
    expect(
      openssl(['pkey', '-in', file, '-passin', 'pass:correct horse', '-noout', '-check']).output,
    ).to.include('valid');
    expect(openssl(['pkey', '-in', file, '-passin', 'pass:wrong', '-noout']).status).not.to.equal(0);
    expect(openssl(['asn1parse', '-in', file]).output).to.include('PBES2');
    expect(await code(() => readPrivateKey(file, async () => 'wrong'))).to.equal('ERR_PASSPHRASE_WRONG');
    expect(openssl(['pkey', '-in', write(encodePrivateKey(ec)), '-noout']).status).to.equal(0);
  });

  it('refuses what is damaged, ambiguous or not a key', async () => {
    const pem = encodePrivateKey(ec);
    const sealed = await encryptPrivateKey(ec, 'correct horse');
    expect(await code(() => readPrivateKey(write(pem), never))).to.equal('accepted');
    const bad: string[] = [
      pem.slice(0, 100),
      pem + pem,
      encodePublicKey(createPublicKey(ec)),
      '',
      'no key at all',
      encodePem('PRIVATE KEY', Buffer.concat([ec.export({ type: 'pkcs8', format: 'der' }), Buffer.of(0)])),
      encodePem('PRIVATE KEY', Buffer.from('3003020100', 'hex')),
      encodePem('ENCRYPTED PRIVATE KEY', Buffer.from(sealed.split('\n').slice(1, 3).join(''), 'base64')),
    ];
    for (const data of bad)
      expect(await code(() => readPrivateKey(write(data), ask)), data).to.equal('ERR_PEM');
    expect(await code(() => readPrivateKey(join(temp(), 'absent'), ask))).to.equal('ERR_FILE_NOT_FOUND');
    expect(await code(() => readPrivateKey(write('x'.repeat(70_000)), ask))).to.equal('ERR_FILE_TOO_LARGE');
    expect(await code(() => encryptPrivateKey(ec, ''))).to.equal('ERR_PASSPHRASE_WEAK');
    expect(await code(() => encryptPrivateKey(ec, 'correct horse'.repeat(80)))).to.equal('ERR_USAGE');
  });

  it('refuses a key file that would cost hours to open', async () => {
    const sealed = (iterations: number): string => {
      const kdf = der.sequence(
        der.oid('1.2.840.113549.1.5.12'),
        der.sequence(der.octetString(Buffer.alloc(16)), der.integer(iterations)),
      );
      const aes = der.sequence(der.oid('2.16.840.1.101.3.4.1.42'), der.octetString(Buffer.alloc(16)));
      const pbes2 = der.sequence(der.oid('1.2.840.113549.1.5.13'), der.sequence(kdf, aes));
      return encodePem('ENCRYPTED PRIVATE KEY', der.sequence(pbes2, der.octetString(Buffer.alloc(64))));
    };
    const error = await expectCodeAsync('ERR_PEM', () => readPrivateKey(write(sealed(2_000_000_000)), ask));
    expect(error.message).to.include('rounds');
    // The twin with a sane count gets as far as the passphrase.
    await expectCodeAsync('ERR_PASSPHRASE_WRONG', () => readPrivateKey(write(sealed(1000)), ask));
  });

  it('reads public keys as PEM, DER and JWK, and no private ones', () => {
    const pub = createPublicKey(ec);
    const fingerprint = publicKeyFingerprint(pub);
    const read = (data: string | Uint8Array): string => publicKeyFingerprint(readPublicKey(write(data)));
    expect(read(encodePublicKey(pub))).to.equal(fingerprint);
    expect(read(pub.export({ type: 'spki', format: 'der' }))).to.equal(fingerprint);
    expect(read(JSON.stringify(pub.export({ format: 'jwk' })))).to.equal(fingerprint);
    expect(read(createPublicKey(rsa).export({ type: 'pkcs1', format: 'pem' }) as string)).to.equal(
      publicKeyFingerprint(createPublicKey(rsa)),
    );
  });

  for (const [name, data] of [
    ['PEM', encodePrivateKey(ec)],
    ['JWK', JSON.stringify(ec.export({ format: 'jwk' }))],
  ] as const) {
    it(`refuses a private key as ${name} where a public one is asked for`, async () => {
      expect(await code(() => readPublicKey(write(data)))).to.equal('ERR_PEM');
    });
  }

  it('writes no key material into errors', async () => {
    const pem = encodePrivateKey(ec);
    const cut = `${pem.slice(0, 120)}\n-----END PRIVATE KEY-----\n`;
    try {
      await readPrivateKey(write(cut), never);
      expect.fail('accepted');
    } catch (error) {
      expect(JSON.stringify(error)).not.to.include(pem.slice(40, 80));
    }
    expect(readFileSync(join(temp(), 'key.pem'), 'utf8')).to.equal(cut);
  });
});

describe('keys: signing', () => {
  it('signs with the hash that follows the key, verifiable by OpenSSL', async () => {
    const expected = {
      'rsa-2048': 'sha256',
      'ec-p256': 'sha256',
      'ec-p384': 'sha384',
      'ec-p521': 'sha512',
    } as const;
    for (const [type, hash] of Object.entries(expected)) {
      const key = signingKey(await generatePrivateKey(type as keyof typeof expected));
      const bytes = Buffer.from('to be signed');
      expect(signatureScheme(key.publicKey).hash).to.equal(hash);
      const signature = await key.sign(bytes);
      expect(verify(hash, bytes, key.publicKey, signature), type).to.equal(true);
      expect(verify(hash, Buffer.from('other'), key.publicKey, signature), type).to.equal(false);
    }
    expect(KEY_TYPES).to.have.length(6);
  });

  it('names keys', () => {
    expect(describeKey(generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey)).to.equal('EC P-521');
    expect(describeKey(generateKeyPairSync('ed25519').publicKey)).to.equal('ed25519');
    expect(describeKey(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey)).to.equal(
      'EC secp256k1',
    );
  });

  it('refuses weak and unsupported keys', async () => {
    const weak = [
      generateKeyPairSync('rsa', { modulusLength: 1024 }),
      generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }),
    ];
    for (const { privateKey } of weak)
      expect(await code(() => signingKey(privateKey))).to.equal('ERR_KEY_WEAK');
    const other = [
      generateKeyPairSync('ed25519'),
      generateKeyPairSync('ec', { namedCurve: 'secp256k1' }),
      generateKeyPairSync('rsa-pss', { modulusLength: 2048 }),
    ];
    for (const { privateKey } of other)
      expect(await code(() => signingKey(privateKey))).to.equal('ERR_KEY_UNSUPPORTED');
    const even = createPublicKey({
      key: {
        ...generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' }),
        e: 'AQAC',
      },
      format: 'jwk',
    });
    expect(await code(() => requireStrongKey(even, 'key'))).to.equal('ERR_KEY_WEAK');
    expect(
      createPrivateKey(encodePrivateKey(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey)).type,
    ).to.equal('private');
  });
});
