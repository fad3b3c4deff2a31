/** One row of each table and view, as the reading queries see it. Times are milliseconds since 1970, UTC. */
export interface Tables {
  setting: { name: string; value: string };
  /** Certificates with what is derived from the other tables: state, identities, revocation. */
  record: {
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
    revoked_at: number | null;
    reason: string | null;
    invalidity_date: number | null;
  };
  identity: { certificate: number; position: number; value: string };
}

export interface Migration {
  readonly sql: string;
  /** A query for a `problem` that no migration may paper over; none is the good case. */
  readonly refuse?: string;
}

/**
 * Migrations in order; the database remembers in `user_version` how many it has seen. A published one never changes:
 * a new version of the schema is a new line.
 */
export const MIGRATIONS: readonly Migration[] = [
  {
    sql: `
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
  },
  {
    // Each fact gets one place: the state follows from the rows that are there, identities are rows with an index.
    refuse: `SELECT serial || ' is ' || state || ', and its revocation says otherwise' AS problem
      FROM certificate LEFT JOIN revocation USING (serial)
      WHERE (state = 'revoked') <> (revocation.id IS NOT NULL) LIMIT 1`,
    sql: `
  CREATE TABLE certificate_2 (
    id INTEGER PRIMARY KEY,
    serial TEXT NOT NULL UNIQUE,
    issuer TEXT NOT NULL CHECK (issuer IN ('root', 'issuing')),
    subject TEXT NOT NULL,
    not_before INTEGER NOT NULL,
    not_after INTEGER NOT NULL,
    key_fingerprint TEXT NOT NULL,
    requested_at INTEGER NOT NULL,
    der BLOB
  ) STRICT;
  CREATE TABLE identity (
    certificate INTEGER NOT NULL REFERENCES certificate (id),
    position INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (certificate, position)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO certificate_2
    SELECT id, serial, issuer, subject, not_before, not_after, key_fingerprint, requested_at, der FROM certificate;
  INSERT INTO identity SELECT certificate.id, each.key, each.value
    FROM certificate, json_each(certificate.identities) AS each;
  DROP TABLE certificate;
  ALTER TABLE certificate_2 RENAME TO certificate;
  CREATE INDEX certificate_key ON certificate (key_fingerprint);
  CREATE INDEX identity_value ON identity (value);
  CREATE TABLE blocked_key (fingerprint TEXT PRIMARY KEY, blocked_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT OR IGNORE INTO blocked_key SELECT key_fingerprint, revoked_at
    FROM certificate JOIN revocation USING (serial) WHERE reason = 'keyCompromise';
  ALTER TABLE crl_number ADD COLUMN this_update INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE crl_number ADD COLUMN next_update INTEGER NOT NULL DEFAULT 0;
  CREATE VIEW record AS SELECT
    certificate.id, certificate.serial, certificate.issuer,
    CASE WHEN revocation.id IS NOT NULL THEN 'revoked' WHEN der IS NULL THEN 'pending' ELSE 'issued' END AS state,
    subject,
    (SELECT json_group_array(value) FROM
      (SELECT value FROM identity WHERE identity.certificate = certificate.id ORDER BY position)) AS identities,
    not_before, not_after, key_fingerprint, requested_at, der, revoked_at, reason, invalidity_date
    FROM certificate LEFT JOIN revocation ON revocation.serial = certificate.serial;
  `,
  },
  {
    // Several issuing CAs follow each other: `issuing`, `issuing-2`, …
    sql: `
  DROP VIEW record;
  CREATE TABLE certificate_3 (
    id INTEGER PRIMARY KEY,
    serial TEXT NOT NULL UNIQUE,
    issuer TEXT NOT NULL CHECK (issuer IN ('root', 'issuing') OR issuer GLOB 'issuing-[1-9]*'),
    subject TEXT NOT NULL,
    not_before INTEGER NOT NULL,
    not_after INTEGER NOT NULL,
    key_fingerprint TEXT NOT NULL,
    requested_at INTEGER NOT NULL,
    der BLOB
  ) STRICT;
  INSERT INTO certificate_3
    SELECT id, serial, issuer, subject, not_before, not_after, key_fingerprint, requested_at, der FROM certificate;
  DROP TABLE certificate;
  ALTER TABLE certificate_3 RENAME TO certificate;
  CREATE INDEX certificate_key ON certificate (key_fingerprint);
  CREATE VIEW record AS SELECT
    certificate.id, certificate.serial, certificate.issuer,
    CASE WHEN revocation.id IS NOT NULL THEN 'revoked' WHEN der IS NULL THEN 'pending' ELSE 'issued' END AS state,
    subject,
    (SELECT json_group_array(value) FROM
      (SELECT value FROM identity WHERE identity.certificate = certificate.id ORDER BY position)) AS identities,
    not_before, not_after, key_fingerprint, requested_at, der, revoked_at, reason, invalidity_date
    FROM certificate LEFT JOIN revocation ON revocation.serial = certificate.serial;
  `,
  },
];
