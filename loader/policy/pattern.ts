import { parseIdentity } from '../../core/x509/identity.js';

/** What `*` stands for, by the kind of the identity: never for what separates one holder of names from another. */
const STANDS_FOR = { email: '[^@]+', dns: '[^.]+', uri: '[^/?#]+' } as const;

/**
 * A pattern of identities: an identity with one `*`, which stands for the local part of a mailbox or a piece of it, for one
 * label of a host name, or for one segment of the path of a URI; never for the host of a mailbox or of a URI.
 *
 * @returns Undefined where the text is not a pattern.
 */
export function identityPattern(text: string): ((identity: string) => boolean) | undefined {
  const [before, after, more] = text.split('*');
  if (before === undefined || after === undefined || more !== undefined) return undefined;
  const kind = (['email', 'dns', 'uri'] as const).find((name) => before.startsWith(`${name}:`));
  if (kind === undefined) return undefined;
  if (kind === 'email' && !after.includes('@')) return undefined;
  if (kind === 'uri' && !/^uri:[a-z][a-z0-9+.-]*:\/\/[^/?#@]+\//i.test(before)) return undefined;
  if (kind === 'dns' && !(before === 'dns:' && /^\..+\../.test(after))) return undefined;
  let spelled: string;
  try {
    // With a letter in its place it is an identity, which has one spelling.
    spelled = parseIdentity(`${before}x${after}`);
  } catch {
    return undefined;
  }
  const [head, tail] = [spelled.slice(0, before.length), spelled.slice(before.length + 1)];
  const middle = new RegExp(`^${STANDS_FOR[kind]}$`);
  return (identity) =>
    identity.length > head.length + tail.length &&
    identity.startsWith(head) &&
    identity.endsWith(tail) &&
    middle.test(identity.slice(head.length, identity.length - tail.length));
}
