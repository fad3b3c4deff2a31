import { findHubModel, hubCache, isHubAddress } from '../../core/hub/index.js';

/** Arguments that name models, by the commands that take them. */
const NAMES = ['model', 'dir', 'paths'] as const;

/**
 * Puts the folder of the local Hugging Face cache in the place of an address of the hub, for every command alike.
 *
 * @throws {ModelsealError} `ERR_HUB_ADDRESS`, `ERR_HUB_NOT_CACHED`, `ERR_HUB_CACHE_MALFORMED`
 */
export function locateModels(
  argv: Record<string, unknown>,
  env: Readonly<Record<string, string | undefined>>,
): void {
  const located = (value: unknown): unknown =>
    typeof value === 'string' && isHubAddress(value) ? findHubModel(value, hubCache(env)) : value;
  for (const name of NAMES) {
    const value = argv[name];
    if (value !== undefined) argv[name] = Array.isArray(value) ? value.map(located) : located(value);
  }
}
