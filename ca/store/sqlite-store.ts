import { existsSync } from 'node:fs';
import type { Kysely } from 'kysely';
import { ModelsealError } from '../../core/errors/index.js';
import { DEVELOPER_BACKDATE_MS } from '../profile.js';
import type { RevocationReason } from '../reasons.js';
import { ENTRY_AGREES, requireConsistent } from './consistency.js';
import { type Access, type Connection, createDatabase, guarded, openDatabase } from './database.js';
import { GroupCommit } from './group-commit.js';
import {
  advanceClock,
  LAST_BACKUP,
  LATEST_TIME,
  refuseKey,
  setText,
  setTime,
  settingTime,
  withoutKind,
} from './rules.js';
import type { Tables } from './schema.js';
import {
  type CaStore,
  type CertificatePage,
  type CertificateRecord,
  type CertificateState,
  type Chores,
  type CrlSnapshot,
  type EncodeEntry,
  type Ending,
  type FoundCertificate,
  type IssuedDer,
  type IssuerId,
  type LastCrl,
  type ListFilter,
  MAX_LISTED,
  type PendingCertificate,
  type Revocation,
  type Selection,
} from './store.js';

/** Rows per piece of a CRL: large enough that calls do not count, small enough that a piece stays under 2 MiB. */
const CRL_PIECE = 20_000;

const INSERT_CERTIFICATE = `INSERT INTO certificate
  (serial, issuer, subject, not_before, not_after, key_fingerprint, requested_at, der)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`;
const INSERT_IDENTITY = 'INSERT INTO identity (certificate, position, value) VALUES (?, ?, ?)';
const UPDATE_ISSUED = 'UPDATE certificate SET der = ? WHERE serial = ? AND der IS NULL';
const INSERT_REVOCATION = `INSERT INTO revocation (serial, issuer, revoked_at, reason, invalidity_date, entry)
  SELECT serial, issuer, ?, ?, ?, ? FROM certificate WHERE serial = ?`;
const BLOCK_KEY = 'INSERT OR IGNORE INTO blocked_key (fingerprint, blocked_at) VALUES (?, ?)';
const LIVE_OF_KEY = `SELECT serial FROM certificate LEFT JOIN revocation USING (serial)
  WHERE key_fingerprint = ? AND (revocation.id IS NULL OR reason <> 'keyCompromise') ORDER BY certificate.id`;
const NEXT_CRL = `INSERT INTO crl_number (issuer, last, this_update, next_update) VALUES (?, 1, ?, ?)
  ON CONFLICT (issuer) DO UPDATE SET last = last + 1, this_update = max(this_update, excluded.this_update),
    next_update = excluded.next_update
  RETURNING last, this_update`;
const RAISE_CRL = `INSERT INTO crl_number (issuer, last, this_update, next_update) VALUES (?, ?, ?, ?)
  ON CONFLICT (issuer) DO UPDATE SET last = excluded.last, next_update = excluded.next_update,
    this_update = max(this_update, excluded.this_update) WHERE excluded.last > last`;
// The database concatenates: fetching a million rows one by one would cost a second of calls. hex(), because
// group_concat joins text.
const CRL_ENTRIES = `SELECT count(*) AS rows, max(id) AS last, group_concat(hex(entry), '') AS entries,
  coalesce(sum(agrees), 0) AS agreeing
  FROM (SELECT id, entry, ${ENTRY_AGREES} AS agrees
    FROM revocation WHERE issuer = ? AND id > ? ORDER BY id LIMIT ${CRL_PIECE})`;

// A developer is followed by a certificate of one of the same identities, a time-stamp authority by one of its name.
const ENDING = `SELECT * FROM record WHERE state = 'issued' AND issuer <> 'root' AND not_after >= ?
  AND not_after < CASE identities WHEN '[]' THEN ? ELSE ? END
  AND NOT EXISTS (
    SELECT 1 FROM identity AS mine JOIN identity AS theirs USING (value) JOIN record AS later ON later.id = theirs.certificate
    WHERE mine.certificate = record.id AND later.state = 'issued' AND later.not_after > record.not_after)
  AND (identities <> '[]' OR NOT EXISTS (
    SELECT 1 FROM record AS later WHERE later.subject = record.subject AND later.identities = '[]'
      AND later.state = 'issued' AND later.not_after > record.not_after))
  ORDER BY identities <> '[]', not_after LIMIT ${MAX_LISTED}`;
