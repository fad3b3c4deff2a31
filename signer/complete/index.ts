import type { ModelsealError } from '../../core/errors/index.js';
import type { ModelTree } from '../../core/model/index.js';
import { pointerProblem, unfinishedProblem } from './pointers.js';
import { shardProblems } from './shards.js';
import { indexProblems } from './weight-index.js';

/**
 * What speaks against signing these files as one model: a signature would vouch for a download that did not end, or for
 * files of two models. The gravest first.
 */
export function completenessProblems({ files, single }: ModelTree): ModelsealError[] {
  const direct = [pointerProblem(files), unfinishedProblem(files)].filter((problem) => problem !== undefined);
  // A pointer in place of an index or of a shard has no more to say.
  // Who names one part of a model means that part.
  if (direct.length > 0 || single) return direct;
  const indexed = indexProblems(files);
  return indexed.length > 0 ? indexed : shardProblems(files.map((file) => file.name));
}
