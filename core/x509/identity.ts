import { domainToASCII } from 'node:url';
import { DerReader, Tag } from '../der/index.js';
import { ModelsealError } from '../errors/index.js';
import type { Certificate } from './certificate.js';
import { Oid } from './oids.js';

/** The kinds of names that say who signed. */
export const IDENTITY_KINDS = ['email', 'uri', 'dns'] as const;
type IdentityKind = (typeof IDENTITY_KINDS)[number];

/** Longer names are none: RFC 5321 §4.5.3.1 for mailboxes, and nobody types more. */
const MAX_LENGTH = 2048;

const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const LOCAL_PART = new RegExp(`^(?:${ATOM}(?:\\.${ATOM})*|"(?:[ !#-\\[\\]-~]|\\\\[ -~])*")$`);
/** RFC 6531 §3.3: as above, with any character outside of ASCII. No controls, no separators. */
const UTF8_LOCAL_PART = new RegExp(
  `^(?:${ATOM}|[^\\x00-\\x7f\\p{C}\\p{Z}])+(?:\\.(?:${ATOM}|[^\\x00-\\x7f\\p{C}\\p{Z}])+)*$`,
  'u',
);
const LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
/** RFC 3986 §3: a scheme and something behind it, in printable characters. */
const URI = /^[A-Za-z][A-Za-z0-9+.-]*:[!-~]+$/;

const isAscii = (text: string): boolean => /^\p{ASCII}*$/u.test(text);

const isHost = (text: string): boolean =>
  text.length <= 253 && text.split('.').every((label) => LABEL.test(label));

/**
 * The one spelling of an identity, `kind:value`; two identities are the same when these are. Undefined for a value that
 * is malformed for its kind.
 *
 * Of a mailbox the host is compared without regard to case and the local part octet by octet (RFC 5280 §7.5, RFC 9598
 * §5); of a host name the case does not count (§7.2); a URI counts as it stands.
 */
function canonical(kind: IdentityKind, value: string): string | undefined {
  if (value.length > MAX_LENGTH) return undefined;
  if (kind === 'uri') return URI.test(value) ? `uri:${value}` : undefined;
  if (kind === 'dns') return isHost(value) ? `dns:${value.toLowerCase()}` : undefined;
  const at = value.lastIndexOf('@');
  const [local, host] = [value.slice(0, at), value.slice(at + 1)];
  const ascii = LOCAL_PART.test(local);
  if (at < 1 || !isHost(host) || !(ascii || UTF8_LOCAL_PART.test(local))) return undefined;
  return `email:${local}@${host.toLowerCase()}`;
}

/**
 * Reads an identity as an operator writes it: `email:`, `uri:` or `dns:` and the value, or a value alone, which then
 * means the kind that its form says.
 *
 * @returns Its one spelling, to be compared with those of {@link certificateIdentities}.
 * @throws {ModelsealError} `ERR_IDENTITY_FORM`
 * @example parseIdentity('ada@Example.org') // 'email:ada@example.org'
 */
export function parseIdentity(text: string): string {
  const [, prefix, rest = ''] = /^(email|uri|dns):(.*)$/s.exec(text) ?? [];
  const kind = (prefix as IdentityKind | undefined) ?? kindOf(text);
  const value = prefix === undefined ? text : rest;
  const found = kind && canonical(kind, kind === 'uri' ? value : withAsciiHost(value));
  if (found === undefined) throw new ModelsealError('ERR_IDENTITY_FORM', { identity: text.slice(0, 200) });
  return found;
}

function kindOf(text: string): IdentityKind | undefined {
  if (URI.test(text)) return 'uri';
  if (text.includes('@')) return 'email';
  return text.includes('.') ? 'dns' : undefined;
}

/** Hosts are certified in ASCII (RFC 9598 §3); people write them as they read them. */
function withAsciiHost(value: string): string {
  const at = value.lastIndexOf('@') + 1;
  return isAscii(value.slice(at)) ? value : value.slice(0, at) + domainToASCII(value.slice(at));
}

/** Who a certificate is for, and which of its names are none. */
export interface CertificateIdentities {
  /** `email:…`, `uri:…`, `dns:…`, each in its one spelling. */
  readonly identities: readonly string[];
  /** Names of these kinds that are malformed for their kind; they identify nobody. */
  readonly malformed: readonly string[];
}

/** Reads the identities of the subject alternative name (RFC 5280 §4.2.1.6, RFC 9598 §3). */
export function readIdentities(certificate: Certificate): CertificateIdentities {
  const identities: string[] = [];
  const malformed: string[] = [];
  for (const name of certificate.subjectAltName ?? []) {
    if (name.type === 'email' || name.type === 'uri' || name.type === 'dns') {
      // An rfc822Name is ASCII; a mailbox beyond it has a form of its own.
      const found = canonical(name.type, name.value);
      if (found !== undefined) identities.push(found);
      else malformed.push(`${name.type}:${name.value}`);
    } else if (name.type === 'other' && name.oid === Oid.smtpUtf8Mailbox) {
      const value = utf8String(name.value);
      // A mailbox within ASCII must be an rfc822Name (RFC 9598 §3).
      const found = value === undefined || isAscii(value) ? undefined : canonical('email', value);
      if (found !== undefined) identities.push(found);
      else malformed.push(`email:${value ?? '(not UTF-8)'}`);
    }
  }
  return { identities, malformed };
}

/** The identities of a certificate, `kind:value`. */
export const certificateIdentities = (certificate: Certificate): readonly string[] =>
  readIdentities(certificate).identities;

function utf8String(der: Uint8Array): string | undefined {
  try {
    const reader = new DerReader(der);
    const text = reader.octets('mailbox', Tag.UTF8_STRING);
    reader.finish('mailbox');
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(text);
  } catch {
    return undefined;
  }
}