const INTERRUPTED = `SELECT * FROM record WHERE state = 'pending' AND requested_at < ? ORDER BY id LIMIT ${MAX_LISTED}`;

const ACTIVE_ISSUING = 'active_issuing';
const restored = (issuer: IssuerId): string => `restored:${issuer}`;

export interface StoreOptions {
  readonly access?: Access | undefined;
  /** Write although the time lies before what was written last. */
  readonly acceptClock?: boolean | undefined;
}

/**
 * The embedded store: SQLite through libsql. Writes are prepared statements in short synchronous transactions that
 * begin with the write lock; reading queries go through kysely, which never sees a transaction half-way.
 */
export class SqliteStore implements CaStore {
  readonly profile: unknown;
  readonly #file: string;
  readonly #db: Connection;
  readonly #options: StoreOptions;
  readonly #pending: GroupCommit<{ readonly certificate: PendingCertificate; readonly reuseKey: boolean }>;
  readonly #issued: GroupCommit<IssuedDer>;
  #reader: Promise<Kysely<Tables>> | undefined;

  private constructor(file: string, db: Connection, options: StoreOptions) {
    this.#file = file;
    this.#db = db;
    this.#options = options;
    const row = db.prepare(`SELECT value FROM setting WHERE name = 'profile'`).get() as
      | { value: string }
      | undefined;
    this.profile = row === undefined ? undefined : JSON.parse(row.value);
    this.#pending = new GroupCommit((items) =>
      this.#write(() => {
        for (const { certificate, reuseKey } of items) {
          this.#advance(certificate.requestedAt);
          refuseKey(db, certificate, reuseKey);
          this.#insert(certificate, undefined);
        }
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
  static open(file: string, options: StoreOptions = {}): SqliteStore {
    if (!existsSync(file)) throw new ModelsealError('ERR_FILE_NOT_FOUND', { file, what: 'database' });
    const db = openDatabase(file, options.access);
    return guarded(file, () => new SqliteStore(file, db, options));
  }

  /** Fills an empty database file; the caller has created it, with the permissions that it shall have. */
  static create(file: string, profile: object): SqliteStore {
    const db = createDatabase(file);
    return guarded(file, () => {
      db.prepare(`INSERT INTO setting (name, value) VALUES ('profile', ?)`).run(JSON.stringify(profile));
      return new SqliteStore(file, db, {});
    });
  }

  get activeIssuing(): IssuerId {
    const row = guarded(this.#file, () =>
      this.#db.prepare('SELECT value FROM setting WHERE name = ?').get(ACTIVE_ISSUING),
    ) as { value: IssuerId } | undefined;
    return row?.value ?? 'issuing';
  }

  async activateIssuing(issuer: IssuerId): Promise<void> {
    this.#write(() => setText(this.#db, ACTIVE_ISSUING, issuer));
  }

  recordPending(certificate: PendingCertificate, reuseKey = false): Promise<void> {
    return this.#pending.add({ certificate, reuseKey });
  }

  recordIssued(issued: IssuedDer): Promise<void> {
    return this.#issued.add(issued);
  }

  async importFound(
    { certificate, der, revocation }: FoundCertificate,
    encode: EncodeEntry,
  ): Promise<boolean> {
    const { serial } = certificate;
    return this.#write(() => {
      let isNew = false;
      const known = this.#db.prepare('SELECT der FROM certificate WHERE serial = ?').get(serial) as
        | { der: Uint8Array | null }
        | undefined;
      if (known === undefined) {
        this.#insert(certificate, der);
        isNew = true;
      } else if (known.der === null && der !== undefined) {
        this.#complete(certificate, der);
        isNew = true;
      }
      if (revocation !== undefined && !this.#isRevoked(serial)) {
        this.#insertRevocation(serial, revocation, encode);
        isNew = true;
      }
      // A compromised key stays blocked, whichever of certificate and list was found first.
      this.#db
        .prepare(
          `INSERT OR IGNORE INTO blocked_key SELECT key_fingerprint, revoked_at FROM record
            WHERE serial = ? AND reason = 'keyCompromise' AND key_fingerprint <> ''`,
        )
        .run(serial);
      return isNew;
    });
  }

  async find(serial: string): Promise<CertificateRecord | undefined> {
    const rows = await this.#select((query) => query.where('serial', '=', serial));
    return rows[0]?.record;
  }

  async findByKey(fingerprint: string): Promise<CertificateRecord[]> {
    const rows = await this.#select((query) =>
      query.where('key_fingerprint', '=', fingerprint).orderBy('id'),
    );
    return rows.map(({ record }) => record);
  }

  async list(filter: ListFilter): Promise<CertificatePage> {
    const { state, text, after } = filter;
    const limit = Math.min(filter.limit ?? MAX_LISTED, MAX_LISTED);
    const rows = await this.#select((query) => {
      let narrowed = selected(query, filter)
        .orderBy('id', 'desc')
        .limit(limit + 1);
      if (after !== undefined) narrowed = narrowed.where('id', '<', cursor(after));
      if (state !== undefined) narrowed = narrowed.where('state', '=', state);
      if (text !== undefined) {
        // instr and not LIKE: an identity may well contain % or _.
        narrowed = narrowed.where((where) =>
          where.or([
            where(where.fn<number>('instr', ['subject', where.val(text)]), '>', 0),
            where(
              'id',
              'in',
              where
                .selectFrom('identity')
                .select('certificate')
                .where((inner) => inner(inner.fn<number>('instr', ['value', inner.val(text)]), '>', 0)),
            ),
          ]),
        );
      }
      return narrowed;
    });
    const records = rows.slice(0, limit).map(({ record }) => record);
    const last = rows[limit - 1];
    return rows.length > limit && last !== undefined ? { records, next: String(last.id) } : { records };
  }

  async count(): Promise<Record<CertificateState, number>> {
    const counts: Record<CertificateState, number> = { pending: 0, issued: 0, revoked: 0 };
    const rows = guarded(this.#file, () =>
      this.#db.prepare('SELECT state, count(*) AS n FROM record GROUP BY state').all(),
    ) as { state: CertificateState; n: number }[];
    for (const { state, n } of rows) counts[state] = n;
    return counts;
  }

  async revoke(serial: string, revocation: Revocation, encode: EncodeEntry): Promise<readonly string[]> {
    return this.#write(() => {
      const row = this.#db
        .prepare('SELECT key_fingerprint, revoked_at, reason FROM record WHERE serial = ?')
        .get(serial) as
        | { key_fingerprint: string; revoked_at: number | null; reason: string | null }
        | undefined;
      if (row === undefined) throw new ModelsealError('ERR_SERIAL_UNKNOWN', { serial });
      this.#advance(revocation.revokedAt);
      if (row.reason !== null && !isGraver(row.reason, revocation.reason)) {
        const revokedAt = new Date(row.revoked_at ?? 0).toISOString();
        throw new ModelsealError('ERR_ALREADY_REVOKED', { serial, revokedAt, reason: row.reason });
      }
      return this.#revoke(serial, row.key_fingerprint, revocation, encode);
    });
  }

  async live(selection: Selection): Promise<readonly CertificateRecord[]> {
    return (await this.#select((query) => liveOnes(query, selection))).map(({ record }) => record);
  }

  async revokeAll(
    selection: Selection,
    revocation: Revocation,
    encode: EncodeEntry,
  ): Promise<readonly string[]> {
    this.#reader ??= openReader(this.#db);
    // The same query as for looking, run inside of the transaction that revokes.
    const { sql, parameters } = liveOnes(records(await this.#reader), selection).compile();
    return this.#write(() => {
      this.#advance(revocation.revokedAt);
      const rows = this.#db.prepare(sql).all(...parameters) as Tables['record'][];
      return rows.flatMap(({ serial, key_fingerprint: key }) =>
        // One of the same compromised key may have taken it along.
        this.#isRevoked(serial) ? [] : this.#revoke(serial, key, revocation, encode),
      );
    });
  }

  async blockKey(
    fingerprint: string,
    revocation: Revocation,
    encode: EncodeEntry,
  ): Promise<readonly string[]> {
    return this.#write(() => {
      this.#advance(revocation.revokedAt);
      return this.#compromise(fingerprint, revocation, encode);
    });
  }

  async isRevoked(serial: string): Promise<boolean> {
    return guarded(this.#file, () => this.#isRevoked(serial));
  }

  async lastCrlNumber(issuer: IssuerId): Promise<number> {
    return guarded(this.#file, () => {
      const row = this.#db.prepare('SELECT last FROM crl_number WHERE issuer = ?').get(issuer);
      return (row as { last: number } | undefined)?.last ?? 0;
    });
  }

  async lastCrls(): Promise<readonly LastCrl[]> {
    const rows = guarded(this.#file, () =>
      this.#db.prepare('SELECT * FROM crl_number WHERE next_update > 0').all(),
    ) as { issuer: IssuerId; this_update: number; next_update: number }[];
    return rows.map((row) => ({
      issuer: row.issuer,
      thisUpdate: new Date(row.this_update),
      nextUpdate: new Date(row.next_update),
    }));
  }

  async raiseCrlNumber(
    issuer: IssuerId,
    number: number,
    { thisUpdate, nextUpdate }: Omit<LastCrl, 'issuer'>,
  ): Promise<void> {
    this.#write(() => {
      this.#db.prepare(RAISE_CRL).run(issuer, number, thisUpdate.getTime(), nextUpdate.getTime());
      this.#db.prepare('DELETE FROM setting WHERE name = ?').run(restored(issuer));
    });
  }

  async markRestored(at: Date): Promise<void> {
    this.#write(() => {
      const issuers = this.#db.prepare('SELECT issuer FROM crl_number').all() as { issuer: IssuerId }[];
      for (const { issuer } of issuers) setTime(this.#db, restored(issuer), at);
    });
  }

  async awaitsList(issuer: IssuerId): Promise<boolean> {
    return guarded(this.#file, () => settingTime(this.#db, restored(issuer)) !== undefined);
  }

  async crlSnapshot(
    issuer: IssuerId,
    { at, wanted, nextUpdate }: { readonly at: Date; readonly wanted: Date; readonly nextUpdate: Date },
  ): Promise<CrlSnapshot> {
    return this.#write(() => {
      this.#advance(at);
      const newest = this.#db
        .prepare('SELECT max(revoked_at) AS at FROM revocation WHERE issuer = ?')
        .get(issuer) as { at: number | null };
      const { last: number, this_update: thisUpdate } = this.#db
        .prepare(NEXT_CRL)
        .get(issuer, Math.max(wanted.getTime(), newest.at ?? 0), nextUpdate.getTime()) as {
        last: number;
        this_update: number;
      };
      const statement = this.#db.prepare(CRL_ENTRIES);
      const pieces: Uint8Array[] = [];
      let count = 0;
      for (let after = 0; ; ) {
        const piece = statement.get(issuer, after) as {
          rows: number;
          last: number;
          entries: string;
          agreeing: number;
        };
        if (piece.rows === 0) break;
        if (piece.agreeing !== piece.rows) {
          const problem = 'a CRL entry does not say what its revocation says';
          throw new ModelsealError('ERR_CA_RECORDS', { file: this.#file, problem });
        }
        pieces.push(Buffer.from(piece.entries, 'hex'));
        after = piece.last;
        count += piece.rows;
      }
      return { number, thisUpdate: new Date(thisUpdate), pieces, count };
    });
  }

  async chores(ending: Ending, begunBefore: Date): Promise<Chores> {
    return guarded(this.#file, () => {
      const select = (sql: string, ...times: readonly Date[]): CertificateRecord[] =>
        (this.#db.prepare(sql).all(...times.map((time) => time.getTime())) as Tables['record'][]).map(
          toRecord,
        );
      return {
        ending: select(ENDING, ending.from, ending.tsasUntil, ending.developersUntil),
        interrupted: select(INTERRUPTED, begunBefore),
        lastBackup: settingTime(this.#db, LAST_BACKUP),
        lastChange: settingTime(this.#db, LATEST_TIME),
      };
    });
  }

  async recordBackup(at: Date): Promise<void> {
    this.#write(() => setTime(this.#db, LAST_BACKUP, at));
  }

  async requireConsistent(): Promise<void> {
    guarded(this.#file, () => requireConsistent(this.#db, this.#file));
  }

  /** Writes the whole database into a new file; how an authority that was made in memory reaches the disk. */
  copyTo(file: string): void {
    guarded(file, () => this.#db.prepare('VACUUM INTO ?').run(file));
  }

  async close(): Promise<void> {
    // What is committed moves from the log into the file itself, so that a plain copy of the file is whole.
    if (this.#options.access !== 'read') this.#db.pragma('wal_checkpoint(TRUNCATE)');
    this.#db.close();
  }

  #write<T>(work: () => T): T {
    return guarded(this.#file, () => this.#db.transaction(work).immediate() as T);
  }

  #advance(at: Date): void {
    advanceClock(this.#db, at, this.#options.acceptClock === true);
  }

  #insert(c: PendingCertificate, der: Uint8Array | undefined): void {
    try {
      const { id } = this.#db
        .prepare(INSERT_CERTIFICATE)
        .get(
          c.serial,
          c.issuer,
          c.subject,
          c.notBefore.getTime(),
          c.notAfter.getTime(),
          c.keyFingerprint,
          c.requestedAt.getTime(),
          der === undefined ? null : Buffer.from(der),
        ) as { id: number };
      this.#insertIdentities(id, c.identities);
    } catch (error) {
      if (String((error as Error).message).includes('UNIQUE constraint failed')) {
        throw new ModelsealError('ERR_CA_SERIAL_COLLISION', { serial: c.serial }, { cause: error });
      }
      throw error;
    }
  }

  #insertIdentities(id: number, identities: readonly string[]): void {
    const insert = this.#db.prepare(INSERT_IDENTITY);
    for (const [position, value] of identities.entries()) insert.run(id, position, value);
  }

  /** Fills in a row of which only the serial number was known. */
  #complete(c: PendingCertificate, der: Uint8Array): void {
    const { id } = this.#db.prepare('SELECT id FROM certificate WHERE serial = ?').get(c.serial) as {
      id: number;
    };
    this.#db.prepare('DELETE FROM identity WHERE certificate = ?').run(id);
    this.#db
      .prepare(
        'UPDATE certificate SET subject = ?, not_before = ?, not_after = ?, key_fingerprint = ?, der = ? WHERE id = ?',
      )
      .run(c.subject, c.notBefore.getTime(), c.notAfter.getTime(), c.keyFingerprint, Buffer.from(der), id);
    this.#insertIdentities(id, c.identities);
  }

  #isRevoked(serial: string): boolean {
    return this.#db.prepare('SELECT 1 AS yes FROM revocation WHERE serial = ?').get(serial) !== undefined;
  }

  #insertRevocation(serial: string, revocation: Revocation, encode: EncodeEntry): void {
    this.#db.prepare('DELETE FROM revocation WHERE serial = ?').run(serial);
    const { revokedAt, reason, invalidityDate } = revocation;
    this.#db
      .prepare(INSERT_REVOCATION)
      .run(
        revokedAt.getTime(),
        reason,
        invalidityDate?.getTime() ?? null,
        Buffer.from(encode(serial, revocation)),
        serial,
      );
  }

  #revoke(serial: string, key: string, revocation: Revocation, encode: EncodeEntry): string[] {
    this.#insertRevocation(serial, revocation, encode);
    if (revocation.reason !== 'keyCompromise' || key === '') return [serial];
    return [serial, ...this.#compromise(key, revocation, encode)];
  }

  #compromise(fingerprint: string, revocation: Revocation, encode: EncodeEntry): string[] {
    this.#db.prepare(BLOCK_KEY).run(fingerprint, revocation.revokedAt.getTime());
    const rows = this.#db.prepare(LIVE_OF_KEY).all(fingerprint) as { serial: string }[];
    for (const { serial } of rows) this.#insertRevocation(serial, revocation, encode);
    return rows.map(({ serial }) => serial);
  }

  async #select(
    narrow: (query: ReturnType<typeof records>) => ReturnType<typeof records>,
  ): Promise<{ readonly id: number; readonly record: CertificateRecord }[]> {
    this.#reader ??= openReader(this.#db);
    const reader = await this.#reader;
    try {
      const rows = await narrow(records(reader)).execute();
      return rows.map((row) => ({ id: row.id, record: toRecord(row) }));
    } catch (error) {
      return guarded(this.#file, () => {
        throw error;
      });
    }
  }
}

