import { ModelsealError } from '../core/errors/index.js';

/** The identities that a certificate vouches for (subject alternative name). */
export interface Identities {
  readonly emails: readonly string[];
  readonly uris: readonly string[];
}

/** RFC 5321 §4.5.3.1: 64 octets before the @, 255 after it; URIs longer than 2,048 are cut by common software. */
const MAX_LOCAL = 64;
const MAX_DOMAIN = 255;
const MAX_URI = 2048;

/** Every identity is compared by verifiers one by one; a certificate that claims more than this is a mistake. */
const MAX_IDENTITIES = 32;

/** dot-atom of RFC 5322 §3.2.3: quoting and comments allow several spellings of one mailbox, so they are left out. */
const LOCAL = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const DOMAIN =
  /^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;
const URI = /^[A-Za-z][A-Za-z0-9+.-]*:[!#$%&'()*+,/:;=?@[\]~A-Za-z0-9._-]+$/;

/**
 * Checks identities as they are to be certified; they are certified byte for byte, since verifiers compare exactly.
 *
 * @throws {ModelsealError} `ERR_CA_IDENTITY_MISSING`, `ERR_CA_IDENTITY`
 */
export function checkIdentities(identities: Identities, subject: string): Identities {
  const emails = [...new Set(identities.emails)];
  const uris = [...new Set(identities.uris)];
  const count = emails.length + uris.length;
  if (count === 0) throw new ModelsealError('ERR_CA_IDENTITY_MISSING', { subject });
  if (count > MAX_IDENTITIES) {
    throw new ModelsealError('ERR_CA_IDENTITY', {
      identity: subject,
      problem: `${count} identities, more than the ${MAX_IDENTITIES} that one certificate may carry`,
    });
  }
  for (const email of emails) refuse(email, emailProblem(email));
  for (const uri of uris) refuse(uri, uriProblem(uri));
  return { emails, uris };
}

function refuse(identity: string, problem: string | undefined): void {
  if (problem !== undefined) throw new ModelsealError('ERR_CA_IDENTITY', { identity, problem });
}

/** What keeps `email` from being an rfc822Name (RFC 5280 §4.2.1.6), if anything. */
export function emailProblem(email: string): string | undefined {
  const at = email.lastIndexOf('@');
  if (at < 1) return 'it is no e-mail address';
  const local = email.slice(0, at);
  const domain = email.slice(at + 1);
  if (local.length > MAX_LOCAL || domain.length > MAX_DOMAIN) return 'it is too long for an e-mail address';
  if (!LOCAL.test(local)) return 'the part before the @ is not plain ASCII text';
  if (!DOMAIN.test(domain)) return 'the part after the @ is no host name';
  return undefined;
}

/** What keeps `domain` from being a constraint on mailboxes: a host, or with a leading dot all hosts below it. */
export function emailDomainProblem(domain: string): string | undefined {
  if (domain.length > MAX_DOMAIN) return 'it is too long';
  return DOMAIN.test(domain.replace(/^\./, '')) ? undefined : 'it is no host name';
}

/** RFC 5280 §4.2.1.10: `example.org` means that host alone, `.example.org` those below it. */
export function isInDomain(email: string, domain: string): boolean {
  const host = email.slice(email.lastIndexOf('@') + 1).toLowerCase();
  const wanted = domain.toLowerCase();
  return wanted.startsWith('.') ? host.endsWith(wanted) && host.length > wanted.length : host === wanted;
}

/** What keeps `uri` from being a uniformResourceIdentifier (RFC 5280 §4.2.1.6), if anything. */
export function uriProblem(uri: string): string | undefined {
  if (uri.length > MAX_URI) return `it has more than ${MAX_URI} characters`;
  if (!URI.test(uri) || /%(?![0-9A-Fa-f]{2})/.test(uri)) return 'it is no absolute URI in ASCII';
  if (!URL.canParse(uri)) return 'it is no valid URI';
  const { protocol, username, password, host } = new URL(uri);
  if (username !== '' || password !== '') return 'it carries a user name or password';
  // §4.2.1.6: where there is an authority, it must name a host.
  if (/^[^:]+:\/\//.test(uri) && host === '' && protocol !== 'file:') return 'its host is empty';
  return undefined;
}
