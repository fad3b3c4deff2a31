import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import Database from 'libsql';
import { ModelsealError } from '../../core/errors/index.js';
import { MIGRATIONS } from './schema.js';

export type Connection = InstanceType<typeof Database>;

/** Reading never writes: not a row, not a migration, not a file beside the database. */
export type Access = 'read' | 'write';

/** A writer holds the lock for milliseconds; whoever waits longer than this meets a stuck process. */
const BUSY_TIMEOUT_MS = 10_000;

/**
 * Fills a new database with the current schema.
 *
 * @param file A file that the caller has made, empty; or `:memory:`.
 * @throws {ModelsealError} `ERR_CA_DATABASE`, `ERR_CA_DATABASE_BUSY`
 */
export function createDatabase(file: string): Connection {
  return guarded(file, () =>
    connected(new Database(file, { timeout: BUSY_TIMEOUT_MS }), (db) => {
      configure(db);
      db.transaction(() => {
        for (const migration of MIGRATIONS) db.exec(migration.sql);
        db.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
      }).immediate();
    }),
  );
}

/**
 * Opens the database of an authority: write-ahead log, so that readers do not wait for a writer, and
 * `synchronous = FULL`, so that a commit has reached the disk when it returns. A database of another version is
 * refused, whoever asks: only {@link migrateDatabase} changes it.
 *
 * @throws {ModelsealError} `ERR_CA_DATABASE`, `ERR_CA_DATABASE_BUSY`, `ERR_CA_DATABASE_OLDER`, `ERR_CA_DATABASE_NEWER`
 */
export function openDatabase(file: string, access: Access = 'write'): Connection {
  return guarded(file, () => {
    const connection =
      access === 'read' ? openReader(file) : new Database(file, { timeout: BUSY_TIMEOUT_MS });
    return connected(connection, (db) => {
      const found = version(db);
      requireFilled(file, found);
      if (found < MIGRATIONS.length) {
        throw new ModelsealError('ERR_CA_DATABASE_OLDER', { file, found, known: MIGRATIONS.length });
      }
      if (access === 'write') configure(db);
    });
  });
}

/**
 * Brings an older database to the current schema, after its present state was copied to `copy`.
 *
 * @returns The versions before and after; equal when there was nothing to do, and then nothing was copied.
 * @throws {ModelsealError} `ERR_CA_DATABASE…`, `ERR_CA_RECORDS` when its records contradict each other
 */
export function migrateDatabase(file: string, copy: string): { readonly from: number; readonly to: number } {
  return guarded(file, () => {
    const db = new Database(file, { timeout: BUSY_TIMEOUT_MS });
    try {
      const before = version(db);
      requireFilled(file, before);
      if (before === MIGRATIONS.length) return { from: before, to: before };
      db.prepare('VACUUM INTO ?').run(copy);
      // Tables are rebuilt, and what refers to them is checked as a whole at the end.
      db.pragma('foreign_keys = OFF');
      db.transaction(() => {
        // Read again under the lock: another process may have migrated meanwhile.
        for (const { sql, refuse } of MIGRATIONS.slice(version(db))) {
          const found = refuse && (db.prepare(refuse).get() as { problem: string } | undefined);
          if (found) throw new ModelsealError('ERR_CA_RECORDS', { file, problem: found.problem });
          db.exec(sql);
        }
        if (db.prepare('PRAGMA foreign_key_check').all().length > 0) {
          throw new ModelsealError('ERR_CA_RECORDS', {
            file,
            problem: 'a row refers to one that is not there',
          });
        }
        db.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
      }).immediate();
      return { from: before, to: MIGRATIONS.length };
    } finally {
      db.close();
    }
  });
}

function configure(db: Connection): void {
  db.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = ON');
}

/**
 * A connection that cannot write, also for whoever may only read file and folder. Where the folder is read-only and
 * no writer has left a log, SQLite must be told that nobody will make one.
 */
function openReader(file: string): Connection {
  const url = pathToFileURL(resolve(file)).href;
  try {
    return connected(new Database(`${url}?mode=ro`, { timeout: BUSY_TIMEOUT_MS }), version);
  } catch (error) {
    const log = `${file}-wal`;
    if (existsSync(log) && statSync(log).size > 0) throw error;
    return connected(new Database(`${url}?mode=ro&immutable=1`), version);
  }
}

/** Hands on a connection that `prepare` accepted; closes it where it did not. */
function connected(db: Connection, prepare: (db: Connection) => unknown): Connection {
  try {
    prepare(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function requireFilled(file: string, found: number): void {
  if (found === 0) {
    throw new ModelsealError('ERR_CA_DATABASE', { file, problem: 'it holds no records at all' });
  }
  if (found > MIGRATIONS.length) {
    throw new ModelsealError('ERR_CA_DATABASE_NEWER', { file, found, known: MIGRATIONS.length });
  }
}

const version = (db: Connection): number =>
  (db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;

/** Runs database work and turns its failures into ours. */
export function guarded<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ModelsealError) throw error;
    if (isBusy(error)) throw new ModelsealError('ERR_CA_DATABASE_BUSY', { file }, { cause: error });
    const problem = error instanceof Error ? error.message : String(error);
    throw new ModelsealError('ERR_CA_DATABASE', { file, problem }, { cause: error });
  }
}

/** Whether another process holds the lock that was asked for. */
export function isBusy(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED'));
}
