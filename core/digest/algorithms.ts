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
  once(bytes: Uint8Array): Uint8Array;
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
      once: (bytes) => hash(node, bytes, 'buffer'),
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
    once: (bytes) => {
      const running = start();
      running.update(bytes);
      return running.digest();
    },
  };
}
