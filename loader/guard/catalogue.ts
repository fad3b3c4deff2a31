import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { Refuse } from './refuse.js';
import type { SignedFolder } from './state.js';

/** Taken once: a program may replace functions of built-in modules, as some packages do, and would then feed the checks. */
const { closeSync, constants, fstatSync, openSync, readSync } = fs;
const { dirname, join, sep } = path;
const { hash } = crypto;

export const sha256 = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex');

/** Text of checked bytes as Node reads source text. */
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
export const textOf = (bytes: Uint8Array): string => utf8.decode(bytes);

/** One read; a system call does not take more than about 2 GiB. */
const CHUNK = 1 << 30;

/**
 * The bytes of a regular file, in memory that nobody else has. A pipe is not waited for.
 *
 * @throws The error of the system, or one with the code `EINVAL` for what is not a regular file
 */
export function readRegular(file: string): Buffer {
  const fd = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = fstatSync(fd);
    if ((stat.mode & constants.S_IFMT) !== constants.S_IFREG) throw notRegular(file);
    const bytes = Buffer.alloc(stat.size);
    let length = 0;
    while (length < bytes.length) {
      const read = readSync(fd, bytes, length, Math.min(bytes.length - length, CHUNK), length);
      if (read === 0) break;
      length += read;
    }
    return bytes.subarray(0, length);
  } finally {
    closeSync(fd);
  }
}

export function notRegular(file: string): Error {
  return Object.assign(new Error(`EINVAL: not a regular file, open '${file}'`), {
    code: 'EINVAL',
    path: file,
  });
}

export interface PackageFields {
  readonly name?: string;
  readonly type?: string;
  readonly version?: string;
  readonly main?: string;
  readonly exports?: unknown;
  readonly imports?: unknown;
}

/**
 * The files that may be used: every signed folder with its digests. All code goes through {@link read}, which returns
 * the very bytes that it checked; nobody reads the file again afterwards.
 */
export class Catalogue {
  readonly #folders: readonly SignedFolder[];
  readonly #code: ReadonlySet<string>;
  readonly #models: ReadonlySet<string>;
  /** Every folder below which something is signed, as a full path. */
  readonly #inner: ReadonlySet<string>;
  readonly #refuse: Refuse;

  constructor(folders: readonly SignedFolder[], refuse: Refuse) {
    // The deepest folder first: a signed model inside a signed application answers for its own files.
    this.#folders = [...folders].sort((a, b) => b.root.length - a.root.length);
    const digests = (use: 'code' | 'models') =>
      new Set(folders.flatMap((f) => (f.use === use || f.use === 'both' ? Object.values(f.files) : [])));
    this.#code = digests('code');
    this.#models = digests('models');
    const inner = new Set<string>();
    for (const { root, files } of folders) {
      for (const name of Object.keys(files)) {
        for (let end = name.lastIndexOf('/'); end > 0; end = name.lastIndexOf('/', end - 1)) {
          const folder = join(root, name.slice(0, end));
          if (inner.has(folder)) break;
          inner.add(folder);
        }
      }
    }
    this.#inner = inner;
    this.#refuse = refuse;
  }

  /** The signed digest of a file, or undefined when no accepted manifest lists it. */
  digestOf(file: string): string | undefined {
    return this.#find(file)?.digest;
  }

  /** The same for a file that may run. */
  codeDigestOf(file: string): string | undefined {
    const found = this.#find(file);
    return found?.folder.use === 'models' ? undefined : found?.digest;
  }

