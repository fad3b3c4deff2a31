import { sep } from 'node:path';
import {
  type CacheUse,
  DIGEST_SIZE,
  type DigestCache,
  type DigestJob,
  digestJobs,
  digestUnknown,
  type JobList,
  WHOLE,
} from '../digest/index.js';
import type { ProgressSink } from '../progress.js';
import { Digests, MeasuredItems } from './columns.js';
import type { ModelFile } from './listed-file.js';
import { Manifest, type Serialization } from './manifest.js';
import { treeDigest } from './root.js';
import type { ModelTree } from './tree.js';

/** What a model on disk was found to be. */
export interface MeasuredModel {
  readonly tree: ModelTree;
  readonly serialization: Serialization;
  readonly items: MeasuredItems;
  /** Empty files have no shards, so that a manifest of shards does not list them; the tree digest does. */
  readonly emptyFiles: readonly string[];
  /** Files of another size than was expected of them. They were not read, and have no items. */
  readonly otherSize: readonly string[];
  readonly bytes: number;
  /** What a cache spared, where one was given. */
  readonly cache?: CacheUse | undefined;
}

export interface MeasureOptions {
  readonly progress?: ProgressSink | undefined;
  readonly threads?: 1 | 2 | undefined;
  /** Bytes that a file must have, where that is known: reading one of another size would cost, and say nothing. */
  readonly expected?: ((file: string) => number | undefined) | undefined;
  readonly cache?: DigestCache | undefined;
  /** Whether a digest of the cache may be taken for a resource; any without it. */
  readonly reuse?: ((resource: string, digest: string) => boolean) | undefined;
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
  const { method, hashType } = serialization;
  const shards = method === 'shards';
  const { expected = () => undefined } = options;
  const otherSize: string[] = [];
  const pass = options.cache?.pass(tree.root, hashType);
  // What is to be recognised has to be looked up.
  if (pass) for (const file of files) void file.size;
  const fitting = files.filter((file) => {
    if (fits(file, expected(file.name), shards)) return true;
    otherSize.push(file.name);
    return false;
  });
  const jobs: JobList = shards ? rangesOf(fitting, serialization) : wholes(tree, fitting, expected);
  const { progress, threads, reuse } = options;
  const accept = ({ name, start, end }: DigestJob, digest: string): boolean =>
    reuse?.(resourceName(name, start, end, method), digest) ?? true;
  const how = { progress, threads, algorithm: hashType };
  const digested = pass ? await digestUnknown(listOf(jobs), pass, accept, how) : await digestJobs(jobs, how);
  const { digests: packed, ends } = digested;
  if (!fitting.every((file) => file.known)) tree.folders.requireUnchanged();
  const left = new Set(digested.otherSize);
  const names: string[] = [];
  const parts: string[] = [];
  const sizes = new Float64Array(jobs.length);
  let bytes = 0;
  for (let i = 0; i < jobs.length; i++) {
    const { name, start } = jobs.at(i) as DigestJob;
    if (left.has(i)) {
      otherSize.push(name);
      continue;
    }
    const end = ends[i] as number;
    sizes[names.length] = end - start;
    bytes += end - start;
    names.push(name);
    if (shards) parts.push(resourceName(name, start, end, method));
  }
  const all = new Digests(packed, DIGEST_SIZE[hashType]);
  const digests = left.size === 0 ? all : all.permuted([...ends.keys()].filter((i) => !left.has(i)));
  const items = new MeasuredItems(shards ? parts : names, names, sizes.subarray(0, names.length), digests);
  const emptyFiles = shards ? fitting.filter((file) => file.size === 0).map((file) => file.name) : [];
  return {
    tree,
    serialization,
    items: shards ? items.sorted() : items,
    emptyFiles,
    otherSize,
    bytes,
    cache: pass?.end(),
  };
}

const listOf = (jobs: JobList): DigestJob[] =>
  Array.from({ length: jobs.length }, (_, i) => jobs.at(i) as DigestJob);

/** False for a file whose size is known and not the expected one. Shards need every size before the first is read. */
function fits(file: ModelFile, expected: number | undefined, shards: boolean): boolean {
  return expected === undefined || !(file.known || shards) || file.size === expected;
}

/** A file of which nothing is known is measured by whoever opens it. */
function wholes(
  { root, single, scattered }: ModelTree,
  files: readonly ModelFile[],
  expected: (file: string) => number | undefined,
): JobList {
  const at = (index: number): DigestJob | undefined => {
    const file = files[index];
    if (!file) return undefined;
    const { name, path } = file;
    if (!file.known) return { name, path, ...WHOLE, end: expected(name) ?? WHOLE.end };
    const { size, dev, ino } = file;
    return { name, path, size, dev, ino, start: 0, end: size };
  };
  return {
    length: files.length,
    at,
    ...(single || scattered ? {} : { folder: root.endsWith(sep) ? root : root + sep }),
  };
}

function rangesOf(files: readonly ModelFile[], serialization: Serialization): DigestJob[] {
  return files.flatMap(({ name, path, size, dev, ino }) => {
    let start = 0;
    return rangeEnds(size, serialization).map((end) => {
      const job = { name, path, size, dev, ino, start, end };
      start = end;
      return job;
    });
  });
}

/**
 * The manifest of a measured model (OMS §6.3, §6.4).
 *
 * @param single Name to give the file of a single-file model instead of its own.
 */
export function manifestOf(model: MeasuredModel, single?: string): Manifest {
  const { items, serialization, tree } = model;
  const names =
    single === undefined
      ? items.names
      : items.names.map((name, i) => single + name.slice(items.files[i]?.length));
  return Manifest.of(tree.name, serialization, names, items.digests);
}

/** The tree digest of a measured model, empty files included. */
export function treeDigestOf({ serialization, items, emptyFiles }: MeasuredModel): string {
  const empty = emptyFiles.map((file) => `${file}:0:0`);
  return treeDigest(serialization.hashType, { ...items, empty });
}
