import path from 'node:path';
import type { Catalogue, PackageFields } from './catalogue.js';
import type { Refuse } from './refuse.js';

/** Taken once, as everything that foreign code could replace. */
const { dirname, isAbsolute, join, resolve, sep } = path;

/** What CommonJS tries behind a name, in this order. */
const EXTENSIONS = ['', '.js', '.json', '.node'];

/** Packages lead to packages through their `imports`; nobody nests that. */
const MAX_HOPS = 4;

/**
 * Judges what Node found for a name. Node resolves names itself, on the disk as it is: a link, a missing file or another
 * package.json would lead it to another file, which may well be signed, but under another name.
 *
 * @param specifier A path, a bare name, or one that begins with `#`; no URL.
 * @param importer The importing file, when known.
 * @param found Real path of what Node found.
 * @throws {ModelsealError} `ERR_GUARD_PACKAGE_JSON`, `ERR_GUARD_NAME`
 */
export function checkResolution(
  catalogue: Catalogue,
  refuse: Refuse,
  specifier: string,
  importer: string | undefined,
  found: string,
): void {
  const digest = catalogue.digestOf(found);
  // What is not signed is refused when it is loaded, for the better reason.
  if (digest === undefined) return;
  for (const folder of catalogue.above(found)) catalogue.packageJson(folder);
  if (!fits(catalogue, specifier, importer, found, digest, 0))
    refuse('ERR_GUARD_NAME', { name: specifier, file: found });
}

function fits(
  catalogue: Catalogue,
  specifier: string,
  importer: string | undefined,
  found: string,
  digest: string,
  hops: number,
): boolean {
  const is = (candidates: readonly string[]): boolean => {
    const meant = candidates.find((file) => catalogue.digestOf(file) !== undefined);
    // Where none of the names is signed, the found file was signed under a name of its own, outside of the package.
    return meant === undefined || meant === found || catalogue.digestOf(meant) === digest;
  };
  if (isAbsolute(specifier)) return is(fileOrFolder(catalogue, catalogue.canonical(specifier), specifier));
  if (importer === undefined) return true;
  if (/^\.{1,2}(\/|$)/.test(specifier))
    return is(fileOrFolder(catalogue, resolve(dirname(importer), specifier), specifier));
  if (specifier.startsWith('#')) {
    for (const folder of catalogue.above(importer)) {
      const content = catalogue.packageJson(folder);
      if (!content) continue;
      return targets(content.imports).some((target) =>
        target.startsWith('./')
          ? matches(join(folder, target), found, catalogue, digest)
          : hops < MAX_HOPS && fits(catalogue, target, join(folder, 'package.json'), found, digest, hops + 1),
      );
    }
    return true;
  }
  const [name] = /^(@[^/]+\/)?[^/]+/.exec(specifier) ?? [];
  if (name === undefined) return true;
  const inner = specifier.slice(name.length);
  for (const home of packageHomes(catalogue, name, importer)) {
    const content = catalogue.covers(home) ? catalogue.packageJson(home) : undefined;
    if (!catalogue.hasFolder(home)) {
      if (inner === '' && withExtensions(home).some((file) => catalogue.digestOf(file) !== undefined))
        return is(withExtensions(home));
      continue;
    }
    if (content?.exports !== undefined)
      return targets(content.exports).some((target) => matches(join(home, target), found, catalogue, digest));
    return is(inner === '' ? inFolder(home, content) : fileOrFolder(catalogue, join(home, inner), specifier));
  }
  return true;
}

/** Where a package is looked for, in this order: in itself, then in every node_modules on the way up. */
function packageHomes(catalogue: Catalogue, name: string, importer: string): string[] {
  const homes: string[] = [];
  for (const folder of catalogue.above(importer)) {
    const content = catalogue.packageJson(folder);
    if (!content) continue;
    if (content.name === name && content.exports !== undefined) homes.push(folder);
    break;
  }
  for (let at = dirname(importer); ; at = dirname(at)) {
    if (!at.endsWith(`${sep}node_modules`)) homes.push(join(at, 'node_modules', name));
    if (dirname(at) === at) return homes;
  }
}

/** What a path can mean: a file, a file with an extension, or what a folder says. */
function fileOrFolder(catalogue: Catalogue, file: string, specifier: string): string[] {
  const folderOnly = /(^|\/)\.{0,2}\/?$/.test(specifier) && /(\/|^\.{1,2}|\/\.{1,2})$/.test(specifier);
  const content = catalogue.hasFolder(file) ? catalogue.packageJson(file) : undefined;
  return [...(folderOnly ? [] : withExtensions(file)), ...inFolder(file, content)];
}

const withExtensions = (file: string): string[] => EXTENSIONS.map((extension) => file + extension);
const index = (folder: string): string[] => withExtensions(join(folder, 'index')).slice(1);

function inFolder(folder: string, content: PackageFields | undefined): string[] {
  const main = content?.main;
  const meant =
    main === undefined ? [] : [...withExtensions(join(folder, main)), ...index(join(folder, main))];
  return [...meant, ...index(folder)];
}

/** Every path that `exports` or `imports` can lead to, under whatever conditions. */
function targets(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(targets);
}

/** A `*` stands for any text. */
function matches(target: string, found: string, catalogue: Catalogue, digest: string): boolean {
  const star = target.indexOf('*');
  if (star < 0) return target === found || catalogue.digestOf(target) === digest;
  const before = target.slice(0, star);
  const after = target.slice(target.lastIndexOf('*') + 1);
  const suits = (file: string): boolean =>
    file.length >= before.length + after.length && file.startsWith(before) && file.endsWith(after);
  return suits(found) || catalogue.namesOf(digest).some(suits);
}
