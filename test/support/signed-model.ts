import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { signingKey } from '../../core/keys/index.js';
import { TrustAnchors } from '../../loader/path/index.js';
import { type SignedModel, type SignOptions, signModel } from '../../signer/index.js';
import { matMulModel } from './onnx.js';
import { AT, type CertificateSpec, type Issued, makeChain } from './pki.js';

/** A small real model: ONNX that runs, its configuration and labels. */
export function writeModel(folder: string, more: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const files = {
    'model.onnx': matMulModel(),
    'config.json': '{"classes": 2}',
    'labels/names.txt': 'no\nyes\n',
    ...more,
  };
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  return folder;
}

export interface Publisher {
  readonly root: Issued;
  readonly issuing: Issued;
  readonly leaf: Issued;
  readonly trustRoots: TrustAnchors;
  sign(folder: string, options?: Partial<SignOptions>): Promise<SignedModel>;
}

/** Root, issuing CA and developer, and a hand that signs. */
export function publisher(leaf: CertificateSpec = {}): Publisher {
  const chain = makeChain(leaf);
  return {
    ...chain,
    trustRoots: TrustAnchors.from([chain.root.certificate]),
    sign: (folder, options = {}) =>
      signModel(folder, {
        key: signingKey(chain.leaf.key.privateKey),
        certificate: chain.leaf.certificate,
        chain: [chain.issuing.certificate],
        at: AT,
        ...options,
      }),
  };
}
