import { ModelsealError } from '../errors/index.js';

/** `[start, end)`, bytes. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A shard of a file, as its name says. */
export interface Shard {
  /** In the manifest. */
  readonly index: number;
  readonly name: string;
  readonly file: string;
  readonly range: Range;
}

/** A file name may contain colons, so the range is the last two components (OMS §6.3.2). */
const SHARD = /^(.+):(0|[1-9][0-9]{0,15}):([1-9][0-9]{0,15})$/s;

/** @throws {ModelsealError} `ERR_MANIFEST_SHARD_NAME` */
export function shardOf(name: string, index: number): Shard {
  const match = SHARD.exec(name);
  if (!match) throw new ModelsealError('ERR_MANIFEST_SHARD_NAME', { name });
  const [, file, start, end] = match;
  return { index, name, file: file as string, range: { start: Number(start), end: Number(end) } };
}

/**
 * Sorts the shards of a file by range and checks that they begin at 0, follow each other, and are full but for the last.
 *
 * @throws {ModelsealError} `ERR_MANIFEST_SHARDS`, `ERR_NAME_DUPLICATE`
 */
export function checkShards(file: string, parts: Shard[], size: number): void {
  const bad = (problem: string): never => {
    throw new ModelsealError('ERR_MANIFEST_SHARDS', { file, problem });
  };
  parts.sort((a, b) => a.range.start - b.range.start);
  let at = 0;
  parts.forEach((part, i) => {
    const { start, end } = part.range;
    if (i > 0 && start === parts[i - 1]?.range.start)
      throw new ModelsealError('ERR_NAME_DUPLICATE', { name: part.name });
    if (start > at) bad(`bytes ${at} to ${start} are in none`);
    if (start < at) bad(`byte ${start} is in two`);
    if (end <= start || end - start > size) bad(`${part.name} has a wrong length`);
    if (i < parts.length - 1 && end - start !== size) bad(`${part.name} is shorter than the shard size`);
    at = end;
  });
}
