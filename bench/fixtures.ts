import { spawnSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const KIB = 1024;
export const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;

const root = fileURLToPath(new URL('..', import.meta.url));

/** The command line as it is installed. */
export const MODELSEAL = join(root, 'dist', 'bin', 'modelseal.cjs');

/** Runs our command line; a failure ends the benchmark. */
export function modelseal(...args: string[]): void {
  const run = spawnSync(process.execPath, [MODELSEAL, ...args, '--quiet'], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`modelseal ${args.join(' ')}: ${run.stderr}`);
}

/** A file of pseudo-random bytes, really written: a sparse file would not be read like a model. */
export function writeRandom(file: string, size: number): void {
  const block = randomFillSync(Buffer.alloc(Math.min(size, 16 * MIB)));
  const fd = openSync(file, 'w');
  try {
    for (let at = 0; at < size; at += block.length) {
      // Every block differs, so that no layer below can share them.
      block.writeBigUInt64LE(BigInt(at), 0);
      writeSync(fd, block, 0, Math.min(block.length, size - at));
    }
  } finally {
    closeSync(fd);
  }
}

/** A folder with `count` files of `size` bytes. */
export function writeModel(folder: string, count: number, size: number): string[] {
  mkdirSync(folder, { recursive: true });
  const names: string[] = [];
  for (let i = 0; i < count; i++) {
    const file = join(folder, `part-${String(i).padStart(6, '0')}.bin`);
    if (size >= 8) writeRandom(file, size);
    else writeFileSync(file, Buffer.alloc(size, i));
    names.push(file);
  }
  return names;
}

/** Keys and certificates for signing the fixtures: an authority with one developer, and an EC key pair. */
export interface Identity {
  readonly root: string;
  readonly key: string;
  readonly chain: string;
  readonly ecKey: string;
  readonly ecPublic: string;
}

export function makeIdentity(folder: string): Identity {
  const at = (name: string): string => join(folder, name);
  modelseal('ca', 'init', '--home', at('ca'), '--no-passphrase');
  modelseal(
    'ca',
    'issue',
    '--home',
    at('ca'),
    '--no-passphrase',
    '--name',
    'bench',
    '--email',
    'b@example.org',
    '--out',
    at('dev'),
  );
  const ecKey = at('ec.key');
  const ecPublic = at('ec.pub');
  for (const args of [
    ['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', ecKey],
    ['ec', '-in', ecKey, '-pubout', '-out', ecPublic],
  ]) {
    const run = spawnSync('openssl', args);
    if (run.status !== 0) throw new Error(`openssl ${args.join(' ')} failed`);
  }
  return { root: at('ca/root.pem'), key: at('dev/key.pem'), chain: at('dev/chain.pem'), ecKey, ecPublic };
}

/** A Python that has the named module, or undefined: `MODELSEAL_PEERS` names a virtual environment. */
export function peerPython(module: string): string | undefined {
  const candidates = [
    ...(process.env.MODELSEAL_PEERS ? [join(process.env.MODELSEAL_PEERS, 'bin', 'python')] : []),
    'python3',
  ];
  return candidates.find((python) => spawnSync(python, ['-c', `import ${module}`]).status === 0);
}
