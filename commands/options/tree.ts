import { belowModel } from '../../core/below.js';
import { ModelsealError } from '../../core/errors/index.js';
import type { SerializationOptions } from '../../signer/serialization.js';
import type { Arguments } from '../terminal/command.js';
import { flag, list, type OptionTable, text, type Values } from './table.js';

/** Which files of a model go into its manifest, and how they are hashed. */
export const TREE = {
  'ignore-paths': list('Path below the model that is left out'),
  'allow-symlinks': flag('Follow symbolic links that stay inside the model'),
  method: { choices: ['files', 'shards'], default: 'files', describe: 'Hash whole files, or parts of them' },
  'shard-size': text('Bytes per shard [1000000000]'),
  hash: { choices: ['sha256', 'blake2b', 'blake3'], default: 'sha256', describe: 'Hash of the files' },
} as const satisfies OptionTable;

export const readTree = (
  argv: Arguments<Values<typeof TREE>> & { readonly model: string },
): SerializationOptions => ({
  ignorePaths: (argv.ignorePaths ?? []).map((path) => belowModel(argv.model, path)),
  allowSymlinks: argv.allowSymlinks,
  method: argv.method,
  shardSize: argv.shardSize === undefined ? undefined : wholeNumber(argv.shardSize),
  hash: argv.hash,
});

function wholeNumber(text: string): number {
  const value = Number(text.replaceAll('_', ''));
  if (!/^[0-9_]+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new ModelsealError('ERR_SIGN_OPTION', {
      option: '--shard-size',
      problem: `${text} is not a whole number`,
    });
  }
  return value;
}
