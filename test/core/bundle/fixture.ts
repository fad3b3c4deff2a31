import { generateKeyPairSync, sign } from 'node:crypto';
import { encodeBundle, encodeStatement, type Material } from '../../../core/bundle/index.js';
import { preAuthEncoding } from '../../../core/dsse.js';
import { Manifest } from '../../../core/model/index.js';

// biome-ignore lint/suspicious/noExplicitAny: mutations put anything anywhere
export type Loose = any;

export const DIGEST = 'ab'.repeat(32);
export const OTHER = 'cd'.repeat(32);
export const pair = generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
const manifest = Manifest.from(
  'model',
  { method: 'files', hashType: 'sha256', allowSymlinks: false, ignorePaths: ['.git', 'model.sig'] },
  [
    { name: 'a/b', digest: DIGEST },
    { name: 'c', digest: OTHER },
  ],
);
export const payload = encodeStatement(manifest, { treeDigest: DIGEST, annotations: { modelName: 'm' } });
export const pae = preAuthEncoding('application/vnd.in-toto+json', payload);
export const signature = sign('sha384', pae, pair.privateKey);
const certificate = Uint8Array.of(0x30, 0);

export const bytes = (value: Loose): Uint8Array => Buffer.from(JSON.stringify(value));

/** A well-formed bundle, to be changed at will. */
export const fresh = (material: Material = { chain: [certificate] }): Loose =>
  JSON.parse(encodeBundle(payload, [signature], material));

/** Stands for "take the field away". */
export const REMOVED = Symbol('removed');

/** A mutation that sets, or takes away, the field at a dotted path. */
export const change =
  (path: string, value: unknown): ((object: Loose) => void) =>
  (object) => {
    const names = path.split('.');
    const last = names.pop() as string;
    const parent = names.reduce((at, name) => at[name], object);
    if (value === REMOVED) delete parent[last];
    else parent[last] = value;
  };
