import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { type ErrorRecord, isModelsealError, ModelsealError } from '../../core/errors/index.js';
import { ioError, makeFolders, readBounded, writeAtomic } from '../../core/files.js';
import { hostName, userName } from '../../core/machine.js';
import { checkOptions, is, type OptionTable } from '../../core/options.js';
import { isAlive } from '../../core/process.js';
import type { Report } from '../../core/report/index.js';
import { VERSION } from '../../core/version.js';
import type { Incident, QuarantinedFile, QuarantineReason, SettledEntry } from './entry.js';
import {
  exists,
  makeOwnerWritable,
  makeReadOnly,
  moveDurably,
  randomId,
  removeTree,
  sha256File,
  stagedName,
} from './move.js';

/** An incident report holds a whole verification report; larger ones are damaged. */
const MAX_RECORD = 64 * 1024 * 1024;

/** Files listed with digests in a record; a folder with more says so instead of growing without bound. */
const MAX_LISTED = 100_000;

const RECORD = 'incident.json';
const CONTENT = 'content';

export interface QuarantineRequest {
  readonly path: string;
  readonly reason: QuarantineReason;
  /** One sentence for people. */
  readonly summary: string;
  readonly errors?: readonly ErrorRecord[];
  readonly signerClaimed?: readonly string[];
  readonly report?: Report;
  readonly at: Date;
}

const ADD: OptionTable<QuarantineRequest> = {
  path: is.text,
  reason: is.text,
  summary: is.text,
  errors: is.list(is.object),
  signerClaimed: is.list(is.text),
  report: is.object,
  at: is.time,
};
const FORCE = { forceCopy: is.flag };
const RESTORE = { ...FORCE, to: is.text, at: is.time, verify: is.call };

