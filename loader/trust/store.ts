import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import { makeFolders, readBounded, writeAtomic } from '../../core/files.js';
import { checkOptions, is, type OptionTable } from '../../core/options.js';
import { MAX_CRL_BYTES } from '../../core/x509/crl.js';
import { Certificate, readCertificates } from '../../core/x509/index.js';
import { MAX_OCSP_BYTES } from '../../core/x509/ocsp.js';
import {
  ANCHOR_USES,
  type AnchorEntry,
  type AnchorUse,
  checkName,
  formatCertificates,
  formatSettings,
  parseSettings,
} from './entry.js';
import { parseScope, type Scope } from './scope.js';
import { chooseAnchor, requireSuccessor } from './successor.js';

const CERTIFICATES = 'root.pem';
const INTERMEDIATES = 'intermediates.pem';
const SETTINGS = 'anchor.yaml';
const EVIDENCE = { crl: MAX_CRL_BYTES, ocsp: MAX_OCSP_BYTES } as const;
type EvidenceKind = keyof typeof EVIDENCE;

/** Written by hand; this is a long list. */
const MAX_SETTINGS = 64 * 1024;
/** More anchors than an organisation has suppliers. */
const MAX_ANCHORS = 1000;
/** Lists and answers of one anchor. */
const MAX_EVIDENCE = 256;

/** An anchor to be added. */
export interface NewAnchor {
  readonly name: string;
  /** The present. */
  readonly at: Date;
  /** What a file or an address held: the root, and perhaps certificates below it. */
  readonly certificates: readonly Certificate[];
  /** SHA-256 of the root, hexadecimal; needed where there are several certificates. */
  readonly fingerprint?: string | undefined;
  readonly intermediates?: readonly Certificate[] | undefined;
  readonly use?: AnchorUse | undefined;
  readonly crl?: readonly string[] | undefined;
  /** `name:…`, `name-prefix:…`, `path:…`, `path-prefix:…`; any model without one. */
  readonly scope?: readonly string[] | undefined;
}

const NEW: OptionTable<NewAnchor> = {
  name: is.text,
  at: is.time,
  certificates: is.list(is.made(Certificate)),
  fingerprint: is.text,
  intermediates: is.list(is.made(Certificate)),
  use: is.one(...ANCHOR_USES),
  crl: is.list(is.text),
  scope: is.list(is.text),
};

/**
 * Whom to trust, said once: a folder with one folder for each named anchor, of PEM and YAML files that people read and
 * put under version control. Reading never writes.
 */
export class TrustStore {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** @param folder Need not exist: then nothing is trusted. */
  static at(folder: string): TrustStore {
    return new TrustStore(folder);
  }

