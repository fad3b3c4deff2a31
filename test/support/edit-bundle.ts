import { readFileSync, writeFileSync } from 'node:fs';
import { IN_TOTO_PAYLOAD_TYPE, preAuthEncoding } from '../../core/dsse.js';
import { signingKey } from '../../core/keys/index.js';
import type { TestKey } from './pki.js';

// biome-ignore lint/suspicious/noExplicitAny: tests reach into JSON to break it
export type Editable = any;

/** Changes the JSON of a signature file in place. */
export function editBundle(file: string, edit: (bundle: Editable) => void): void {
  const bundle: Editable = JSON.parse(readFileSync(file, 'utf8'));
  edit(bundle);
  writeFileSync(file, JSON.stringify(bundle));
}

/** Changes the signed statement and leaves the old signature over it. */
export function editPayload(file: string, edit: (statement: Editable) => void): void {
  editBundle(file, (bundle) => {
    const statement = JSON.parse(Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString());
    edit(statement);
    bundle.dsseEnvelope.payload = Buffer.from(JSON.stringify(statement)).toString('base64');
  });
}

/** Signs the payload of a signature file again: what a careless or hostile but genuine signer would have made. */
export async function resign(file: string, key: TestKey): Promise<void> {
  const bundle: Editable = JSON.parse(readFileSync(file, 'utf8'));
  const payload = new Uint8Array(Buffer.from(bundle.dsseEnvelope.payload, 'base64'));
  const sig = await signingKey(key.privateKey).sign(preAuthEncoding(IN_TOTO_PAYLOAD_TYPE, payload));
  bundle.dsseEnvelope.signatures = [{ sig: Buffer.from(sig).toString('base64'), keyid: '' }];
  writeFileSync(file, JSON.stringify(bundle));
}

/** Flips the lowest bit of one byte of a base64 text. */
export function flip(base64: string, index: number): string {
  const bytes = Buffer.from(base64, 'base64');
  const at = index < 0 ? bytes.length + index : index;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes.toString('base64');
}
