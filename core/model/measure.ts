import { DIGEST_SIZE, type DigestJob, digestJobs } from '../digest/index.js';
import type { ProgressSink } from '../progress.js';
import { Manifest, type Serialization } from './manifest.js';
import { byCodePoint } from './names.js';
import { type TreeLeaf, treeDigest } from './root.js';
import type { ModelFile, ModelTree } from './tree.js';

/** What a model on disk was found to be. */
export interface MeasuredModel {
  readonly tree: ModelTree;
  readonly serialization: Serialization;
  /** In the order of OMS §5.2.1. */
  readonly items: readonly MeasuredItem[];
  /** Empty files have no shards, so that a manifest of shards does not list them; the tree digest does. */
  readonly emptyFiles: readonly string[];
  readonly bytes: number;
}

/** One resource as it was read. */
export interface MeasuredItem extends TreeLeaf {
  readonly file: string;
}

export interface MeasureOptions {
  readonly progress?: ProgressSink | undefined;
  readonly threads?: 1 | 2 | undefined;
}

/** Ends of the ranges that a file of this size is hashed in; none for an empty file under `shards`. */
export function rangeEnds(size: number, serialization: Serialization): number[] {
  if (serialization.method === 'files') return [size];
  const step = serialization.shardSize as number;
  const ends: number[] = [];
  for (let end = step; end < size; end += step) ends.push(end);
  if (size > 0) ends.push(size);
  return ends;
}

/** Name of a resource as a manifest spells it. */
export function resourceName(
  file: string,
  start: number,
  end: number,
  method: Serialization['method'],
): string {
  return method === 'files' ? file : `${file}:${start}:${end}`;
}

/**
 * Reads and hashes the files of a listed model.
 *
 * @param files Which of its files; all without it.
 */
export async function measureModel(
  tree: ModelTree,
  serialization: Serialization,
  options: MeasureOptions = {},
  files: readonly ModelFile[] = tree.files,
): Promise<MeasuredModel> {
  const jobs: DigestJob[] = [];
  const emptyFiles: string[] = [];
  let bytes = 0;
  for (const file of files) {
    let start = 0;
    for (const end of rangeEnds(file.size, serialization)) {
      const { name, path, size, dev, ino } = file;
      jobs.push({ name, path, size, dev, ino, start, end });
      start = end;
    }
    if (file.size === 0 && serialization.method === 'shards') emptyFiles.push(file.name);
    bytes += file.size;
  }
  const packed = await digestJobs(jobs, { ...options, algorithm: serialization.hashType });
  // One conversion and slices of its text: a conversion per file costs as much as opening the file.
  const hex = Buffer.from(packed.buffer).toString('hex');
  const step = DIGEST_SIZE[serialization.hashType] * 2;
  const items = jobs.map((job, i) => ({
    file: job.name,
    name: resourceName(job.name, job.start, job.end, serialization.method),
    size: job.end - job.start,
    digest: hex.slice(i * step, (i + 1) * step),
  }));
  if (serialization.method === 'shards') items.sort((a, b) => byCodePoint(a.name, b.name));
  return { tree, serialization, items, emptyFiles, bytes };
}

/**
 * The manifest of a measured model (OMS §6.3, §6.4).
 *
 * @param single Name to give the file of a single-file model instead of its own.
 */
export function manifestOf(model: MeasuredModel, single?: string): Manifest {
  return Manifest.from(
    model.tree.name,
    model.serialization,
    model.items.map(({ name, file, digest }) => ({
      name: single === undefined ? name : single + name.slice(file.length),
      digest,
    })),
  );
}

/** The tree digest of a measured model, empty files included. */
export function treeDigestOf(model: MeasuredModel): string {
  const empty = model.emptyFiles.map((file) => ({ name: `${file}:0:0`, size: 0, digest: '' }));
  return treeDigest(model.serialization.hashType, [...model.items, ...empty]);
}
