import { existsSync } from 'node:fs';
import type { Kysely } from 'kysely';
import { ModelsealError } from '../../core/errors/index.js';
import type { RevocationReason } from '../reasons.js';
import { type Connection, guarded, openDatabase } from './database.js';
import { GroupCommit } from './group-commit.js';
import type { Tables } from './schema.js';
import type {
  CaStore,
  CertificateRecord,
  CertificateState,
  CrlEntries,
  IssuedDer,
  IssuerRole,
  ListFilter,
  PendingCertificate,
  Revocation,
} from './store.js';

/** Rows per piece of a CRL: large enough that calls do not count, small enough that a piece stays under 2 MiB. */
const CRL_PIECE = 20_000;

/** A listing longer than this is no longer read by anyone; filters narrow it. */
export const MAX_LISTED = 10_000;

const INSERT_PENDING = `INSERT INTO certificate
  (serial, issuer, state, subject, identities, not_before, not_after, key_fingerprint, requested_at)
  VALUES (?, ?, 'pending', ?, ?, ?, ?, ?, ?)`;
const UPDATE_ISSUED = `UPDATE certificate SET state = 'issued', der = ? WHERE serial = ? AND state = 'pending'`;
const INSERT_REVOCATION = `INSERT INTO revocation (serial, issuer, revoked_at, reason, invalidity_date, entry)
  VALUES (?, ?, ?, ?, ?, ?)`;
const NEXT_CRL_NUMBER = `INSERT INTO crl_number (issuer, last) VALUES (?, 1)
  ON CONFLICT (issuer) DO UPDATE SET last = last + 1 RETURNING last`;
// The database concatenates: fetching a million rows one by one would cost a second of calls. hex(), because
// group_concat joins text.
const CRL_ENTRIES = `SELECT count(*) AS rows, max(id) AS last, group_concat(hex(entry), '') AS entries
  FROM (SELECT id, entry FROM revocation WHERE issuer = ? AND id > ? ORDER BY id LIMIT ${CRL_PIECE})`;

/**
 * The embedded store: SQLite through libsql. Writes are prepared statements in short synchronous transactions that
 * begin with the write lock; reading queries go through kysely, which never sees a transaction half-way.
 */
export class SqliteStore implements CaStore {
  readonly profile: unknown;
  readonly #file: string;
  readonly #db: Connection;
  readonly #pending: GroupCommit<PendingCertificate>;
  readonly #issued: GroupCommit<IssuedDer>;
  #reader: Promise<Kysely<Tables>> | undefined;