/**
 * What may follow a revocation: a hold becomes final (RFC 5280 §5.3.1), and any reason gives way to the news that the
 * key is compromised.
 */
function isGraver(before: string, after: RevocationReason): boolean {
  return before !== 'keyCompromise' && (after === 'keyCompromise' || before === 'certificateHold');
}

function cursor(text: string): number {
  const id = Number(text);
  if (Number.isSafeInteger(id) && id > 0) return id;
  throw new ModelsealError('ERR_USAGE', { problem: `${text} is not where a page of this list ended` });
}

/** kysely takes 100 ms to load, and issuing never needs it. */
async function openReader(db: Connection): Promise<Kysely<Tables>> {
  const { Kysely, SqliteDialect } = await import('kysely');
  return new Kysely<Tables>({ dialect: new SqliteDialect({ database: db }) });
}

const records = (reader: Kysely<Tables>) => reader.selectFrom('record').selectAll();

type RecordQuery = ReturnType<typeof records>;

/** A certificate begins minutes before it is issued; this much later it was issued at the latest. */
const ISSUED_AFTER_START_MS = DEVELOPER_BACKDATE_MS + 1000;

function selected(query: RecordQuery, { identity, since, until, profile }: Selection): RecordQuery {
  let narrowed = query;
  if (identity !== undefined) {
    narrowed = narrowed.where('id', 'in', (where) =>
      where
        .selectFrom('identity')
        .select('certificate')
        .where('value', 'in', [identity, withoutKind(identity)]),
    );
  }
  for (const [bound, comparison] of [
    [since, '>='],
    [until, '<'],
  ] as const) {
    if (bound === undefined) continue;
    // What was recorded after the fact, from a file that was found, was issued when it begins.
    narrowed = narrowed.where((where) =>
      where(
        where.fn<number>('min', ['requested_at', where('not_before', '+', ISSUED_AFTER_START_MS)]),
        comparison,
        bound.getTime(),
      ),
    );
  }
  if (profile === undefined) return narrowed;
  narrowed = narrowed.where('issuer', profile === 'ca' ? '=' : '<>', 'root');
  if (profile === 'developer') return narrowed.where('identities', '<>', '[]');
  // Time-stamp authorities have no identity; neither has what is known from a list only.
  return profile === 'tsa' ? narrowed.where('identities', '=', '[]').where('der', 'is not', null) : narrowed;
}

const liveOnes = (query: RecordQuery, selection: Selection): RecordQuery =>
  selected(query, selection).where('state', '<>', 'revoked').where('issuer', '<>', 'root').orderBy('id');

function toRecord(row: Tables['record']): CertificateRecord {
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
    issuer: row.issuer as IssuerId,
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
