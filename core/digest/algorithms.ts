import { createHash, hash } from 'node:crypto';

/** The hashes of OMS, by the names that a manifest uses. */
export const HASH_NAMES = ['sha256', 'blake2b', 'blake3'] as const;
export type HashName = (typeof HASH_NAMES)[number];

/** Digest length in bytes: blake2b is BLAKE2b-512, as the reference implementation writes it. */
export const DIGEST_SIZE: Readonly<Record<HashName, number>> = { sha256: 32, blake2b: 64, blake3: 32 };

export const isHashName = (name: string): name is HashName =>
  (HASH_NAMES as readonly string[]).includes(name);

/** One running hash. `update` consumes the bytes at once: the buffer may be reused. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  digest(): Uint8Array;
}

/** Makes hashers of one algorithm. Only one of them may be in use at a time. */
export interface HashEngine {
  readonly name: HashName;
  readonly size: number;
  start(): Hasher;
  /** Hashes `bytes` and writes the digest to `target` from `at` on. */
  into(bytes: Uint8Array, target: Buffer, at: number): void;
}

/** Digest of bytes that are in memory already. */
export function digestOnce(engine: HashEngine, bytes: Uint8Array): Uint8Array {
  const digest = Buffer.allocUnsafeSlow(engine.size);
  engine.into(bytes, digest, 0);
  return digest;
}

const NODE_NAMES: Readonly<Record<'sha256' | 'blake2b', string>> = {
  sha256: 'sha256',
  blake2b: 'blake2b512',
};

/** Opens an algorithm. SHA-256 and BLAKE2b are OpenSSL's; BLAKE3 is WebAssembly and loaded only when it is asked for. */
export async function openHash(name: HashName): Promise<HashEngine> {
  const size = DIGEST_SIZE[name];
  if (name !== 'blake3') {
    const node = NODE_NAMES[name];
    return {
      name,
      size,
      start: () => {
        const running = createHash(node);
        return { update: (bytes) => void running.update(bytes), digest: () => running.digest() };
      },
      // As text of one octet a character: half the cost of a buffer of its own for every digest.
      into: (bytes, target, at) => void target.write(hash(node, bytes, 'binary'), at, 'latin1'),
    };
  }
  const { createBLAKE3 } = await import('hash-wasm');
  const wasm = await createBLAKE3();
  const start = (): Hasher => {
    wasm.init();
    return { update: (bytes) => void wasm.update(bytes), digest: () => wasm.digest('binary') };
  };
  return {
    name,
    size,
    start,
    into: (bytes, target, at) => {
      const running = start();
      running.update(bytes);
      target.set(running.digest(), at);
    },
  };
}