  #find(file: string): { folder: SignedFolder; digest: string } | undefined {
    for (const folder of this.#folders) {
      const name = nameIn(folder.root, file);
      if (name === undefined || !Object.hasOwn(folder.files, name)) continue;
      return { folder, digest: folder.files[name] as string };
    }
    return undefined;
  }

  /** Whether a path lies in a signed folder and is not one of the names that its signature leaves out. */
  covers(file: string): boolean {
    return this.#folders.some(({ root, ignored }) => {
      const name = nameIn(root, file);
      return name !== undefined && !ignored.some((entry) => name === entry || name.startsWith(`${entry}/`));
    });
  }

  /** Whether something is signed below a folder. */
  hasFolder(folder: string): boolean {
    return this.#inner.has(folder);
  }

  /** A path through the spelling that the configuration uses for a signed folder, in the spelling that is used here. */
  canonical(file: string): string {
    for (const { root, given } of this.#folders) {
      if (given === root) continue;
      if (file === given) return root;
      if (file.startsWith(given + sep)) return root + file.slice(given.length);
    }
    return file;
  }

  /** True when some accepted manifest of code lists a file with exactly these bytes. */
  listsCode(digest: string): boolean {
    return this.#code.has(digest);
  }

  /** The full paths at which a file with these bytes is signed. */
  namesOf(digest: string): string[] {
    return this.#folders.flatMap(({ root, files }) =>
      Object.keys(files)
        .filter((name) => files[name] === digest)
        .map((name) => join(root, name)),
    );
  }

  /** @throws {ModelsealError} `ERR_GUARD_SESSION_UNVERIFIED`, `ERR_GUARD_USE` for bytes that are not signed as a model */
  requireModel(digest: string): void {
    if (this.#models.has(digest)) return;
    if (this.#code.has(digest))
      this.#refuse('ERR_GUARD_USE', { what: `a file with the SHA-256 ${digest}`, use: 'models' });
    this.#refuse('ERR_GUARD_SESSION_UNVERIFIED', { digest });
  }

  /** Every place at which a model with these bytes is signed, and what is signed around it. */
  homesOf(digest: string): { name: string; digestOf: (name: string) => string | undefined }[] {
    return this.#folders
      .filter(({ use }) => use !== 'code')
      .flatMap(({ files }) =>
        Object.entries(files)
          .filter(([, signed]) => signed === digest)
          .map(([name]) => ({
            name,
            digestOf: (other: string) => (Object.hasOwn(files, other) ? files[other] : undefined),
          })),
      );
  }

  /** @throws {ModelsealError} `ERR_GUARD_MODULE_UNSIGNED`, `ERR_GUARD_MODULE_CHANGED`, `ERR_GUARD_MODULE_MISSING` */
  read(file: string): Buffer {
    const expected = this.codeDigestOf(file);
    if (expected === undefined) {
      if (this.digestOf(file) !== undefined) this.#refuse('ERR_GUARD_USE', { what: file, use: 'code' });
      return this.#refuse('ERR_GUARD_MODULE_UNSIGNED', { file });
    }
    let bytes: Buffer;
    try {
      bytes = readRegular(file);
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? String(error);
      return this.#refuse('ERR_GUARD_MODULE_MISSING', { file, reason });
    }
    const actual = sha256(bytes);
    if (actual !== expected) this.#refuse('ERR_GUARD_MODULE_CHANGED', { file, expected, actual });
    return bytes;
  }

  /** The names of the signed files that lie directly in the folder of `file`, as full paths. */
  siblings(file: string): string[] {
    const folder = dirname(file);
    return this.#folders.flatMap((f) =>
      Object.keys(f.files)
        .map((name) => join(f.root, name))
        .filter((full) => full !== file && dirname(full) === folder),
    );
  }

  /** The `type` of the package that a file belongs to, from checked bytes: the nearest package.json decides. */
  packageType(file: string): string | undefined {
    for (const folder of this.above(file)) {
      const content = this.packageJson(folder);
      if (content) return content.type;
    }
    return undefined;
  }

  /** The package itself; folders inside a package may have a package.json that gives a type and no name. */
  packageOf(file: string): PackageFields | undefined {
    for (const folder of this.above(file)) {
      const content = this.packageJson(folder);
      if (content?.name !== undefined) return content;
    }
    return undefined;
  }

  /** Folders from the one of `file` up to the root of its signed folder. */
  above(file: string): string[] {
    const home = this.#folders.find((f) => file.startsWith(f.root + sep));
    if (!home) return [];
    const folders: string[] = [];
    for (let at = dirname(file); at.startsWith(home.root); at = dirname(at)) {
      folders.push(at);
      if (at === home.root) break;
    }
    return folders;
  }

  /**
   * The package.json of a folder, from checked bytes. Node reads it itself, so it cannot be served; an altered one could
   * turn an import to another signed file, or a CommonJS file into an ES module.
   *
   * @throws {ModelsealError} `ERR_GUARD_PACKAGE_JSON`
   */
  packageJson(folder: string): PackageFields | undefined {
    const file = join(folder, 'package.json');
    const expected = this.codeDigestOf(file);
    const refuse = (problem: string): never => this.#refuse('ERR_GUARD_PACKAGE_JSON', { file, problem });
    let bytes: Buffer;
    try {
      bytes = readRegular(file);
    } catch (error) {
      if (expected !== undefined) return refuse('it is signed but missing');
      const { code } = error as NodeJS.ErrnoException;
      // Absent, which is as it should be when it is not signed. A folder of that name is none to Node.
      if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR' || code === 'EINVAL') return undefined;
      return refuse('it cannot be read');
    }
    if (expected === undefined) return refuse('no signature covers it');
    if (sha256(bytes) !== expected) return refuse('it is not the signed file');
    return fields(bytes);
  }
}

/** The manifest's name of a path, or undefined where it lies outside of the folder. */
function nameIn(root: string, file: string): string | undefined {
  if (!file.startsWith(root) || file[root.length] !== sep) return undefined;
  const name = file.slice(root.length + 1);
  return sep === '/' ? name : name.replaceAll(sep, '/');
}

/** Node ignores what is not a string here, so a signed but odd package.json is no reason to refuse. */
function fields(bytes: Buffer): PackageFields {
  try {
    const content = JSON.parse(textOf(bytes)) as Record<string, unknown> | null;
    const text = (key: keyof PackageFields): PackageFields =>
      typeof content?.[key] === 'string' ? { [key]: content[key] } : {};
    return {
      ...text('name'),
      ...text('type'),
      ...text('version'),
      ...text('main'),
      exports: content?.exports ?? undefined,
      imports: content?.imports ?? undefined,
    };
  } catch {
    return {};
  }
}
