import { DerReader, Tag } from '../der/index.js';
import { ModelsealError } from '../errors/index.js';
import { decodeString, prepareString } from './strings.js';

/** One AttributeTypeAndValue of a distinguished name. */
export interface NameAttribute {
  /** Dotted identifier. */
  readonly type: string;
  /** Universal tag of the value. */
  readonly tag: number;
  /** Text, or undefined where the value is no valid string. */
  readonly text: string | undefined;
  /** Complete DER element of the value. */
  readonly der: Uint8Array;
}

/** Attribute names of RFC 4514 §3, and of the types that certificates carry besides. */
const SHORT: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.4', 'SN'],
  ['2.5.4.5', 'serialNumber'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.9', 'STREET'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['2.5.4.12', 'title'],
  ['2.5.4.42', 'GN'],
  ['2.5.4.43', 'initials'],
  ['2.5.4.44', 'generationQualifier'],
  ['2.5.4.46', 'dnQualifier'],
  ['2.5.4.65', 'pseudonym'],
  ['2.5.4.97', 'organizationIdentifier'],
  ['0.9.2342.19200300.100.1.1', 'UID'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
  ['1.2.840.113549.1.9.1', 'emailAddress'],
]);

/**
 * A distinguished name, kept as the DER that was received. Its structure is checked when it is made; strings are
 * decoded when asked for.
 */
export class Name {
  /** The complete Name element. */
  readonly raw: Uint8Array;
  #rdns: readonly (readonly NameAttribute[])[] | undefined;
  #canonical: readonly string[] | undefined;
  #key: string | undefined;

  private constructor(raw: Uint8Array) {
    this.raw = raw;
  }

  /** @param der One complete Name element. @throws {ModelsealError} `ERR_DER` */
  static decode(der: Uint8Array): Name {
    const name = new Name(der);
    name.#rdns = parse(DerReader.open(der, Tag.SEQUENCE, 'name'));
    return name;
  }

  /** Reads the next element of `reader` as a name; used on names inside other objects. Parsed when first needed. */
  static read(reader: DerReader, what: string): Name {
    return new Name(reader.raw(reader.expect(Tag.SEQUENCE, what)));
  }

  /** Relative distinguished names in encoded order. @throws {ModelsealError} `ERR_DER` */
  get rdns(): readonly (readonly NameAttribute[])[] {
    this.#rdns ??= parse(DerReader.open(this.raw, Tag.SEQUENCE, 'name'));
    return this.#rdns;
  }

  get isEmpty(): boolean {
    return this.raw.length === 2;
  }

  /** Texts of every attribute of one type, in encoded order; values that are no string are left out. */
  attributes(type: string): string[] {
    return this.rdns.flatMap((rdn) =>
      rdn.flatMap((a) => (a.type === type && a.text !== undefined ? [a.text] : [])),
    );
  }

  /**
   * One string per RDN; two names are equal when these are (RFC 5280 §7.1). Strings compare by caseIgnoreMatch
   * whatever their encoding, everything else by its octets.
   */
  get canonical(): readonly string[] {
    this.#canonical ??= canonicalOf(this);
    return this.#canonical;
  }

  /** One string that two names share exactly when they are equal; for indexes. */
  get key(): string {
    this.#key ??= this.canonical.join('\u0000');
    return this.#key;
  }

  /** Comparison of RFC 5280 §7.1. */
  equals(other: Name): boolean {
    if (this === other || sameBytes(this.raw, other.raw)) return true;
    const a = this.canonical;
    const b = other.canonical;
    return a.length === b.length && a.every((rdn, i) => rdn === b[i]);
  }

  /** True when this name lies in the subtree of `base`: `base` is a prefix of it (RFC 5280 §4.2.1.10). */
  isWithin(base: Name): boolean {
    const a = this.canonical;
    const b = base.canonical;
    return b.length <= a.length && b.every((rdn, i) => rdn === a[i]);
  }

  /** RFC 4514: last RDN first. */
  toString(): string {
    return [...this.rdns].reverse().map(rdnText).join(',');
  }
}

/** Octet-wise equality. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

function parse(names: DerReader): NameAttribute[][] {
  const rdns: NameAttribute[][] = [];
  while (!names.done) {
    const at = names.offset;
    const set = names.enter(Tag.SET, 'relative distinguished name');
    const rdn: NameAttribute[] = [];
    while (!set.done) {
      const pair = set.enter(Tag.SEQUENCE, 'attribute of a name');
      const type = pair.oid('attribute type');
      const value = pair.next();
      pair.finish('attribute of a name');
      rdn.push({
        type,
        tag: value.tag,
        text: decodeString(value.tag, pair.contents(value)),
        der: pair.raw(value),
      });
    }
    // X.501: an RDN has at least one attribute; an empty one would make two names equal that are not.
    if (rdn.length === 0) {
      throw new ModelsealError('ERR_DER', {
        problem: 'relative distinguished name without attribute',
        offset: at,
      });
    }
    rdns.push(rdn);
  }
  return rdns;
}

/**
 * Canonical forms by the received octets. Names of CAs come again and again, and preparing one costs as much as parsing
 * its certificate.
 */
const forms = new Map<string, readonly string[]>();
const MAX_FORMS = 256;
/** Longer names are hostile or rare; the bound keeps the memory of all forms small. */
const MAX_REMEMBERED_OCTETS = 512;

function canonicalOf(name: Name): readonly string[] {
  const { raw } = name;
  const make = (): readonly string[] =>
    name.rdns.map((rdn) => rdn.map(canonicalAttribute).sort().join('\u0001'));
  if (raw.length > MAX_REMEMBERED_OCTETS) return make();
  const octets = Buffer.from(raw.buffer, raw.byteOffset, raw.length).toString('latin1');
  const known = forms.get(octets);
  if (known) return known;
  const made = make();
  if (forms.size >= MAX_FORMS) forms.clear();
  forms.set(octets, made);
  return made;
}

function canonicalAttribute(a: NameAttribute): string {
  // The marks keep a prepared text from ever looking like octets or like two attributes.
  return a.text === undefined
    ? `${a.type}\u0002${Buffer.from(a.der).toString('hex')}`
    : `${a.type}\u0003${prepareString(a.text)}`;
}

function rdnText(rdn: readonly NameAttribute[]): string {
  return rdn
    .map((a) => {
      const name = SHORT.get(a.type);
      const value =
        name === undefined || a.text === undefined
          ? `#${Buffer.from(a.der).toString('hex')}`
          : escapeValue(a.text);
      return `${name ?? a.type}=${value}`;
    })
    .join('+');
}

/** RFC 4514 §2.4. */
function escapeValue(text: string): string {
  return text
    .replace(/[\\"+,;<>]/g, '\\$&')
    .replace(/\0/g, '\\00')
    .replace(/^[ #]/, '\\$&')
    .replace(/ $/, '\\ ');
}