/** A quarantine folder: one sub-folder per entry, holding `incident.json` and the content under its own name. */
export class Quarantine {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = resolve(folder);
  }

  /**
   * Moves a file or folder into quarantine, read-only, with its incident report.
   *
   * The record is written before the move and completed after it, so that a kill at any moment leaves the model in
   * exactly one place and a record that says which.
   *
   * @throws {ModelsealError} `ERR_FILE_NOT_FOUND`, `ERR_FILE_UNWRITABLE`, `ERR_QUARANTINE_COPY`
   */
  add(request: QuarantineRequest, options: { forceCopy?: boolean } = {}): Incident {
    checkOptions('Quarantine.add', request, ADD);
    checkOptions('Quarantine.add', options, FORCE);
    const original = absolute(request.path);
    const stat = lstatSync(original, { throwIfNoEntry: false });
    if (!stat) throw new ModelsealError('ERR_FILE_NOT_FOUND', { file: request.path, what: 'model' });
    const id = `${stamp(request.at)}-${slug(basename(original))}-${randomId()}`;
    const entry = join(this.folder, id);
    makeFolders(join(entry, CONTENT), 0o700);
    const incident: Incident = {
      format: 'modelseal-incident/1',
      id,
      state: 'moving',
      mover: process.pid,
      quarantinedAt: request.at.toISOString(),
      quarantinedBy: { user: userName(), host: hostName(), process: process.pid, version: VERSION },
      originalPath: original,
      kind: stat.isDirectory() ? 'folder' : 'file',
      reason: request.reason,
      summary: request.summary,
      errors: request.errors ?? [],
      signerClaimed: request.signerClaimed ?? [],
      ...(request.report ? { report: request.report } : {}),
    };
    this.#write(incident);
    let remains: string | undefined;
    try {
      remains = moveDurably(original, this.contentPath(incident), id, options);
    } catch (error) {
      removeTree(entry);
      throw error;
    }
    return this.#hold(remains === undefined ? incident : { ...incident, originalRemains: remains });
  }

  /** Every entry, oldest first, as it stands: reading changes nothing. */
  list(): Incident[] {
    return this.#ids().map((id) => this.#read(id));
  }

  /**
   * Finishes what killed processes left behind, inside the store and nowhere else: a record says where content came from,
   * and whoever may write here could make it say anything.
   *
   * @returns What became of each unfinished entry, and what is left outside for its owner to look at.
   */
  settle(): SettledEntry[] {
    return this.list().flatMap((incident) => {
      const running =
        incident.mover !== undefined && incident.mover !== process.pid && isAlive(incident.mover);
      if (running || (incident.state !== 'moving' && incident.state !== 'restoring')) return [];
      return [this.#finish(incident)];
    });
  }

  #finish(incident: Incident): SettledEntry {
    const { id } = incident;
    const content = this.contentPath(incident);
    const entry = join(this.folder, id);
    if (incident.state === 'restoring' && isRestored(incident)) removeTree(content);
    if (exists(content)) {
      // A copy is put in its place only when it is whole.
      this.#hold(incident);
      const elsewhere = incident.state === 'moving' ? incident.originalPath : incident.movedTo;
      return {
        id,
        state: 'held',
        ...(elsewhere !== undefined && exists(elsewhere) ? { outside: elsewhere } : partial(incident)),
      };
    }
    if (incident.state === 'moving') {
      removeTree(entry);
      return { id, state: 'removed', outside: incident.originalPath };
    }
    // When exactly the move ended is not known; the record of a lost process says the latest sure time.
    const { mover: _, ...rest } = incident;
    this.#write({ ...rest, state: 'restored', restoredAt: incident.quarantinedAt });
    return {
      id,
      state: 'restored',
      ...(incident.movedTo === undefined ? {} : { outside: incident.movedTo }),
    };
  }

  /**
   * One entry by its identifier or a unique beginning of it.
   *
   * @throws {ModelsealError} `ERR_QUARANTINE_ENTRY_UNKNOWN`, `ERR_QUARANTINE_ENTRY_AMBIGUOUS`, `ERR_QUARANTINE_RECORD_DAMAGED`
   */
  get(id: string): Incident {
    const matches = this.#ids().filter((known) => known === id || (id.length >= 4 && known.startsWith(id)));
    if (matches.length > 1 && !matches.includes(id)) {
      throw new ModelsealError('ERR_QUARANTINE_ENTRY_AMBIGUOUS', { id, matches: matches.length });
    }
    const match = matches.includes(id) ? id : matches[0];
    const incident = match === undefined ? undefined : this.#read(match);
    if (!incident) throw new ModelsealError('ERR_QUARANTINE_ENTRY_UNKNOWN', { id });
    return incident;
  }

  /** Where the content of an entry lies while it is held. */
  contentPath(incident: Incident): string {
    return join(this.folder, incident.id, CONTENT, basename(incident.originalPath));
  }

  /**
   * Moves the content back (or to `to`) once `verify` accepts it where it lies in quarantine.
   *
   * @param verify Judges the quarantined content; a throw refuses the restoration and leaves everything as it is.
   * @throws {ModelsealError} `ERR_RESTORE_TARGET_EXISTS`, and whatever `verify` throws
   */
  async restore(
    id: string,
    options: {
      readonly to?: string;
      readonly at: Date;
      readonly verify: (path: string) => Promise<void>;
      readonly forceCopy?: boolean;
    },
  ): Promise<Incident> {
    checkOptions('Quarantine.restore', options, RESTORE);
    const incident = this.get(id);
    if (incident.state === 'restored') throw new ModelsealError('ERR_QUARANTINE_ENTRY_UNKNOWN', { id });
    requireSettled(incident);
    const target = absolute(options.to ?? incident.originalPath);
    if (exists(target)) throw new ModelsealError('ERR_RESTORE_TARGET_EXISTS', { path: target });
    const content = this.contentPath(incident);
    await options.verify(content);
    makeFolders(dirname(target));
    const leaving: Incident = { ...incident, state: 'restoring', mover: process.pid, movedTo: target };
    this.#write(leaving);
    try {
      moveDurably(content, target, incident.id, options.forceCopy ? { forceCopy: true } : {});
    } catch (error) {
      this.#hold(incident);
      throw error;
    }
    return this.#release(leaving, options.at.toISOString());
  }

  /** Deletes an entry for good, content and record. */
  purge(id: string): Incident {
    const incident = this.get(id);
    requireSettled(incident);
    removeTree(join(this.folder, incident.id));
    return incident;
  }

  #hold(incident: Incident): Incident {
    const content = this.contentPath(incident);
    const listed = listFiles(content);
    let writable: string | undefined;
    try {
      makeReadOnly(content);
    } catch (error) {
      // Files of somebody else: they are out of use all the same.
      writable = (error as NodeJS.ErrnoException).code ?? String(error);
    }
    const { movedTo: _, mover: __, ...rest } = incident;
    const held: Incident = {
      ...rest,
      state: 'held',
      ...listed,
      ...(writable === undefined ? {} : { writable }),
    };
    this.#write(held);
    return held;
  }

  #release(incident: Incident, at: string): Incident {
    const { mover: _, ...rest } = incident;
    const restored: Incident = { ...rest, state: 'restored', restoredAt: at };
    if (incident.movedTo !== undefined && exists(incident.movedTo)) tryOwnerWritable(incident.movedTo);
    this.#write(restored);
    return restored;
  }

  #ids(): string[] {
    if (!exists(this.folder)) return [];
    try {
      return readdirSync(this.folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && exists(join(this.folder, entry.name, RECORD)))
        .map((entry) => entry.name)
        .sort();
    } catch (error) {
      throw ioError(error, this.folder, 'quarantine');
    }
  }

  #read(id: string): Incident {
    const damaged = (problem: string): never => {
      throw new ModelsealError('ERR_QUARANTINE_RECORD_DAMAGED', { id, problem });
    };
    try {
      const bytes = readBounded(join(this.folder, id, RECORD), 'incident report', MAX_RECORD);
      const incident = JSON.parse(new TextDecoder().decode(bytes)) as Incident;
      if (incident.format !== 'modelseal-incident/1') return damaged('unknown format');
      // The record steers moves and deletions: an identifier that is not this folder's name is not believed.
      if (incident.id !== id) return damaged('it belongs to another entry');
      return incident;
    } catch (error) {
      if (isModelsealError(error)) throw error;
      return damaged('not JSON');
    }
  }

  #write(incident: Incident): void {
    writeAtomic(join(this.folder, incident.id, RECORD), `${JSON.stringify(incident, null, 2)}\n`, {
      mode: 0o600,
      overwrite: true,
    });
  }
}

