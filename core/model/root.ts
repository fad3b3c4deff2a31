import { createHash } from 'node:crypto';
import { byCodePoint } from './names.js';

/**
 * Root digest of OMS §6.5.1: SHA-256 over the digests of the resources in their order. It binds neither names nor
 * lengths; {@link treeDigest} does.
 */
export function rootDigest(digests: Iterable<string>): string {
  const all = createHash('sha256');
  for (const digest of digests) all.update(digest, 'hex');
  return all.digest('hex');
}

/** What {@link treeDigest} binds of one resource. */
export interface TreeLeaf {
  readonly name: string;
  readonly size: number;
  /** Hexadecimal. */
  readonly digest: string;
}

/** Name of the tree digest in `subject[0].digest`; other readers of OMS signatures ignore it. */
export const TREE_DIGEST_KEY = 'modelsealTreeSha256';

/**
 * Root of a Merkle tree (RFC 9162 §2.1.1, SHA-256) over names, sizes and digests, leaves in order of names. A leaf is
 * the length of the name and the name in UTF-8, the size, and the length of the digest and the digest; numbers are
 * 64 bits, big-endian.
 */
export function treeDigest(algorithm: string, leaves: readonly TreeLeaf[]): string {
  const sorted = [...leaves].sort((a, b) => byCodePoint(a.name, b.name));
  const hashes = sorted.map((leaf) => {
    const one = createHash('sha256').update(LEAF);
    for (const text of [leaf.name, algorithm]) {
      const bytes = Buffer.from(text);
      one.update(number(bytes.length)).update(bytes);
    }
    const digest = Buffer.from(leaf.digest, 'hex');
    return one.update(number(leaf.size)).update(number(digest.length)).update(digest).digest();
  });
  return merkle(hashes, 0, hashes.length).toString('hex');
}

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

function number(value: number): Uint8Array {
  const out = Buffer.allocUnsafe(8);
  out.writeBigUInt64BE(BigInt(value));
  return out;
}

/** Hash of the leaves `[from, to)`: the left half is the largest power of two below their number. */
function merkle(hashes: readonly Buffer[], from: number, to: number): Buffer {
  const count = to - from;
  if (count === 0) return createHash('sha256').digest();
  if (count === 1) return hashes[from] as Buffer;
  let half = 1;
  while (half * 2 < count) half *= 2;
  return createHash('sha256')
    .update(NODE)
    .update(merkle(hashes, from, from + half))
    .update(merkle(hashes, from + half, to))
    .digest();
}
