import { ModelsealError } from '../../core/errors/index.js';
import type { Connection } from './database.js';
import type { PendingCertificate } from './store.js';

/** Clocks of several machines, and of one that is being corrected, differ by less. */
const CLOCK_TOLERANCE_MS = 300_000;

/** Names of times that the database remembers. */
export const LATEST_TIME = 'latest_time';
export const LAST_BACKUP = 'last_backup';

export function settingTime(db: Connection, name: string): Date | undefined {
  const row = db.prepare('SELECT value FROM setting WHERE name = ?').get(name) as
    | { value: string }
    | undefined;
  return row && new Date(Number(row.value));
}

export const setTime = (db: Connection, name: string, at: Date): void =>
  setText(db, name, String(at.getTime()));

export function setText(db: Connection, name: string, value: string): void {
  db.prepare(
    'INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  ).run(name, value);
}

/**
 * Remembers the latest time that anything was written at, inside of the transaction that writes. A clock that was set
 * back would date lists and certificates before what they follow.
 *
 * @throws {ModelsealError} `ERR_CA_CLOCK`
 */
export function advanceClock(db: Connection, at: Date, accept: boolean): void {
  const latest = settingTime(db, LATEST_TIME);
  if (latest !== undefined && at.getTime() < latest.getTime() - CLOCK_TOLERANCE_MS && !accept) {
    throw new ModelsealError('ERR_CA_CLOCK', { at: at.toISOString(), latest: latest.toISOString() });
  }
  if (latest === undefined || at > latest || accept) setTime(db, LATEST_TIME, at);
}

/**
 * A key belongs to one identity, and a compromised one to nobody. Asked inside of the transaction that records the new
 * certificate, so that two requests at once cannot both be the first.
 *
 * @throws {ModelsealError} `ERR_CA_KEY_BLOCKED`, `ERR_CA_KEY_TAKEN`, `ERR_CA_KEY_REUSED`
 */
export function refuseKey(db: Connection, certificate: PendingCertificate, reuseKey: boolean): void {
  const { keyFingerprint: fingerprint, identities } = certificate;
  if (db.prepare('SELECT 1 AS yes FROM blocked_key WHERE fingerprint = ?').get(fingerprint) !== undefined) {
    throw new ModelsealError('ERR_CA_KEY_BLOCKED', { fingerprint });
  }
  const before = db
    .prepare(
      'SELECT serial, identities FROM record WHERE key_fingerprint = ? AND serial <> ? ORDER BY id DESC LIMIT 1',
    )
    .get(fingerprint, certificate.serial) as { serial: string; identities: string } | undefined;
  if (before === undefined) return;
  const { serial } = before;
  const owner = JSON.parse(before.identities) as string[];
  if (spelling(owner) !== spelling(identities)) {
    throw new ModelsealError('ERR_CA_KEY_TAKEN', { fingerprint, serial, owner });
  }
  if (!reuseKey) throw new ModelsealError('ERR_CA_KEY_REUSED', { fingerprint, serial });
}

/** Older records name an identity without its kind. */
export const withoutKind = (identity: string): string => identity.replace(/^(?:email|uri|dns):/, '');

/** Identities as one text. */
const spelling = (identities: readonly string[]): string => identities.map(withoutKind).sort().join('\n');