function tryOwnerWritable(path: string): void {
  try {
    makeOwnerWritable(path);
  } catch {
    // Files of somebody else keep the rights that they have.
  }
}

/** Whether what lies at the target is the whole content: a copy takes that place only when it is complete. */
function isRestored({ movedTo, files, filesIncomplete }: Incident): boolean {
  if (movedTo === undefined || !exists(movedTo) || !files || filesIncomplete !== undefined) return false;
  try {
    const found = listFiles(movedTo).files;
    return found.length === files.length && found.every((file, i) => file.sha256 === files[i]?.sha256);
  } catch {
    return false;
  }
}

/** A copy that was being made outside when its process ended. */
function partial({ id, movedTo }: Incident): { outside?: string } {
  const staged = movedTo === undefined ? undefined : stagedName(movedTo, id);
  return staged !== undefined && exists(staged) ? { outside: staged } : {};
}

function requireSettled({ id, state }: Incident): void {
  if (state === 'moving' || state === 'restoring')
    throw new ModelsealError('ERR_QUARANTINE_UNSETTLED', { id });
}

/** The path with the links of its parents resolved, but not its last part: a link is quarantined as a link. */
function absolute(path: string): string {
  const full = resolve(path);
  const parent = dirname(full);
  return exists(parent) ? join(realpathSync(parent), basename(full)) : full;
}

function listFiles(content: string): { files: QuarantinedFile[]; filesIncomplete?: string } {
  const files: QuarantinedFile[] = [];
  const visit = (path: string): void => {
    if (files.length >= MAX_LISTED) return;
    const stat = lstatSync(path);
    const name = path === content ? basename(path) : relative(content, path).split(sep).join('/');
    if (stat.isSymbolicLink()) {
      const sha256 = createHash('sha256').update(readlinkSync(path)).digest('hex');
      files.push({ name, size: stat.size, sha256, link: true });
    } else if (stat.isDirectory()) {
      for (const child of readdirSync(path).sort()) visit(join(path, child));
    } else if (stat.isFile()) {
      files.push({ name, size: stat.size, sha256: sha256File(path) });
    }
  };
  visit(content);
  return files.length < MAX_LISTED
    ? { files }
    : { files, filesIncomplete: `only the first ${MAX_LISTED} files are listed` };
}

const stamp = (at: Date): string => at.toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '');

const slug = (name: string): string => name.replace(/[^A-Za-z0-9._-]+/g, '_').slice(0, 60);
