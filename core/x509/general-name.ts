import { context, contextPrimitive, type DerReader, Tag } from '../der/index.js';
import { ModelsealError } from '../errors/index.js';
import { Name } from './name.js';

/** A GeneralName (RFC 5280 §4.2.1.6). */
export type GeneralName =
  | { readonly type: 'email' | 'dns' | 'uri'; readonly value: string }
  | { readonly type: 'directory'; readonly name: Name }
  /** An address of 4 or 16 octets; in a name constraint, address and mask: 8 or 32. */
  | { readonly type: 'ip'; readonly bytes: Uint8Array }
  | { readonly type: 'registered-id'; readonly value: string }
  | { readonly type: 'other'; readonly oid: string; readonly value: Uint8Array }
  | { readonly type: 'x400' | 'edi'; readonly value: Uint8Array };

export type GeneralNameType = GeneralName['type'];

/** Reads one GeneralName. @throws {ModelsealError} `ERR_DER` */
export function readGeneralName(reader: DerReader, what: string): GeneralName {
  switch (reader.tag) {
    case contextPrimitive(1):
      return { type: 'email', value: ia5(reader, 1, what) };
    case contextPrimitive(2):
      return { type: 'dns', value: ia5(reader, 2, what) };
    case contextPrimitive(6):
      return { type: 'uri', value: ia5(reader, 6, what) };
    case context(4): {
      // Name is a CHOICE, so its tag is explicit.
      const inner = reader.enter(context(4), what);
      const der = inner.raw(inner.expect(Tag.SEQUENCE, what));
      inner.finish(what);
      return { type: 'directory', name: Name.decode(der) };
    }
    case contextPrimitive(7):
      return { type: 'ip', bytes: reader.octets(what, contextPrimitive(7)) };
    case contextPrimitive(8):
      return { type: 'registered-id', value: reader.oid(what, contextPrimitive(8)) };
    case context(0): {
      const inner = reader.enter(context(0), what);
      const oid = inner.oid(what);
      const explicit = inner.enter(context(0), what);
      inner.finish(what);
      const value = explicit.raw(explicit.next());
      explicit.finish(what);
      return { type: 'other', oid, value };
    }
    case context(3):
      return { type: 'x400', value: reader.raw(reader.next()) };
    case context(5):
      return { type: 'edi', value: reader.raw(reader.next()) };
    default:
      throw new ModelsealError('ERR_DER', { problem: `${what}: not a GeneralName`, offset: reader.offset });
  }
}

/** GeneralNames: one or more. @throws {ModelsealError} `ERR_DER` */
export function readGeneralNames(reader: DerReader, what: string): GeneralName[] {
  const names: GeneralName[] = [];
  while (!reader.done) names.push(readGeneralName(reader, what));
  if (names.length === 0) {
    throw new ModelsealError('ERR_DER', { problem: `${what}: empty list of names`, offset: reader.offset });
  }
  return names;
}

/**
 * IA5 text without control characters. A NUL in a name once let one text be read as another ("bank.example\0.evil"),
 * and no mailbox, host or URI contains any other control character either.
 */
function ia5(reader: DerReader, tag: number, what: string): string {
  const tlv = reader.expect(contextPrimitive(tag), what);
  for (let i = tlv.content; i < tlv.end; i++) {
    const octet = reader.bytes[i] as number;
    if (octet < 0x20 || octet > 0x7e) {
      throw new ModelsealError('ERR_DER', {
        problem: `${what}: character 0x${octet.toString(16)} in a name`,
        offset: i,
      });
    }
  }
  const bytes = reader.contents(tlv);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

/** Human form of a GeneralName, for reports. */
export function generalNameText(name: GeneralName): string {
  switch (name.type) {
    case 'email':
    case 'dns':
    case 'uri':
    case 'registered-id':
      return name.value;
    case 'directory':
      return name.name.toString();
    case 'ip':
      return ipText(name.bytes);
    case 'other':
      return `${name.oid}:${Buffer.from(name.value).toString('hex')}`;
    default:
      return `${name.type}:${Buffer.from(name.value).toString('hex')}`;
  }
}

function ipText(bytes: Uint8Array): string {
  if (bytes.length === 4) return [...bytes].join('.');
  if (bytes.length === 8) return `${ipText(bytes.subarray(0, 4))}/${ipText(bytes.subarray(4))}`;
  if (bytes.length === 32) return `${ipText(bytes.subarray(0, 16))}/${ipText(bytes.subarray(16))}`;
  const hex = Buffer.from(bytes).toString('hex');
  return bytes.length === 16 ? (hex.match(/.{4}/g) ?? []).join(':') : `#${hex}`;
}
