import { type ErrorCode, isModelsealError } from '../../core/errors/index.js';

/** The check of the report that each cause fails; what is not listed fails the path as a whole. */
const CHECKS: { readonly [C in ErrorCode]?: string } = {
  ERR_PATH_NO_ISSUER: 'path.anchor',
  ERR_PATH_LOOP: 'path.anchor',
  ERR_PATH_ROOT_UNTRUSTED: 'path.anchor',
  ERR_PATH_TOO_LONG: 'path.anchor',
  ERR_PATH_BUDGET_SIGNATURES: 'path.anchor',
  ERR_PATH_BUDGET_CANDIDATES: 'path.anchor',
  ERR_PATH_BUDGET_PATHS: 'path.anchor',
  ERR_PATH_SIGNATURE: 'path.signature',
  ERR_SIGNATURE_KEY_MISMATCH: 'path.signature',
  ERR_SIGNATURE_ALGORITHM_UNKNOWN: 'path.algorithms',
  ERR_SIGNATURE_ALGORITHM_PARAMETERS: 'path.algorithms',
  ERR_CERT_ALGORITHM_DISAGREES: 'path.algorithms',
  ERR_CERT_ALGORITHM_WEAK: 'path.algorithms',
  ERR_CERT_KEY_WEAK: 'path.algorithms',
  ERR_CERT_KEY: 'path.algorithms',
  ERR_CERT_EXPIRED: 'path.validity',
  ERR_CERT_NOT_YET_VALID: 'path.validity',
  ERR_CERT_SERIAL: 'path.names',
  ERR_CERT_ISSUER_EMPTY: 'path.names',
  ERR_CERT_SUBJECT_EMPTY: 'path.names',
  ERR_PATH_NAME_CHAINING: 'path.names',
  ERR_PATH_CA_MISSING: 'path.basic-constraints',
  ERR_PATH_LENGTH: 'path.basic-constraints',
  ERR_PATH_KEY_USAGE: 'path.key-usage',
  ERR_PATH_EXTENDED_KEY_USAGE: 'path.eku',
  ERR_PATH_EXTENDED_KEY_USAGE_MISSING: 'path.eku',
  ERR_PATH_NAME_NOT_PERMITTED: 'path.name-constraints',
  ERR_PATH_NAME_EXCLUDED: 'path.name-constraints',
  ERR_PATH_NAME_UNSUPPORTED: 'path.name-constraints',
  ERR_PATH_NAME_MALFORMED: 'path.name-constraints',
  ERR_PATH_NAME_CONSTRAINT_MALFORMED: 'path.name-constraints',
  ERR_PATH_BUDGET_NAMES: 'path.name-constraints',
  ERR_PATH_POLICY: 'path.policies',
  ERR_PATH_POLICY_MAPPING: 'path.policies',
  ERR_PATH_BUDGET_POLICIES: 'path.policies',
  ERR_CERT_EXTENSION_UNKNOWN: 'path.extensions',
  ERR_CERT_EXTENSION_CRITICALITY: 'path.extensions',
  ERR_CERT_EXTENSION_MISSING: 'path.extensions',
  ERR_CERT_EXTENSION_MISPLACED: 'path.extensions',
  ERR_CERT_EXTENSION_MALFORMED: 'path.extensions',
};

/** Name of the check that an error of {@link findPath} fails, for `ReportBuilder.step`. */
export function pathCheckOf(error: unknown): string {
  return (isModelsealError(error) && CHECKS[error.code]) || 'path';
}
