import { hash } from 'node:crypto';
import { byCodePoint } from './names.js';

/**
 * Root digest of OMS §6.5.1: SHA-256 over the digests of the resources in their order. It binds neither names nor
 * lengths; {@link treeDigest} does.
 */
export function rootDigest(digests: readonly string[]): string {
  return hash('sha256', Buffer.from(digests.join(''), 'hex'), 'hex');
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
  const hashes = inOrder(leaves).map((leaf) => {
    const nameLength = Buffer.byteLength(leaf.name);
    const digestLength = leaf.digest.length / 2;
    const bytes = Buffer.allocUnsafe(1 + 4 * 8 + nameLength + algorithm.length + digestLength);
    let at = bytes.writeUInt8(LEAF, 0);
    at = number(bytes, nameLength, at);
    at += bytes.write(leaf.name, at, 'utf8');
    at = number(bytes, algorithm.length, at);
    at += bytes.write(algorithm, at, 'latin1');
    at = number(bytes, leaf.size, at);
    at = number(bytes, digestLength, at);
    bytes.write(leaf.digest, at, 'hex');
    return hash('sha256', bytes, 'buffer');
  });
  return merkle(hashes, 0, hashes.length).toString('hex');
}

/** A measured model has its leaves in order already; sorting them again would cost more than hashing them. */
function inOrder(leaves: readonly TreeLeaf[]): readonly TreeLeaf[] {
  const sorted = leaves.every(
    (leaf, i) => i === 0 || byCodePoint((leaves[i - 1] as TreeLeaf).name, leaf.name) < 0,
  );
  return sorted ? leaves : [...leaves].sort((a, b) => byCodePoint(a.name, b.name));
}

const LEAF = 0;
const NODE = 1;

/** 64 bits, big-endian; sizes are exact below 2^53. */
function number(bytes: Buffer, value: number, at: number): number {
  bytes.writeUInt32BE(Math.floor(value / 2 ** 32), at);
  return bytes.writeUInt32BE(value % 2 ** 32, at + 4);
}

/** Hash of the leaves `[from, to)`: the left half is the largest power of two below their number. */
function merkle(hashes: readonly Buffer[], from: number, to: number): Buffer {
  const count = to - from;
  if (count === 0) return hash('sha256', '', 'buffer');
  if (count === 1) return hashes[from] as Buffer;
  let half = 1;
  while (half * 2 < count) half *= 2;
  const node = Buffer.allocUnsafe(65);
  node.writeUInt8(NODE, 0);
  merkle(hashes, from, from + half).copy(node, 1);
  merkle(hashes, from + half, to).copy(node, 33);
  return hash('sha256', node, 'buffer');
}
