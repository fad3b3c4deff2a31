import { ModelsealError } from '../../core/errors/index.js';

/**
 * Most certificates in one path, leaf included and anchor excluded. Real hierarchies have two to five levels; the
 * longest path of the NIST suite has seven certificates.
 */
export const MAX_PATH = 16;

/**
 * Signature checks that one search may spend (0.1 to 0.5 ms each, key included). Many same-named issuers with different keys would
 * otherwise make each step of the search as expensive as the attacker likes.
 */
export const MAX_SIGNATURE_CHECKS = 64;

/**
 * Candidate issuers that one search may look at. Cross-certificates multiply: 2 certificates on each of 14 levels make
 * 2^14 paths, all of them with valid signatures.
 */
export const MAX_CANDIDATES = 1024;

/**
 * Paths that reach an anchor and are checked in full by one search (about 0.3 ms each). They are tried until one is
 * valid, and an attacker below a trusted CA can make all of them fail at the leaf.
 */
export const MAX_PATHS_CHECKED = 64;

/**
 * Comparisons of one name with one constraint that one search may make. A certificate with thousands of names under a
 * CA with thousands of constraints costs their product, once per path tried.
 */
export const MAX_NAME_COMPARISONS = 250_000;

/**
 * Policies, and policy mappings, that one certificate may list. The policy graph of RFC 9618 has at most this number
 * of nodes, squared, on each level; its predecessor in RFC 5280 grows exponentially.
 */
export const MAX_POLICIES = 128;

/**
 * Valid paths that one search hands to a further check, which may be as dear as revocation. A CA has few certificates
 * for one key that all lead to trusted roots.
 */
export const MAX_PATHS_JUDGED = 8;

/** What one search has spent. */
export class Budget {
  #signatures = 0;
  #candidates = 0;
  #names = 0;
  #paths = 0;
  #judgements = 0;

  signature(): void {
    if (++this.#signatures > MAX_SIGNATURE_CHECKS) {
      throw new ModelsealError('ERR_PATH_BUDGET_SIGNATURES', { limit: MAX_SIGNATURE_CHECKS });
    }
  }

  candidate(): void {
    if (++this.#candidates > MAX_CANDIDATES) {
      throw new ModelsealError('ERR_PATH_BUDGET_CANDIDATES', { limit: MAX_CANDIDATES });
    }
  }

  path(): void {
    if (++this.#paths > MAX_PATHS_CHECKED) {
      throw new ModelsealError('ERR_PATH_BUDGET_PATHS', { limit: MAX_PATHS_CHECKED });
    }
  }

  judgement(): void {
    if (++this.#judgements > MAX_PATHS_JUDGED) {
      throw new ModelsealError('ERR_PATH_BUDGET_JUDGED', { limit: MAX_PATHS_JUDGED });
    }
  }

  names(count: number): void {
    this.#names += count;
    if (this.#names > MAX_NAME_COMPARISONS) {
      throw new ModelsealError('ERR_PATH_BUDGET_NAMES', { limit: MAX_NAME_COMPARISONS });
    }
  }
}

const BUDGET_CODES: readonly string[] = [
  'ERR_PATH_BUDGET_SIGNATURES',
  'ERR_PATH_BUDGET_CANDIDATES',
  'ERR_PATH_BUDGET_NAMES',
  'ERR_PATH_BUDGET_PATHS',
  'ERR_PATH_BUDGET_JUDGED',
];

/** True for an error that ends the whole search, not only the candidate it was met on. */
export function isBudgetError(error: unknown): boolean {
  return error instanceof ModelsealError && BUDGET_CODES.includes(error.code);
}
