import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { Refuse } from './refuse.js';
import type { SignedFolder } from './state.js';

interface PackageFields {
  readonly name?: string;
  readonly type?: string;
  readonly version?: string;
}

/** Taken once: a program may replace `fs.readFileSync`, as some packages do, and would then feed the checks. */
const { readFileSync } = fs;

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/**
 * The files that may run: every signed folder with its digests. All code goes through {@link read}, which returns
 * the very bytes that it checked; nobody reads the file again afterwards.
 */
export class Catalogue {
  readonly #folders: readonly SignedFolder[];
  readonly #digests: ReadonlySet<string>;
  readonly #refuse: Refuse;

  constructor(folders: readonly SignedFolder[], refuse: Refuse) {
    // The deepest folder first: a signed model inside a signed application answers for its own files.
    this.#folders = [...folders].sort((a, b) => b.root.length - a.root.length);
    this.#digests = new Set(folders.flatMap((f) => Object.values(f.files)));
    this.#refuse = refuse;
  }

  /** The signed digest of a file, or undefined when no accepted manifest lists it. */
  digestOf(path: string): string | undefined {
    for (const folder of this.#folders) {
      const name = relative(folder.root, path).split(sep).join('/');
      if (Object.hasOwn(folder.files, name)) return folder.files[name];
    }
    return undefined;
  }

  /** True when some accepted manifest lists a file with exactly these bytes. */
  lists(digest: string): boolean {
    return this.#digests.has(digest);
  }

  /** Every place at which a file with these bytes is signed, and what is signed around it. */
  homesOf(digest: string): { name: string; digestOf: (name: string) => string | undefined }[] {
    return this.#folders.flatMap(({ files }) =>
      Object.entries(files)
        .filter(([, signed]) => signed === digest)
        .map(([name]) => ({
          name,
          digestOf: (other) => (Object.hasOwn(files, other) ? files[other] : undefined),
        })),
    );
  }

  /** @throws {ModelsealError} `ERR_GUARD_MODULE_UNSIGNED`, `ERR_GUARD_MODULE_CHANGED`, `ERR_GUARD_MODULE_MISSING` */
  read(path: string): Buffer {
    const expected = this.digestOf(path);
    if (expected === undefined) return this.#refuse('ERR_GUARD_MODULE_UNSIGNED', { file: path });
    let bytes: Buffer;
    try {
      bytes = readFileSync(path);
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? String(error);
      return this.#refuse('ERR_GUARD_MODULE_MISSING', { file: path, reason });
    }
    const actual = sha256(bytes);
    if (actual !== expected) this.#refuse('ERR_GUARD_MODULE_CHANGED', { file: path, expected, actual });
    return bytes;
  }

  /** The names of the signed files that lie directly in the folder of `path`, as full paths. */
  siblings(path: string): string[] {
    const folder = dirname(path);
    return this.#folders.flatMap((f) =>
      Object.keys(f.files)
        .map((name) => join(f.root, name))
        .filter((full) => full !== path && dirname(full) === folder),
    );
  }

  /**
   * Checks every package.json that had a say in what an import found. Node reads them itself, so they cannot be
   * served; an altered one could turn an import to another signed file, or a CommonJS file into an ES module.
   *
   * @param importer The importing file, when known.
   * @throws {ModelsealError} `ERR_GUARD_PACKAGE_JSON`
   */
  checkSteering(specifier: string, importer: string | undefined, found: string): void {
    // What is not signed is refused when it is loaded, for the better reason.
    if (this.digestOf(found) === undefined) return;
    const asked: string[] = [];
    if (importer !== undefined) {
      if (/^\.{1,2}(\/|$)/.test(specifier)) asked.push(resolve(dirname(importer), specifier));
      // The "imports" of the importing package may lead into any other one.
      else if (specifier.startsWith('#')) asked.push(...this.#above(importer));
      else asked.push(...this.#packageHomes(specifier, importer));
    }
    for (const folder of [...asked, ...this.#above(found)]) this.#packageJson(folder);
  }

  /** The `type` of the package that a file belongs to, from checked bytes: the nearest package.json decides. */
  packageType(path: string): string | undefined {
    for (const folder of this.#above(path)) {
      const content = this.#packageJson(folder);
      if (content) return content.type;
    }
    return undefined;
  }

  /** The package itself; folders inside a package may have a package.json that gives a type and no name. */
  packageOf(path: string): { name?: string; version?: string } | undefined {
    for (const folder of this.#above(path)) {
      const content = this.#packageJson(folder);
      if (content?.name !== undefined) return content;
    }
    return undefined;
  }

  /** Folders from the one of `path` up to the root of its signed folder. */
  #above(path: string): string[] {
    const home = this.#folders.find((f) => path.startsWith(f.root + sep));
    if (!home) return [];
    const folders: string[] = [];
    for (let at = dirname(path); at.startsWith(home.root); at = dirname(at)) {
      folders.push(at);
      if (at === home.root) break;
    }
    return folders;
  }

  /** Where a bare specifier is looked for, nearest first, up to the first place that a manifest knows. */
  #packageHomes(specifier: string, importer: string): string[] {
    const name = /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0];
    if (name === undefined || specifier.startsWith('/') || specifier.startsWith('#')) return [];
    const homes: string[] = [];
    for (const folder of this.#above(importer)) {
      const home = join(folder, 'node_modules', name);
      homes.push(home);
      if (this.digestOf(join(home, 'package.json')) !== undefined) break;
    }
    return homes;
  }

  #packageJson(folder: string): PackageFields | undefined {
    const file = join(folder, 'package.json');
    const expected = this.digestOf(file);
    let bytes: Buffer | undefined;
    try {
      bytes = readFileSync(file);
    } catch {
      // Absent, which is as it should be when it is not signed.
    }
    if (expected === undefined && bytes === undefined) return undefined;
    if (bytes === undefined)
      return this.#refuse('ERR_GUARD_PACKAGE_JSON', { file, problem: 'it is signed but missing' });
    if (expected === undefined)
      return this.#refuse('ERR_GUARD_PACKAGE_JSON', { file, problem: 'no signature covers it' });
    if (sha256(bytes) !== expected)
      return this.#refuse('ERR_GUARD_PACKAGE_JSON', { file, problem: 'it is not the signed file' });
    return fields(bytes);
  }
}

/** Node ignores what is not a string here, so a signed but odd package.json is no reason to refuse. */
function fields(bytes: Buffer): PackageFields {
  try {
    const content = JSON.parse(bytes.toString('utf8')) as Record<string, unknown> | null;
    const text = (key: keyof PackageFields): PackageFields =>
      typeof content?.[key] === 'string' ? { [key]: content[key] } : {};
    return { ...text('name'), ...text('type'), ...text('version') };
  } catch {
    return {};
  }
}
