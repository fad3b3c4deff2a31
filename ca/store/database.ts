import Database from 'libsql';
import { ModelsealError } from '../../core/errors/index.js';
import { MIGRATIONS } from './schema.js';

export type Connection = InstanceType<typeof Database>;

/** A writer holds the lock for milliseconds; whoever waits longer than this meets a stuck process. */
const BUSY_TIMEOUT_MS = 10_000;

/**
 * Opens the database of an authority: write-ahead log, so that readers do not wait for a writer, and
 * `synchronous = FULL`, so that a commit has reached the disk when it returns.
 *
 * @throws {ModelsealError} `ERR_CA_DATABASE`, `ERR_CA_DATABASE_BUSY`, `ERR_CA_DATABASE_NEWER`
 */
export function openDatabase(file: string): Connection {
  return guarded(file, () => {
    const db = new Database(file, { timeout: BUSY_TIMEOUT_MS });
    try {
      db.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
      db.pragma('journal_mode = WAL');
      db.pragma('synchronous = FULL');
      db.pragma('foreign_keys = ON');
      migrate(db, file);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

function migrate(db: Connection, file: string): void {
  if (version(db) === MIGRATIONS.length) return;
  db.transaction(() => {
    // Read again under the lock: another process may have migrated meanwhile.
    const found = version(db);
    if (found > MIGRATIONS.length) {
      throw new ModelsealError('ERR_CA_DATABASE_NEWER', { file, found, known: MIGRATIONS.length });
    }
    for (const sql of MIGRATIONS.slice(found)) db.exec(sql);
    db.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
  }).immediate();
}

const version = (db: Connection): number =>
  (db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;

/** Runs database work and turns its failures into ours. */
export function guarded<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ModelsealError) throw error;
    const { code } = error as { code?: unknown };
    if (typeof code === 'string' && (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED'))) {
      throw new ModelsealError('ERR_CA_DATABASE_BUSY', { file }, { cause: error });
    }
    const problem = error instanceof Error ? error.message : String(error);
    throw new ModelsealError('ERR_CA_DATABASE', { file, problem }, { cause: error });
  }
}
