import { ModelsealError } from '../../core/errors/index.js';
import { REASONS } from '../reasons.js';
import type { Connection } from './database.js';

const REASON_CODE = `CASE reason ${Object.entries(REASONS)
  .map(([name, code]) => `WHEN '${name}' THEN x'0603551D1504030A01${code.toString(16).padStart(2, '0')}'`)
  .join(' ')} END`;

/**
 * True where the entry that a CRL carries says what the columns beside it say: serial number, time and reason. The
 * time is compared without its century, which UTCTime leaves out.
 */
export const ENTRY_AGREES = `(
  instr(entry, unhex(serial)) > 0
  AND instr(entry, CAST(substr(strftime('%Y%m%d%H%M%SZ', revoked_at / 1000, 'unixepoch'), 3) AS BLOB)) > 0
  AND CASE reason WHEN 'unspecified' THEN instr(entry, x'0603551D15') = 0
    ELSE coalesce(instr(entry, ${REASON_CODE}) > 0, 0) END)`;

/** Rows that contradict each other: each query yields one `serial` of them. */
const CONTRADICTIONS: readonly { readonly problem: string; readonly sql: string }[] = [
  {
    problem: 'its certificate is another one',
    sql: 'SELECT serial FROM certificate WHERE der IS NOT NULL AND instr(der, unhex(serial)) = 0 LIMIT 1',
  },
  {
    problem: 'its revocation names another issuer',
    sql: `SELECT serial FROM revocation JOIN certificate USING (serial)
      WHERE revocation.issuer <> certificate.issuer LIMIT 1`,
  },
  {
    problem: 'its CRL entry does not say what its revocation says',
    sql: `SELECT serial FROM revocation WHERE NOT ${ENTRY_AGREES} LIMIT 1`,
  },
];

/**
 * Refuses a database that is damaged or contradicts itself: a signature over a part of the truth cannot be taken back.
 * Reads every page.
 *
 * @throws {ModelsealError} `ERR_CA_DATABASE`, `ERR_CA_RECORDS`
 */
export function requireConsistent(db: Connection, file: string): void {
  const check = db.prepare('PRAGMA quick_check(1)').get() as { quick_check: string };
  if (check.quick_check !== 'ok') {
    throw new ModelsealError('ERR_CA_DATABASE', { file, problem: `it is damaged: ${check.quick_check}` });
  }
  const dangling = db.prepare('PRAGMA foreign_key_check').get() as { table: string } | undefined;
  if (dangling !== undefined) {
    const problem = `a row of ${dangling.table} refers to one that is not there`;
    throw new ModelsealError('ERR_CA_RECORDS', { file, problem });
  }
  for (const { problem, sql } of CONTRADICTIONS) {
    const found = db.prepare(sql).get() as { serial: string } | undefined;
    if (found !== undefined) {
      throw new ModelsealError('ERR_CA_RECORDS', { file, problem: `${found.serial}: ${problem}` });
    }
  }
}
