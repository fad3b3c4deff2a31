import { DIGEST_SIZE, type DigestJob, digestJobs, WHOLE } from '../digest/index.js';
import type { ProgressSink } from '../progress.js';
import type { ModelFile } from './listed-file.js';
import { Manifest, type Serialization } from './manifest.js';
import { byCodePoint } from './names.js';
import { type TreeLeaf, treeDigest } from './root.js';
import type { ModelTree } from './tree.js';

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
  for (const file of files) {
    const { name, path } = file;
    // A whole file is measured by whoever opens it.
    if (serialization.method === 'files' && !file.known) {
      jobs.push({ name, path, ...WHOLE });
      continue;
    }
    const { size, dev, ino } = file;
    let start = 0;
    for (const end of rangeEnds(size, serialization)) {
      jobs.push({ name, path, size, dev, ino, start, end });
      start = end;
    }
    if (size === 0 && serialization.method === 'shards') emptyFiles.push(name);
  }
  const { digests, ends } = await digestJobs(jobs, { ...options, algorithm: serialization.hashType });
  if (!files.every((file) => file.known)) tree.folders.requireUnchanged();
  // One conversion and slices of its text: a conversion per file costs as much as opening the file.
  const hex = Buffer.from(digests.buffer).toString('hex');
  const step = DIGEST_SIZE[serialization.hashType] * 2;
  let bytes = 0;
  const items = jobs.map((job, i) => {
    const end = ends[i] as number;
    bytes += end - job.start;
    return {
      file: job.name,
      name: resourceName(job.name, job.start, end, serialization.method),
      size: end - job.start,
      digest: hex.slice(i * step, (i + 1) * step),
    };
  });
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
