/** One row of each table, as the reading queries see it. Times are milliseconds since 1970, UTC. */
export interface Tables {
  setting: { name: string; value: string };
  certificate: {
    id: number;
    serial: string;
    issuer: string;
    state: string;
    subject: string;
    /** JSON array of texts. */
    identities: string;
    not_before: number;
    not_after: number;
    key_fingerprint: string;
    requested_at: number;
    der: Uint8Array | null;
  };
  revocation: {
    id: number;
    serial: string;
    issuer: string;
    revoked_at: number;
    reason: string;
    invalidity_date: number | null;
    /** DER of the entry as every CRL carries it. */
    entry: Uint8Array;
  };
  crl_number: { issuer: string; last: number };
}

/**
 * Migrations in order; the database remembers in `user_version` how many it has seen. A published one never changes:
 * a new version of the schema is a new line.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE certificate (
    id INTEGER PRIMARY KEY,
    serial TEXT NOT NULL UNIQUE,
    issuer TEXT NOT NULL CHECK (issuer IN ('root', 'issuing')),
    state TEXT NOT NULL CHECK (state IN ('pending', 'issued', 'revoked')),
    subject TEXT NOT NULL,
    identities TEXT NOT NULL,
    not_before INTEGER NOT NULL,
    not_after INTEGER NOT NULL,
    key_fingerprint TEXT NOT NULL,
    requested_at INTEGER NOT NULL,
    der BLOB,
    CHECK (state <> 'issued' OR der IS NOT NULL)
  ) STRICT;
  CREATE TABLE revocation (
    id INTEGER PRIMARY KEY,
    serial TEXT NOT NULL UNIQUE REFERENCES certificate (serial),
    issuer TEXT NOT NULL,
    revoked_at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    invalidity_date INTEGER,
    entry BLOB NOT NULL
  ) STRICT;
  CREATE TABLE crl_number (issuer TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT;
  `,
];
