import { der } from '../../core/der/index.js';
import { ModelsealError } from '../../core/errors/index.js';

/** ub-common-name and ub-organization-name (RFC 5280 appendix A.1); readers truncate or refuse what is longer. */
const MAX_NAME = 64;

const COMMON_NAME = der.oid('2.5.4.3');
const ORGANIZATION = der.oid('2.5.4.10');

export interface SubjectName {
  readonly organization: string;
  readonly commonName: string;
}

/** DER of the distinguished name `O=…, CN=…`, UTF8String as RFC 5280 §4.1.2.4 asks of new certificates. */
export function encodeName(name: SubjectName): Uint8Array {
  const rdn = (type: Uint8Array, value: string): Uint8Array =>
    der.setOf(der.sequence(type, der.utf8String(value)));
  return der.sequence(rdn(ORGANIZATION, name.organization), rdn(COMMON_NAME, name.commonName));
}

/**
 * Text that may stand in a subject: normalised (NFC), single inner spaces, no controls, bidirectional overrides or
 * unassigned characters, which exist to make one name look like another.
 *
 * @throws {ModelsealError} `ERR_CA_NAME`
 */
export function subjectText(value: string, field: string): string {
  const fail = (problem: string): never => {
    throw new ModelsealError('ERR_CA_NAME', { field, problem });
  };
  const text = value.normalize('NFC').trim().replace(/ +/g, ' ');
  if (text === '') fail('it is empty');
  if ([...text].length > MAX_NAME) fail(`it has more than ${MAX_NAME} characters`);
  if (/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\u2028\u2029]/u.test(text))
    fail('it has control or invisible characters');
  return text;
}