  /** @throws {ModelsealError} `ERR_TRUST_STORE`, `ERR_FILE_UNREADABLE` */
  names(): string[] {
    let found: string[];
    try {
      found = readdirSync(this.folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
        .map(({ name }) => name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      const reason = (error as NodeJS.ErrnoException).code ?? String(error);
      throw new ModelsealError('ERR_FILE_UNREADABLE', { file: this.folder, reason }, { cause: error });
    }
    if (found.length > MAX_ANCHORS)
      throw new ModelsealError('ERR_TRUST_STORE', { file: this.folder, problem: 'it has too many anchors' });
    return found.sort();
  }

  /** @throws {ModelsealError} `ERR_TRUST_UNKNOWN`, `ERR_TRUST_STORE`, what reading certificates throws */
  entry(name: string): AnchorEntry {
    const folder = join(this.folder, checkName(name));
    if (!existsSync(folder))
      throw new ModelsealError('ERR_TRUST_UNKNOWN', { name, known: this.names(), store: this.folder });
    const certificates = readCertificates(join(folder, CERTIFICATES), 'trust anchor');
    const file = join(folder, SETTINGS);
    const text = new TextDecoder().decode(readBounded(file, 'settings of the anchor', MAX_SETTINGS));
    const below = join(folder, INTERMEDIATES);
    return {
      name,
      ...parseSettings(text, file, certificates),
      certificates,
      intermediates: existsSync(below) ? readCertificates(below, 'intermediate certificate') : [],
      crls: this.#evidence(name, 'crl'),
      ocsp: this.#evidence(name, 'ocsp'),
    };
  }

  /** All anchors, or those of these names. */
  entries(names?: readonly string[]): AnchorEntry[] {
    return (names ?? this.names()).map((name) => this.entry(name));
  }

  /**
   * Adds an anchor; one whose name is taken must be a successor that the old root has cross-signed, and keeps the old
   * settings.
   *
   * @throws {ModelsealError} `ERR_TRUST_NAME`, `ERR_TRUST_FINGERPRINT`, `ERR_TRUST_SUCCESSOR`, `ERR_TRUST_SCOPE_FORM`,
   *   `ERR_FILE_UNWRITABLE`
   */
  add(anchor: NewAnchor): AnchorEntry {
    checkOptions('TrustStore.add', anchor, NEW);
    const name = checkName(anchor.name);
    const scope: Scope[] = (anchor.scope ?? []).map(parseScope);
    const known = this.names().includes(name) ? this.entry(name) : undefined;
    const { root, rest } = chooseAnchor(anchor.certificates, anchor.fingerprint);
    const intermediates = [...rest, ...(anchor.intermediates ?? [])];
    if (known) {
      requireSuccessor(root, intermediates, known.certificates, name, anchor.at);
      const settings = {
        ...known,
        scope: [...known.scope, ...scope],
        crl: [...known.crl, ...(anchor.crl ?? [])],
      };
      this.#write(
        join(this.folder, name),
        settings,
        [...known.certificates, root],
        [...known.intermediates, ...intermediates],
      );
      return this.entry(name);
    }
    const settings = { use: anchor.use ?? 'signing', crl: anchor.crl ?? [], scope };
    makeFolders(this.folder);
    const staging = join(this.folder, `.${name}-${randomBytes(6).toString('hex')}.tmp`);
    try {
      mkdirSync(staging);
      this.#write(staging, settings, [root], intermediates);
      renameSync(staging, join(this.folder, name));
    } catch (error) {
      rmSync(staging, { recursive: true, force: true });
      if (isModelsealError(error)) throw error;
      const reason = (error as NodeJS.ErrnoException).code ?? String(error);
      throw new ModelsealError('ERR_FILE_UNWRITABLE', { file: staging, reason }, { cause: error });
    }
    return this.entry(name);
  }

  /** @throws {ModelsealError} `ERR_TRUST_UNKNOWN`, `ERR_FILE_UNWRITABLE` */
  remove(name: string): void {
    const folder = join(this.folder, checkName(name));
    if (!existsSync(folder))
      throw new ModelsealError('ERR_TRUST_UNKNOWN', { name, known: this.names(), store: this.folder });
    // Gone at once, so that no reader meets half of it.
    const gone = join(this.folder, `.${name}-${randomBytes(6).toString('hex')}.tmp`);
    try {
      renameSync(folder, gone);
      rmSync(gone, { recursive: true, force: true });
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? String(error);
      throw new ModelsealError('ERR_FILE_UNWRITABLE', { file: folder, reason }, { cause: error });
    }
  }

  /** Replaces what the last refresh left. @param files By a name that tells of what they are. */
  keep(name: string, kind: EvidenceKind, files: ReadonlyMap<string, Uint8Array>): void {
    const folder = join(this.folder, checkName(name), kind);
    makeFolders(folder);
    for (const [file, der] of files) writeAtomic(join(folder, `${file}.${kind}`), der, { overwrite: true });
    for (const file of readdirSync(folder)) {
      if (file.endsWith(`.${kind}`) && !files.has(file.slice(0, -kind.length - 1)))
        rmSync(join(folder, file), { force: true });
    }
  }

  #evidence(name: string, kind: EvidenceKind): Uint8Array[] {
    const folder = join(this.folder, name, kind);
    if (!existsSync(folder)) return [];
    const files = readdirSync(folder)
      .filter((file) => file.endsWith(`.${kind}`))
      .sort();
    if (files.length > MAX_EVIDENCE)
      throw new ModelsealError('ERR_TRUST_STORE', { file: folder, problem: 'it has too many files' });
    return files.map((file) => readBounded(join(folder, file), 'revocation evidence', EVIDENCE[kind]));
  }

  #write(
    folder: string,
    settings: Parameters<typeof formatSettings>[0],
    certificates: readonly Certificate[],
    intermediates: readonly Certificate[],
  ): void {
    const unique = [...new Map(intermediates.map((c) => [c.fingerprint, c])).values()];
    const replace = { overwrite: true };
    if (unique.length > 0) writeAtomic(join(folder, INTERMEDIATES), formatCertificates(unique), replace);
    // Between these two a reader finds that they do not belong together, and trusts neither.
    writeAtomic(join(folder, CERTIFICATES), formatCertificates(certificates), replace);
    writeAtomic(join(folder, SETTINGS), formatSettings(settings, certificates), replace);
  }
}
