import { createHash } from 'node:crypto';

/** What happened. The words are those of the commands. */
export type AuditEvent =
  | 'sign'
  | 'timestamp'
  | 'trust'
  | 'verify'
  | 'load'
  | 'refuse'
  | 'scan'
  | 'quarantine'
  | 'restore'
  | 'purge'
  | 'init'
  | 'issue'
  | 'request'
  | 'revoke'
  | 'block-key'
  | 'crl'
  | 'ocsp'
  | 'recover'
  | 'clean'
  | 'migrate'
  | 'backup'
  | 'rollover'
  | 'ceremony'
  /** Around a command whose record is a condition (`--audit-required`). */
  | 'begin'
  | 'end'
  | 'audit.torn';

/** JSON data of an event: names, digests, codes; never key material or file contents. */
export type AuditData = Readonly<Record<string, unknown>>;

/** One line of the log. `hash` covers every other field, `previous` the entry before: a chain. */
export interface AuditEntry {
  readonly sequence: number;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly event: AuditEvent;
  /** Account that ran the command. */
  readonly actor: string;
  readonly data: AuditData;
  /** Hash of the entry before, or {@link GENESIS} for the first. */
  readonly previous: string;
  /** SHA-256, hexadecimal. */
  readonly hash: string;
}

/** `previous` of the first entry. */
export const GENESIS = '0'.repeat(64);

/** The hash of an entry: over the JSON array of its other fields, in the order in which they stand above. */
export function hashEntry(entry: Omit<AuditEntry, 'hash'>): string {
  const covered = [entry.sequence, entry.time, entry.event, entry.actor, entry.data, entry.previous];
  return createHash('sha256').update(JSON.stringify(covered)).digest('hex');
}
