import type { GeneralName } from '../../core/x509/index.js';

/**
 * How one kind of name is held against constraints (RFC 5280 §4.2.1.10). `parse…` functions return undefined for what
 * is not in the form the RFC gives: the caller refuses, because a name that cannot be understood cannot be permitted.
 */

/** What a constraint allows or forbids, with the two questions asked of it. */
export interface Matcher {
  /** Does the name lie inside the subtree? */
  readonly covers: (name: GeneralName) => boolean;
  /** Could the name stand for one inside the subtree? Wider than `covers` for wildcards only. */
  readonly touches: (name: GeneralName) => boolean;
}

export type NameForm = 'email' | 'dns' | 'uri' | 'ip' | 'directory';

const LABEL = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const HOST = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);
const MAX_HOST = 253;

function parseHost(text: string): string | undefined {
  const host = text.toLowerCase();
  return host.length <= MAX_HOST && HOST.test(host) ? host : undefined;
}

/** A dNSName of a certificate: a host name, or one with `*` as its whole first label. */
function parseDns(text: string): { host: string; wildcard: boolean } | undefined {
  const wildcard = text.startsWith('*.');
  const host = parseHost(wildcard ? text.slice(2) : text);
  return host === undefined ? undefined : { host, wildcard };
}

function isWithinHost(host: string, base: string): boolean {
  return base === '' || host === base || host.endsWith(`.${base}`);
}

interface Mailbox {
  readonly local: string;
  readonly host: string;
}

/** `"\\f\\o\\o"` and `"foo"` are foo (RFC 5321 §4.1.2): a name must not escape its constraint by another spelling. */
function unquote(local: string): string {
  return local.startsWith('"') ? local.slice(1, -1).replace(/\\(.)/g, '$1') : local;
}

/** Local part (any atom, or a quoted string) and host name; address literals have no host to constrain. */
function parseMailbox(text: string): Mailbox | undefined {
  const match = /^([^@"\s]+|"(?:[^"\\]|\\.)*")@([^@]+)$/.exec(text);
  const host = match && parseHost(match[2] as string);
  return match && host ? { local: unquote(match[1] as string), host } : undefined;
}

/** Host of a URI with an authority (RFC 3986 §3.2); undefined without one, and for IP addresses. */
function parseUriHost(text: string): string | undefined {
  const match =
    /^[A-Za-z][A-Za-z0-9+.-]*:\/\/(?:[\w\-.~!$&'()*+,;=:%]*@)?([^/?#@:]+)(?::\d*)?(?:[/?#]|$)/.exec(text);
  const host = match && parseHost(match[1] as string);
  return host && !/^[\d.]+$/.test(host) ? host : undefined;
}

/** Why a name cannot be compared, or undefined when it can. */
export function nameProblem(name: GeneralName): string | undefined {
  switch (name.type) {
    case 'dns':
      return parseDns(name.value) ? undefined : 'it is not a host name';
    case 'email':
      return parseMailbox(name.value) ? undefined : 'it is not a mailbox at a host';
    case 'uri':
      return parseUriHost(name.value) ? undefined : 'it is not a URI with a host name';
    case 'ip':
      return name.bytes.length === 4 || name.bytes.length === 16 ? undefined : 'it is not an IP address';
    default:
      return undefined;
  }
}

/** Builds the matcher of a constraint, or says what is wrong with it. */
export function compileConstraint(base: GeneralName): Matcher | string {
  switch (base.type) {
    case 'dns':
      return compileDns(base.value);
    case 'email':
      return compileEmail(base.value);
    case 'uri':
      return compileUri(base.value);
    case 'ip':
      return compileIp(base.bytes);
    case 'directory':
      return both((name) => name.type === 'directory' && name.name.isWithin(base.name));
    default:
      return 'names of this kind cannot be compared';
  }
}

const both = (test: (name: GeneralName) => boolean): Matcher => ({ covers: test, touches: test });

function compileDns(text: string): Matcher | string {
  // A leading period is for URIs and e-mail only; many read it their own way, so it is refused.
  const base = text === '' ? '' : parseHost(text);
  if (base === undefined) return 'it is not a host name';
  const covers = (name: GeneralName): boolean => {
    const dns = name.type === 'dns' ? parseDns(name.value) : undefined;
    return dns !== undefined && isWithinHost(dns.host, base);
  };
  const parent = base.slice(base.indexOf('.') + 1);
  const touches = (name: GeneralName): boolean => {
    if (covers(name)) return true;
    const dns = name.type === 'dns' ? parseDns(name.value) : undefined;
    return dns?.wildcard === true && base.includes('.') && dns.host === parent;
  };
  return { covers, touches };
}

function compileEmail(text: string): Matcher | string {
  const compare = (test: (mailbox: Mailbox) => boolean): Matcher =>
    both((name) => {
      const mailbox = name.type === 'email' ? parseMailbox(name.value) : undefined;
      return mailbox !== undefined && test(mailbox);
    });
  if (text === '') return compare(() => true);
  if (text.includes('@')) {
    const one = parseMailbox(text);
    if (!one) return 'it is not a mailbox at a host';
    // The local part belongs to its host alone, which may well tell cases apart.
    return compare((mailbox) => mailbox.local === one.local && mailbox.host === one.host);
  }
  const domain = text.startsWith('.');
  const host = parseHost(domain ? text.slice(1) : text);
  if (host === undefined) return 'it is neither a mailbox nor a host nor a domain';
  return compare((mailbox) => (domain ? mailbox.host.endsWith(`.${host}`) : mailbox.host === host));
}

function compileUri(text: string): Matcher | string {
  const domain = text.startsWith('.');
  const host = text === '' ? '' : parseHost(domain ? text.slice(1) : text);
  if (host === undefined) return 'it is neither a host nor a domain';
  return both((name) => {
    const found = name.type === 'uri' ? parseUriHost(name.value) : undefined;
    if (found === undefined) return false;
    return host === '' || (domain ? found.endsWith(`.${host}`) : found === host);
  });
}

function compileIp(bytes: Uint8Array): Matcher | string {
  const size = bytes.length / 2;
  if (size !== 4 && size !== 16) return 'it is not an address and a mask';
  const mask = bytes.subarray(size);
  if (!isPrefixMask(mask)) return 'its mask is not a prefix';
  return both(
    (name) =>
      name.type === 'ip' &&
      name.bytes.length === size &&
      name.bytes.every((octet, i) => ((octet ^ (bytes[i] as number)) & (mask[i] as number)) === 0),
  );
}

/** RFC 4632: ones, then zeros. */
function isPrefixMask(mask: Uint8Array): boolean {
  const bits = [...mask].map((octet) => octet.toString(2).padStart(8, '0')).join('');
  return !bits.includes('01');
}
