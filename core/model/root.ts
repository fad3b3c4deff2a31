import { hash } from 'node:crypto';
import type { Digests } from './columns.js';
import { byCodePoint } from './names.js';

/**
 * Root digest of OMS §6.5.1: SHA-256 over the digests of the resources in their order. It binds neither names nor
 * lengths; {@link treeDigest} does.
 */
export const rootDigest = (digests: Digests): string => digests.sha256();

/** What {@link treeDigest} binds: of each resource its name, its size and its digest. */
export interface TreeLeaves {
  readonly names: readonly string[];
  readonly sizes: ArrayLike<number>;
  readonly digests: Digests;
  /** Names of resources of no bytes, and without a digest, that there are besides. */
  readonly empty?: readonly string[];
}

/** Name of the tree digest in `subject[0].digest`; other readers of OMS signatures ignore it. */
export const TREE_DIGEST_KEY = 'modelsealTreeSha256';

/**
 * Root of a Merkle tree (RFC 9162 §2.1.1, SHA-256) over names, sizes and digests, leaves in order of names. A leaf is
 * the length of the name and the name in UTF-8, the size, and the length of the digest and the digest; numbers are
 * 64 bits, big-endian.
 */
export function treeDigest(algorithm: string, leaves: TreeLeaves): string {
  const { sizes, digests, empty = [] } = leaves;
  const names = empty.length > 0 ? [...leaves.names, ...empty] : leaves.names;
  const count = names.length;
  const buffer = Buffer.allocUnsafe(ROOM);
  const hashes = Buffer.allocUnsafe(count * HASH_BYTES);
  const order = orderOf(names);
  for (let i = 0; i < count; i++) {
    const index = order?.[i] ?? i;
    const name = names[index] as string;
    const nameLength = Buffer.byteLength(name);
    const digestLength = index < leaves.names.length ? digests.size : 0;
    const length = 1 + 4 * 8 + nameLength + algorithm.length + digestLength;
    const bytes = length <= ROOM ? buffer : Buffer.allocUnsafe(length);
    let at = bytes.writeUInt8(LEAF, 0);
    at = number(bytes, nameLength, at);
    at += bytes.write(name, at, 'utf8');
    at = number(bytes, algorithm.length, at);
    at += bytes.write(algorithm, at, 'latin1');
    at = number(bytes, sizes[index] ?? 0, at);
    at = number(bytes, digestLength, at);
    if (digestLength > 0) digests.copyTo(index, bytes, at);
    hashes.write(hash('sha256', bytes.subarray(0, length), 'binary'), i * HASH_BYTES, 'latin1');
  }
  return merkle(hashes, count).toString('hex');
}

/** Room for a leaf of any usual length. */
const ROOM = 1024;
const HASH_BYTES = 32;

/** Undefined for names that are in order already, as those of a measured model are. */
function orderOf(names: readonly string[]): number[] | undefined {
  if (names.every((name, i) => i === 0 || byCodePoint(names[i - 1] as string, name) < 0)) return undefined;
  const order = names.map((_, i) => i);
  return order.sort((a, b) => byCodePoint(names[a] as string, names[b] as string));
}

const LEAF = 0;
const NODE = 1;

/** 64 bits, big-endian; sizes are exact below 2^53. */
function number(bytes: Buffer, value: number, at: number): number {
  bytes.writeUInt32BE(Math.floor(value / 2 ** 32), at);
  return bytes.writeUInt32BE(value % 2 ** 32, at + 4);
}

/**
 * Hashes pairs of neighbours, level by level, over the hashes themselves; the last one of an odd number moves up as it
 * is. That gives the tree of RFC 9162, whose left half is the largest power of two below the number of leaves.
 */
function merkle(hashes: Buffer, leaves: number): Buffer {
  if (leaves === 0) return hash('sha256', '', 'buffer');
  const node = Buffer.allocUnsafe(1 + 2 * HASH_BYTES);
  node.writeUInt8(NODE, 0);
  for (let count = leaves; count > 1; count = Math.ceil(count / 2)) {
    for (let i = 0; i + 1 < count; i += 2) {
      hashes.copy(node, 1, i * HASH_BYTES, (i + 2) * HASH_BYTES);
      hashes.write(hash('sha256', node, 'binary'), (i / 2) * HASH_BYTES, 'latin1');
    }
    if (count % 2 === 1) hashes.copy(hashes, ((count - 1) / 2) * HASH_BYTES, (count - 1) * HASH_BYTES);
  }
  return hashes.subarray(0, HASH_BYTES);
}