  private constructor(file: string, db: Connection) {
    this.#file = file;
    this.#db = db;
    const row = db.prepare(`SELECT value FROM setting WHERE name = 'profile'`).get() as
      | { value: string }
      | undefined;
    this.profile = row === undefined ? undefined : JSON.parse(row.value);
    const insert = db.prepare(INSERT_PENDING);
    this.#pending = new GroupCommit((items) =>
      this.#write(() => {
        for (const c of items) insertPending(insert, c);
      }),
    );
    const update = db.prepare(UPDATE_ISSUED);
    this.#issued = new GroupCommit((items) =>
      this.#write(() => {
        for (const { serial, der } of items) {
          if (update.run(Buffer.from(der), serial).changes !== 1) {
            throw new ModelsealError('ERR_SERIAL_UNKNOWN', { serial });
          }
        }
      }),
    );
  }

  /**
   * Opens the database of an existing authority.
   *
   * @throws {ModelsealError} `ERR_CA_DATABASE…`, `ERR_FILE_NOT_FOUND`
   */
  static open(file: string): SqliteStore {
    if (!existsSync(file)) throw new ModelsealError('ERR_FILE_NOT_FOUND', { file, what: 'database' });
    const db = openDatabase(file);
    return guarded(file, () => new SqliteStore(file, db));
  }

  /** Fills an empty database file; the caller has created it, with the permissions that it shall have. */
  static create(file: string, profile: object): SqliteStore {
    const db = openDatabase(file);
    return guarded(file, () => {
      db.prepare(`INSERT INTO setting (name, value) VALUES ('profile', ?)`).run(JSON.stringify(profile));
      return new SqliteStore(file, db);
    });
  }

  recordPending(certificate: PendingCertificate): Promise<void> {
    return this.#pending.add(certificate);
  }

  recordIssued(issued: IssuedDer): Promise<void> {
    return this.#issued.add(issued);
  }

  async find(serial: string): Promise<CertificateRecord | undefined> {
    const rows = await this.#select((query) => query.where('certificate.serial', '=', serial));
    return rows[0];
  }

  async list(filter: ListFilter): Promise<CertificateRecord[]> {
    const { state, text } = filter;
    return this.#select((query) => {
      let narrowed = query
        .orderBy('certificate.id', 'desc')
        .limit(Math.min(filter.limit ?? MAX_LISTED, MAX_LISTED));
      if (state !== undefined) narrowed = narrowed.where('certificate.state', '=', state);
      if (text !== undefined) {
        // instr and not LIKE: an identity may well contain % or _.
        narrowed = narrowed.where((where) => {
          const contains = (column: 'certificate.subject' | 'certificate.identities') =>
            where(where.fn<number>('instr', [column, where.val(text)]), '>', 0);
          return where.or([contains('certificate.subject'), contains('certificate.identities')]);
        });
      }
      return narrowed;
    });
  }

  async count(): Promise<Record<CertificateState, number>> {
    const counts: Record<CertificateState, number> = { pending: 0, issued: 0, revoked: 0 };
    const rows = guarded(this.#file, () =>
      this.#db.prepare('SELECT state, count(*) AS n FROM certificate GROUP BY state').all(),
    ) as { state: CertificateState; n: number }[];
    for (const { state, n } of rows) counts[state] = n;
    return counts;
  }

  async revoke(serial: string, revocation: Revocation, entry: Uint8Array): Promise<void> {
    this.#write(() => {
      const known = this.#db.prepare('SELECT issuer FROM certificate WHERE serial = ?').get(serial) as
        | { issuer: string }
        | undefined;
      if (known === undefined) throw new ModelsealError('ERR_SERIAL_UNKNOWN', { serial });
      const before = this.#db
        .prepare('SELECT reason, revoked_at FROM revocation WHERE serial = ?')
        .get(serial) as { reason: string; revoked_at: number } | undefined;
      if (before !== undefined) {
        // A hold may become final (RFC 5280 §5.3.1); everything else is final already.
        if (before.reason !== 'certificateHold' || revocation.reason === 'certificateHold') {
          throw new ModelsealError('ERR_ALREADY_REVOKED', {
            serial,
            revokedAt: new Date(before.revoked_at).toISOString(),
            reason: before.reason,
          });
        }
        this.#db.prepare('DELETE FROM revocation WHERE serial = ?').run(serial);
      }
      const { revokedAt, reason, invalidityDate } = revocation;
      this.#db
        .prepare(INSERT_REVOCATION)
        .run(
          serial,
          known.issuer,
          revokedAt.getTime(),
          reason,
          invalidityDate?.getTime() ?? null,
          Buffer.from(entry),
        );
      this.#db.prepare(`UPDATE certificate SET state = 'revoked' WHERE serial = ?`).run(serial);
    });
  }

  async isRevoked(serial: string): Promise<boolean> {
    return guarded(
      this.#file,
      () => this.#db.prepare('SELECT 1 AS yes FROM revocation WHERE serial = ?').get(serial) !== undefined,
    );
  }

  async nextCrlNumber(issuer: IssuerRole): Promise<number> {
    return this.#write(() => (this.#db.prepare(NEXT_CRL_NUMBER).get(issuer) as { last: number }).last);
  }

  async crlEntries(issuer: IssuerRole): Promise<CrlEntries> {
    return guarded(this.#file, () => {
      const statement = this.#db.prepare(CRL_ENTRIES);
      const pieces: Uint8Array[] = [];
      let count = 0;
      // A deferred transaction: all pieces come from one snapshot, whatever other processes revoke meanwhile.
      this.#db.transaction(() => {
        for (let after = 0; ; ) {
          const piece = statement.get(issuer, after) as { rows: number; last: number; entries: string };
          if (piece.rows === 0) break;
          pieces.push(Buffer.from(piece.entries, 'hex'));
          after = piece.last;
          count += piece.rows;
        }
      })();
      return { pieces, count };
    });
  }

  /** Writes the whole database into a new file; how an authority that was made in memory reaches the disk. */
  copyTo(file: string): void {
    guarded(file, () => this.#db.prepare('VACUUM INTO ?').run(file));
  }

  async close(): Promise<void> {
    this.#db.close();
  }

  #write<T>(work: () => T): T {
    return guarded(this.#file, () => this.#db.transaction(work).immediate() as T);
  }

  async #select(
    narrow: (query: ReturnType<typeof records>) => ReturnType<typeof records>,
  ): Promise<CertificateRecord[]> {
    this.#reader ??= openReader(this.#db);
    const reader = await this.#reader;
    try {
      return (await narrow(records(reader)).execute()).map(toRecord);
    } catch (error) {
      return guarded(this.#file, () => {
        throw error;
      });
    }
  }
}

