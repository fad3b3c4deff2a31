import { ModelsealError } from '../../core/errors/index.js';

/** `model-00002-of-00005.safetensors`, as every tool names the parts of weights that it splits. */
const SHARD = /^(.*?)[-.](\d{1,6})-of-(\d{1,6})(\.[^/]*)?$/;

export interface Shard {
  readonly name: string;
  /** What its siblings have in common: folder, prefix, total, and extension. */
  readonly family: string;
  readonly number: number;
  readonly total: number;
}

export function shardOf(name: string): Shard | undefined {
  const [, prefix, number, total, extension = ''] = SHARD.exec(name) ?? [];
  if (prefix === undefined) return undefined;
  return { name, family: `${prefix}-of-${total}${extension}`, number: Number(number), total: Number(total) };
}

/** The numbers say how many parts there are, with an index or without one; they count from 0 or from 1. */
export function shardProblems(names: readonly string[]): ModelsealError[] {
  const families = new Map<string, Shard[]>();
  for (const name of names) {
    const shard = shardOf(name);
    if (shard) families.set(shard.family, [...(families.get(shard.family) ?? []), shard]);
  }
  return [...families.values()].flatMap((shards) => {
    const [first] = shards;
    const numbers = new Set(shards.map((shard) => shard.number));
    if (!first || numbers.size >= first.total) return [];
    const { name, total } = first;
    return [new ModelsealError('ERR_SIGN_SHARDS', { file: name, found: numbers.size, total })];
  });
}
