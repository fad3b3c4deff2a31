import { checkOptions, is, type OptionTable } from '../core/options.js';
import { type AuthoritySummary, type CreateAuthorityOptions, establish } from './establish.js';

export const CREATE: OptionTable<CreateAuthorityOptions> = {
  home: is.text,
  at: is.time,
  protection: is.anything,
  rootOut: is.text,
  organization: is.text,
  keyType: is.text,
  crlUrl: is.text,
  ocspUrl: is.text,
  crlDays: is.number,
  emailDomains: is.list(is.text),
};

/**
 * Makes a two-tier authority: a root (ten years, path length 1) and an issuing CA (five years, path length 0),
 * their first CRLs, and the database. Everything is made in memory first and then put in place at once; an existing
 * authority is never touched.
 *
 * @throws {ModelsealError} `ERR_CA_EXISTS`, `ERR_FILE_EXISTS`, `ERR_FILE_UNWRITABLE`, `ERR_PASSPHRASE_WEAK`,
 *   `ERR_CA_PASSPHRASE_SHARED`, what {@link Profile.parse} throws
 * @example
 * await createAuthority({
 *   home: 'authority',
 *   at: new Date(),
 *   organization: 'Example Ltd',
 *   protection: { root: 'of the key in the safe', issuing: secret },
 * });
 */
export async function createAuthority(options: CreateAuthorityOptions): Promise<AuthoritySummary> {
  checkOptions('createAuthority', options, CREATE);
  return establish(options);
}