interface Insert {
  run(...values: (string | number)[]): unknown;
}

function insertPending(insert: Insert, c: PendingCertificate): void {
  try {
    insert.run(
      c.serial,
      c.issuer,
      c.subject,
      JSON.stringify(c.identities),
      c.notBefore.getTime(),
      c.notAfter.getTime(),
      c.keyFingerprint,
      c.requestedAt.getTime(),
    );
  } catch (error) {
    if (String((error as Error).message).includes('UNIQUE constraint failed')) {
      throw new ModelsealError('ERR_CA_SERIAL_COLLISION', { serial: c.serial }, { cause: error });
    }
    throw error;
  }
}

/** kysely takes 100 ms to load, and issuing never needs it. */
async function openReader(db: Connection): Promise<Kysely<Tables>> {
  const { Kysely, SqliteDialect } = await import('kysely');
  return new Kysely<Tables>({ dialect: new SqliteDialect({ database: db }) });
}

const records = (reader: Kysely<Tables>) =>
  reader
    .selectFrom('certificate')
    .leftJoin('revocation', 'revocation.serial', 'certificate.serial')
    .select([
      'certificate.serial',
      'certificate.issuer',
      'certificate.state',
      'certificate.subject',
      'certificate.identities',
      'certificate.not_before',
      'certificate.not_after',
      'certificate.key_fingerprint',
      'certificate.requested_at',
      'certificate.der',
      'revocation.revoked_at',
      'revocation.reason',
      'revocation.invalidity_date',
    ]);

type Row = Awaited<ReturnType<ReturnType<typeof records>['execute']>>[number];

function toRecord(row: Row): CertificateRecord {
  const revocation: Revocation | undefined =
    row.revoked_at === null || row.reason === null
      ? undefined
      : {
          revokedAt: new Date(row.revoked_at),
          reason: row.reason as RevocationReason,
          invalidityDate: row.invalidity_date === null ? undefined : new Date(row.invalidity_date),
        };
  return {
    serial: row.serial,
    issuer: row.issuer as IssuerRole,
    state: row.state as CertificateState,
    subject: row.subject,
    identities: JSON.parse(row.identities) as string[],
    notBefore: new Date(row.not_before),
    notAfter: new Date(row.not_after),
    keyFingerprint: row.key_fingerprint,
    requestedAt: new Date(row.requested_at),
    der: row.der === null ? undefined : new Uint8Array(row.der),
    revocation,
  };
}
