import { createPublicKey, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import {
  matchSignature,
  type SignatureForm,
  signatureHash,
  type UnverifiedBundle,
} from '../../core/bundle/index.js';
import { makeFolders, writeAtomic } from '../../core/files.js';
import { decodePublicKey } from '../../core/keys/index.js';
import { encodePem } from '../../core/pem.js';
import { Certificate } from '../../core/x509/index.js';

/** The detached view of a signature: files that OpenSSL alone can verify. */
export interface Extracted {
  readonly files: readonly string[];
  /** Which bytes the first signature covers; null where it does not verify with the key of the bundle, or there is none. */
  readonly form: SignatureForm | null;
  /** The command that verifies it; null where the bundle brings no key. */
  readonly command: string | null;
}

/**
 * Writes `manifest.json` (the payload as it was signed), `signed-bytes.bin`, `signature.bin` (further signatures
 * numbered), and, where the bundle has them, `chain.pem` and `public-key.pem`. Existing files are not replaced.
 *
 * @throws {ModelsealError} `ERR_FILE_EXISTS`, `ERR_FILE_UNWRITABLE`
 * @example
 * const inspection = inspect('model/model.sig');
 * if (inspection.kind === 'signature') extractView(inspection.bundle, 'view');
 */
export function extractView(bundle: UnverifiedBundle, folder: string): Extracted {
  makeFolders(folder);
  const key = bundledKey(bundle);
  const [first] = bundle.signatures;
  const form = (key && first && matchSignature(bundle, first, key)) ?? null;
  const files: string[] = [];
  const write = (name: string, data: Uint8Array | string): void => {
    writeAtomic(join(folder, name), data);
    files.push(name);
  };
  write('manifest.json', bundle.payload);
  write('signed-bytes.bin', form === 'v0.2' ? bundle.legacySignedBytes : bundle.signedBytes);
  bundle.signatures.forEach((signature, i) => {
    write(i === 0 ? 'signature.bin' : `signature-${i + 1}.bin`, signature.sig);
  });
  if (bundle.chain.length > 0) {
    write('chain.pem', bundle.chain.map((der) => encodePem('CERTIFICATE', der)).join(''));
  }
  if (key) write('public-key.pem', key.export({ type: 'spki', format: 'pem' }) as string);
  return { files, form, command: key ? opensslCommand(key, form) : null };
}

/** Release 0.2 hashed with SHA-256 whatever the curve. */
function opensslCommand(key: KeyObject, form: SignatureForm | null): string {
  const hash = form === 'v0.2' ? 'sha256' : (signatureHash(key) ?? 'sha256');
  return `openssl dgst -${hash} -verify public-key.pem -signature signature.bin signed-bytes.bin`;
}

/** The key that the bundle brings: of its first certificate, or the bare one of older releases. */
function bundledKey(bundle: UnverifiedBundle): KeyObject | undefined {
  const [leaf] = bundle.chain;
  if (leaf)
    return createPublicKey({ key: Buffer.from(Certificate.decode(leaf).spki), format: 'der', type: 'spki' });
  return bundle.keyRawBytes && decodePublicKey(bundle.keyRawBytes, 'publicKey.rawBytes');
}
