import { ModelsealError } from '../errors/index.js';

/**
 * Checks that a name is canonical (OMS §6.1.2): relative, `/` between components, no `.`, `..` or empty component.
 * Names are compared exactly, so one path must have one spelling.
 *
 * @throws {ModelsealError} `ERR_NAME_EMPTY`, `ERR_NAME_ABSOLUTE`, `ERR_NAME_PARENT`, `ERR_NAME_NOT_CANONICAL`
 */
export function checkName(name: string): void {
  if (PLAIN.test(name)) return;
  if (name === '') throw new ModelsealError('ERR_NAME_EMPTY', {});
  if (name.startsWith('/') || /^[A-Za-z]:[\\/]/.test(name))
    throw new ModelsealError('ERR_NAME_ABSOLUTE', { name });
  const bad = (problem: string): never => {
    throw new ModelsealError('ERR_NAME_NOT_CANONICAL', { name, problem });
  };
  if (name.includes('\0')) bad('it contains a NUL');
  for (const part of name.split('/')) {
    if (part === '..') throw new ModelsealError('ERR_NAME_PARENT', { name });
    if (part === '.') bad('it contains "."');
    if (part === '') bad(name.endsWith('/') ? 'it ends in "/"' : 'it contains "//"');
  }
  // On Windows it separates components, so "..\x" would lead out of the folder there.
  if (name.includes('\\')) bad('it contains a backslash');
  if (/\p{Surrogate}/u.test(name)) bad('it is not well-formed Unicode');
}

/** Names of the usual kind, which break no rule; what does not match is looked at closely. */
const PLAIN = /^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/;

/**
 * Refuses names that some file system cannot tell apart: equal ones, ones that differ in case or Unicode normalisation
 * only, and a file that has the name of another file's folder.
 *
 * @throws {ModelsealError} `ERR_NAME_DUPLICATE`, `ERR_NAME_TWIN`
 */
export function checkDistinct(names: readonly string[]): void {
  if (evidentlyDistinct(names)) return;
  const set = new NameSet();
  for (const name of names) set.add(name);
}

/** Names that folding leaves as they are. */
const FOLDED = /^[\x20-\x40\x5b-\x7e]*$/;

/** The usual case, at a tenth of the cost: folded names in ascending order, none of them a folder of another. */
function evidentlyDistinct(names: readonly string[]): boolean {
  const folders = new Set<string>();
  let before = '';
  let last = '';
  for (const name of names) {
    if (name <= before || !FOLDED.test(name)) return false;
    before = name;
    let cut = name.lastIndexOf('/');
    if (cut < 0 || (cut === last.length && name.startsWith(last))) continue;
    last = name.slice(0, cut);
    for (; cut > 0; cut = name.lastIndexOf('/', cut - 1)) folders.add(name.slice(0, cut));
  }
  return folders.size === 0 || !names.some((name) => folders.has(name));
}

/** Remembers folded names and refuses the second of two that are equal so. */
class NameSet {
  readonly #files = new Map<string, string>();
  readonly #folders = new Map<string, string>();

  add(name: string): void {
    const key = folded(name);
    const twin = this.#files.get(key);
    if (twin === name) throw new ModelsealError('ERR_NAME_DUPLICATE', { name });
    const folder = twin ?? this.#folders.get(key);
    if (folder !== undefined) throw new ModelsealError('ERR_NAME_TWIN', { name, twin: folder });
    this.#files.set(key, name);
    for (let cut = key.lastIndexOf('/'); cut > 0; cut = key.lastIndexOf('/', cut - 1)) {
      const parent = key.slice(0, cut);
      if (this.#folders.has(parent)) return;
      const file = this.#files.get(parent);
      if (file !== undefined) throw new ModelsealError('ERR_NAME_TWIN', { name, twin: file });
      this.#folders.set(parent, name);
    }
  }
}

/** Case folding as close as the platform offers, on both sides of a canonical composition. */
function folded(name: string): string {
  if (/^[\x20-\x7e]*$/.test(name)) return name.toLowerCase();
  return name.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');
}

/** Names of the usual kind that cannot be a device: no component begins like one, or ends in a dot. */
const PORTABLE = /^(?:(?!con|prn|aux|nul|com|lpt)[\w.-]*[\w-](?:\/(?!$)|$))+$/i;

const RESERVED = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?$/i;

/** Why Windows cannot store this name, if it cannot. */
export function windowsProblem(name: string): string | undefined {
  if (PORTABLE.test(name)) return undefined;
  for (const part of name.split('/')) {
    if (RESERVED.test(part.trimEnd())) return `"${part}" is a device name on Windows`;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    if (/[<>:"|?*\u0000-\u001f]/.test(part)) return `"${part}" has a character that Windows does not allow`;
    if (/[. ]$/.test(part)) return `"${part}" ends in a character that Windows drops`;
  }
  return undefined;
}

/** Sorts by name, by Unicode code point. */
export function sortByName<T extends { readonly name: string }>(items: T[]): T[] {
  return items.some(({ name }) => UNUSUAL_UNIT.test(name))
    ? items.sort((a, b) => byCodePoint(a.name, b.name))
    : items.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** Below these, the order of units is that of code points. */
const UNUSUAL_UNIT = /[\ud800-\uffff]/;

/** Orders names by Unicode code point (OMS §5.2.1); the default order of strings is by UTF-16 unit. */
export function byCodePoint(a: string, b: string): number {
  if (!UNUSUAL_UNIT.test(a) && !UNUSUAL_UNIT.test(b)) return a < b ? -1 : a > b ? 1 : 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // Surrogates stand for code points above every other unit.
    const high = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);
    return high(x) - high(y);
  }
  return a.length - b.length;
}
