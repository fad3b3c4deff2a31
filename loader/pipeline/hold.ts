import { type HashEngine, holdFile, openHash } from '../../core/digest/index.js';
import {
  Digests,
  type Manifest,
  MeasuredItems,
  type MeasuredModel,
  type ModelFile,
  type ModelTree,
  rangeEnds,
  resourceName,
} from '../../core/model/index.js';
import type { ProgressSink } from '../../core/progress.js';
import { signedName } from './listed-model.js';

/** The event loop gets a turn this often. */
const TURN_MS = 50;

/** Called after each block; a promise makes the reader wait for it. */
export type OnBlock = (bytes: number) => Promise<void> | undefined;

/** Reads a file wholly, does something with its bytes, and returns the digests of exactly these bytes. */
export type Taker = (
  file: ModelFile,
  /** As the manifest calls it. */
  name: string,
  /** Ends of the ranges to hash, the last one being the size. */
  ends: readonly number[],
  engine: HashEngine,
  onBlock: OnBlock,
) => Promise<readonly Uint8Array[]>;

/** Reads every wanted file into memory, hashing on the way. Bytes that do not match are dropped at once. */
export const holdModel = (
  manifest: Manifest,
  tree: ModelTree,
  files: readonly ModelFile[],
  held: Map<string, Uint8Array>,
  onProgress: ProgressSink | undefined,
): Promise<MeasuredModel> =>
  takeModel(manifest, tree, files, onProgress, async (file, name, ends, engine, onBlock) => {
    const { bytes, digests } = await holdFile(file, ends, engine, onBlock);
    if (manifest.has(name) && isSigned(manifest, name, digests)) held.set(name, bytes);
    return digests;
  });

/** Measures a model by what is taken of its files, one after the other. A file of another size than signed is left. */
export async function takeModel(
  manifest: Manifest,
  tree: ModelTree,
  files: readonly ModelFile[],
  onProgress: ProgressSink | undefined,
  take: Taker,
): Promise<MeasuredModel> {
  const engine: HashEngine = await openHash(manifest.hashType);
  const { serialization } = manifest;
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const names: string[] = [];
  const parts: string[] = [];
  const sizes: number[] = [];
  const packed: Uint8Array[] = [];
  const emptyFiles: string[] = [];
  const otherSize: string[] = [];
  let bytes = 0;
  let turn = performance.now();
  for (const [index, file] of files.entries()) {
    const onBlock: OnBlock = (n) => {
      bytes += n;
      const now = performance.now();
      if (now - turn < TURN_MS) return undefined;
      turn = now;
      onProgress?.({ bytes, total, files: index, totalFiles: files.length });
      return new Promise((resolve) => setImmediate(resolve));
    };
    const name = signedName(manifest, tree, file.name);
    const expected = manifest.sizeOf(name);
    if (expected !== undefined && expected !== file.size) {
      otherSize.push(file.name);
      continue;
    }
    const ends = rangeEnds(file.size, serialization);
    const digests = await take(file, name, ends, engine, onBlock);
    if (ends.length === 0) emptyFiles.push(file.name);
    digests.forEach((digest, i) => {
      const start = ends[i - 1] ?? 0;
      const end = ends[i] ?? 0;
      names.push(resourceName(file.name, start, end, serialization.method));
      parts.push(file.name);
      sizes.push(end - start);
      packed.push(digest);
    });
  }
  onProgress?.({ bytes, total, files: files.length, totalFiles: files.length });
  const digests = new Digests(new Uint8Array(Buffer.concat(packed)), engine.size);
  const items = new MeasuredItems(names, parts, Float64Array.from(sizes), digests);
  return { tree, serialization, items, emptyFiles, otherSize, bytes };
}

/**
 * Whether bytes are what a manifest says of a file.
 *
 * @param digests Of the ranges of the file, in their order.
 */
export function isSigned(manifest: Manifest, name: string, digests: readonly Uint8Array[]): boolean {
  const expected = manifest.resourcesOf(name);
  return expected.length === digests.length && expected.every((r, i) => hex(digests[i]) === r.digest);
}

const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');
