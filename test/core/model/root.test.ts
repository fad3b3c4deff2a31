import { createHash } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { Digests, rootDigest, type TreeLeaves, treeDigest } from '../../../core/model/index.js';

const sha = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();

interface TreeLeaf {
  readonly name: string;
  readonly size: number;
  readonly digest: string;
}

/** Leaves without a digest are those that are passed as empty. */
const columns = (leaves: readonly TreeLeaf[]): TreeLeaves => {
  const full = leaves.filter((leaf) => leaf.digest !== '');
  const digests = full.map((leaf) => leaf.digest);
  return {
    names: full.map((leaf) => leaf.name),
    sizes: full.map((leaf) => leaf.size),
    digests: Digests.ofHex(digests, (digests[0]?.length ?? 64) / 2),
    empty: leaves.filter((leaf) => leaf.digest === '').map((leaf) => leaf.name),
  };
};

/** The definition in docs/formats.md, written down a second time. */
function defined(algorithm: string, leaves: readonly TreeLeaf[]): string {
  const u64 = (n: number): Buffer => {
    const b = Buffer.alloc(8);
    b.writeBigUInt64BE(BigInt(n));
    return b;
  };
  const text = (bytes: Buffer): Buffer[] => [u64(bytes.length), bytes];
  const sorted = [...leaves].sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  const root = (nodes: Buffer[]): Buffer => {
    if (nodes.length === 0) return sha();
    if (nodes.length === 1) return nodes[0] as Buffer;
    const half = 2 ** Math.floor(Math.log2(nodes.length - 1));
    return sha(Buffer.of(1), root(nodes.slice(0, half)), root(nodes.slice(half)));
  };
  const leaf = (l: TreeLeaf): Buffer =>
    sha(
      Buffer.of(0),
      ...text(Buffer.from(l.name)),
      ...text(Buffer.from(algorithm)),
      u64(l.size),
      ...text(Buffer.from(l.digest, 'hex')),
    );
  return root(sorted.map(leaf)).toString('hex');
}

describe('treeDigest', () => {
  const leafs = fc.uniqueArray(
    fc.record({
      name: fc.string({ minLength: 1, unit: 'grapheme' }),
      size: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
      digest: fc.constantFrom('', 'ab', 'cd'),
    }),
    { selector: (leaf) => leaf.name, maxLength: 20 },
  );
  const sized = fc.tuple(leafs, fc.constantFrom(32, 64)).map(([leaves, length]) =>
    leaves.map((leaf) => ({
      ...leaf,
      size: leaf.digest === '' ? 0 : leaf.size,
      digest: leaf.digest.repeat(length),
    })),
  );

  it('is what its definition says', () => {
    fc.assert(
      fc.property(sized, (leaves) => {
        expect(treeDigest('sha256', columns(leaves))).to.equal(defined('sha256', leaves));
      }),
    );
  });

  it('binds names, sizes, digests and the hash, where the root digest binds digests only', () => {
    const leaves = [
      { name: 'a', size: 1, digest: 'ab'.repeat(32) },
      { name: 'b', size: 2, digest: 'cd'.repeat(32) },
    ];
    const first = { name: 'a', size: 1, digest: 'ab'.repeat(32) };
    const digests = new Set([
      treeDigest('sha256', columns(leaves)),
      treeDigest('blake3', columns(leaves)),
      ...[{ name: 'aa' }, { size: 9 }, { digest: 'ef'.repeat(32) }].map((change) =>
        treeDigest('sha256', columns([{ ...first, ...change }, ...leaves.slice(1)])),
      ),
      treeDigest('sha256', columns(leaves.slice(1))),
    ]);
    expect(digests.size).to.equal(6);
    const all = leaves.map((leaf) => leaf.digest);
    expect(rootDigest(Digests.ofHex(all, 32))).to.equal(
      sha(Buffer.from(all.join(''), 'hex')).toString('hex'),
    );
  });
});
