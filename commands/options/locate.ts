import { findHubModel, hubCache, isHubAddress } from '../../core/hub/index.js';

/** Arguments that name models, by the commands that take them. */
const NAMES = ['model', 'dir', 'paths'] as const;

/** Where the address is kept that a folder took the place of. No option can be called so. */
const REFERENCE = ' reference';

/** The address by which a model was named; undefined where it was named by its path. */
export function referenceOf(argv: object): string | undefined {
  const value: unknown = Reflect.get(argv, REFERENCE);
  return typeof value === 'string' ? value : undefined;
}

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
    // What somebody called it counts for rules of a policy, which speak of addresses.
    if (name === 'model' && typeof value === 'string' && isHubAddress(value)) argv[REFERENCE] = value;
    if (value !== undefined) argv[name] = Array.isArray(value) ? value.map(located) : located(value);
  }
}
