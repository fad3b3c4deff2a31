import { join } from 'node:path';
import { ModelsealError } from '../../core/errors/index.js';
import type { StoredTrust } from '../../loader/trust/index.js';
import { type Environment, textVariable } from './environment.js';
import { type OptionTable, text, type Values } from './table.js';

export const STORE = {
  'trust-store': text("Folder of the trust store; in the user's configuration without it"),
} as const satisfies OptionTable;

type StoreArguments = Values<typeof STORE>;

/** The folder that was named; undefined where none was. */
const named = (argv: StoreArguments, env: Environment): string | undefined =>
  argv['trust-store'] ?? textVariable(env, 'MODELSEAL_TRUST_STORE');

/** Where programs of this system keep what their user configures; never the folder that the command runs in. */
export function configFolder(env: Environment): string | undefined {
  const { APPDATA, XDG_CONFIG_HOME, HOME } = env;
  const base =
    process.platform === 'win32' ? APPDATA : XDG_CONFIG_HOME || (HOME ? join(HOME, '.config') : undefined);
  return base ? join(base, 'modelseal') : undefined;
}

function usual(env: Environment): string | undefined {
  const folder = configFolder(env);
  return folder && join(folder, 'trust');
}

/** @throws {ModelsealError} `ERR_USAGE` */
export function storeFolder(argv: StoreArguments, env: Environment): string {
  const folder = named(argv, env) ?? usual(env);
  if (folder !== undefined) return folder;
  throw new ModelsealError('ERR_USAGE', { problem: 'no trust store: name its folder with --trust-store' });
}

/**
 * What the trust store says about a model, where it is asked: by name, or because nothing else was given.
 *
 * @throws {ModelsealError} `ERR_TRUST_MISSING` where nobody said anything of trust, and what reading the store throws
 */
export async function storedTrust(
  argv: StoreArguments & { readonly model: string; readonly trust?: string[] | undefined },
  env: Environment,
): Promise<StoredTrust> {
  const folder = named(argv, env) ?? usual(env);
  if (folder === undefined) throw new ModelsealError('ERR_TRUST_MISSING', {});
  const { TrustStore, trustFromStore } = await import('../../loader/trust/index.js');
  const store = TrustStore.at(folder);
  const asked = argv.trust !== undefined || named(argv, env) !== undefined;
  if (!asked && store.names().length === 0) throw new ModelsealError('ERR_TRUST_MISSING', {});
  return trustFromStore(store, argv.model, argv.trust);
}
