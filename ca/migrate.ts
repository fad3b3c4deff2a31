import { existsSync } from 'node:fs';
import { ModelsealError } from '../core/errors/index.js';
import { homePaths } from './home.js';
import { migrateDatabase } from './store/database.js';

export interface Migrated {
  /** Versions of the schema, before and now. */
  readonly from: number;
  readonly to: number;
  /** The database as it was before; absent when there was nothing to do. */
  readonly copy?: string;
}

/**
 * Brings the records of an authority that an older version of Modelseal made up to date, after a copy of them.
 *
 * @param at Time for the name of the copy.
 * @throws {ModelsealError} `ERR_CA_NOT_FOUND`, `ERR_FILE_EXISTS`, `ERR_CA_RECORDS`, `ERR_CA_DATABASE…`
 * @example await migrateAuthority('./certs', new Date())
 */
export async function migrateAuthority(home: string, at: Date): Promise<Migrated> {
  const { database } = homePaths(home);
  if (!existsSync(database)) throw new ModelsealError('ERR_CA_NOT_FOUND', { home });
  const copy = `${database}.before-${at.toISOString().replace(/[:.]/g, '-')}`;
  if (existsSync(copy)) throw new ModelsealError('ERR_FILE_EXISTS', { file: copy });
  const { from, to } = migrateDatabase(database, copy);
  return from === to ? { from, to } : { from, to, copy };
}
