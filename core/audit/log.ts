import { createHash } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { ModelsealError } from '../errors/index.js';
import { makeFolders, openRegular } from '../files.js';
import { type OpenIntent, OpenIntents } from './open-intents.js';
import { type AuditData, type AuditEntry, type AuditEvent, GENESIS, hashEntry } from './entry.js';
import { withLock } from './lock.js';

/** An entry holds names, codes and digests; one larger than this is damaged or hostile. */
const MAX_ENTRY = 4 * 1024 * 1024;

/**
 * An append-only log of JSON lines in which every entry carries the hash of the one before.
 *
 * Changing or removing an entry breaks the chain at that place. Removing entries from the end does not: keep the
 * head ({@link AuditLog.append} returns it) elsewhere and give it to {@link verifyAuditLog}.
 */
export class AuditLog {
  readonly file: string;
  readonly #actor: string;

  /** @param actor Account name recorded with every entry. */
  constructor(file: string, actor: string) {
    this.file = file;
    this.#actor = actor;
  }

  /**
   * Appends one entry and makes it durable before returning.
   * A line left unfinished by a process that was killed is kept and accounted for by an `audit.torn` entry.
   *
   * @throws {ModelsealError} `ERR_AUDIT_BROKEN` when the last entry is not intact, `ERR_AUDIT_LOCKED`, `ERR_FILE_UNWRITABLE`
   */
  append(event: AuditEvent, data: AuditData, at: Date): AuditEntry {
    try {
      makeFolders(dirname(this.file));
      return withLock(this.file, () => this.#append(event, data, at));
    } catch (error) {
      if (error instanceof ModelsealError) throw error;
      const reason = (error as NodeJS.ErrnoException).code ?? String(error);
      throw new ModelsealError('ERR_FILE_UNWRITABLE', { file: this.file, reason }, { cause: error });
    }
  }

  #append(event: AuditEvent, data: AuditData, at: Date): AuditEntry {
    const fd = openSync(this.file, 'a+', 0o640);
    try {
      const tail = readTail(fd, this.file);
      let { last } = tail;
      if (tail.torn.length > 0) {
        writeSync(fd, '\n');
        const sha256 = createHash('sha256').update(tail.torn).digest('hex');
        last = this.#write(fd, last, 'audit.torn', { sha256, bytes: tail.torn.length }, at);
      }
      const entry = this.#write(fd, last, event, data, at);
      fsyncSync(fd);
      return entry;
    } finally {
      closeSync(fd);
    }
  }

  #write(fd: number, last: AuditEntry | undefined, event: AuditEvent, data: AuditData, at: Date): AuditEntry {
    const fields = {
      sequence: (last?.sequence ?? 0) + 1,
      time: at.toISOString(),
      event,
      actor: this.#actor,
      // Through JSON once, so that what is hashed is what a reader will parse.
      data: JSON.parse(JSON.stringify(data)) as AuditData,
      previous: last?.hash ?? GENESIS,
    };
    const entry: AuditEntry = { ...fields, hash: hashEntry(fields) };
    const line = Buffer.from(`${JSON.stringify(entry)}\n`);
    for (let written = 0; written < line.length; ) written += writeSync(fd, line, written);
    return entry;
  }
}

/** Finds the last complete line and whatever follows it without a line end. */
function readTail(fd: number, file: string): { last: AuditEntry | undefined; torn: Buffer } {
  const { size } = fstatSync(fd);
  const length = Math.min(size, 2 * MAX_ENTRY);
  const bytes = Buffer.alloc(length);
  readSync(fd, bytes, 0, length, size - length);
  const end = bytes.lastIndexOf(0x0a);
  const torn = bytes.subarray(end + 1);
  if (end < 0) return { last: undefined, torn };
  const line = bytes.subarray(bytes.lastIndexOf(0x0a, end - 1) + 1, end);
  return { last: parseEntry(line, file, 0), torn };
}

/** What a whole log says when it holds together. */
export interface AuditSummary {
  readonly entries: number;
  /** Hash of the last entry; the genesis value for an empty log. */
  readonly head: string;
  readonly first: string | undefined;
  readonly last: string | undefined;
  /** Lines left unfinished by killed processes, each accounted for. */
  readonly torn: number;
  /** Acts that have begun and not ended: they go on still, or were stopped from outside. */
  readonly open: readonly OpenIntent[];
}

/**
 * Checks the whole chain.
 *
 * @param expectedHead A head kept elsewhere; it must still be in the log.
 * @throws {ModelsealError} `ERR_AUDIT_BROKEN` with the first line that does not fit, `ERR_AUDIT_HEAD`, `ERR_FILE_NOT_FOUND`
 */
export function verifyAuditLog(file: string, expectedHead?: string): AuditSummary {
  let previous: AuditEntry | undefined;
  let first: string | undefined;
  let pendingTorn: string | undefined;
  let torn = 0;
  let seen = expectedHead === undefined || expectedHead === GENESIS;
  let number = 0;
  const intents = new OpenIntents();
  for (const line of lines(file)) {
    number++;
    const broken = (problem: string): never => {
      throw new ModelsealError('ERR_AUDIT_BROKEN', { file, line: number, problem });
    };
    const entry = tryParse(line);
    if (pendingTorn !== undefined) {
      if (entry?.event !== 'audit.torn' || entry.data.sha256 !== pendingTorn)
        broken('an unfinished line is not accounted for');
      pendingTorn = undefined;
      torn++;
    } else if (entry === undefined) {
      pendingTorn = createHash('sha256').update(line).digest('hex');
      continue;
    }
    if (entry === undefined) return broken('not an entry');
    if (entry.sequence !== (previous?.sequence ?? 0) + 1)
      broken(`sequence number ${entry.sequence} is out of order`);
    if (entry.previous !== (previous?.hash ?? GENESIS)) broken('it does not continue the entry before');
    if (entry.hash !== hashEntry(entry)) broken('its content does not match its hash');
    if (!asWritten(entry, line)) broken('something was added that no hash covers');
    if (entry.hash === expectedHead) seen = true;
    intents.take(entry);
    first ??= entry.time;
    previous = entry;
  }
  if (pendingTorn !== undefined) torn++;
  const head = previous?.hash ?? GENESIS;
  if (!seen) throw new ModelsealError('ERR_AUDIT_HEAD', { file, expected: expectedHead ?? '', found: head });
  return { entries: previous?.sequence ?? 0, head, first, last: previous?.time, torn, open: intents.open };
}

/** True for a line that holds the fields of an entry and nothing else, to the byte. */
function asWritten(entry: AuditEntry, line: Buffer): boolean {
  const { sequence, time, event, actor, data, previous, hash } = entry;
  return JSON.stringify({ sequence, time, event, actor, data, previous, hash }) === line.toString('utf8');
}

/** The entries of a log, oldest first, each checked for its own hash; for showing, not for proving. */
export function* readAuditLog(file: string): Generator<AuditEntry> {
  for (const line of lines(file)) {
    const entry = tryParse(line);
    if (entry) yield entry;
  }
}

function* lines(file: string): Generator<Buffer> {
  const fd = openRegular(file, 'audit log');
  try {
    const chunk = Buffer.alloc(1 << 20);
    let rest = Buffer.alloc(0);
    for (let n = readSync(fd, chunk); n > 0; n = readSync(fd, chunk)) {
      rest = Buffer.concat([rest, chunk.subarray(0, n)]);
      for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a)) {
        yield rest.subarray(0, end);
        rest = rest.subarray(end + 1);
      }
      if (rest.length > MAX_ENTRY)
        throw new ModelsealError('ERR_AUDIT_BROKEN', { file, line: 0, problem: 'a line without end' });
    }
    if (rest.length > 0) yield rest;
  } finally {
    closeSync(fd);
  }
}

function parseEntry(line: Buffer, file: string, number: number): AuditEntry {
  const entry = tryParse(line);
  if (entry === undefined || entry.hash !== hashEntry(entry)) {
    throw new ModelsealError('ERR_AUDIT_BROKEN', {
      file,
      line: number,
      problem: 'the last entry is not intact',
    });
  }
  return entry;
}

function tryParse(line: Buffer): AuditEntry | undefined {
  try {
    const value = JSON.parse(line.toString('utf8')) as Partial<AuditEntry> | null;
    return value !== null &&
      typeof value === 'object' &&
      typeof value.hash === 'string' &&
      typeof value.data === 'object'
      ? (value as AuditEntry)
      : undefined;
  } catch {
    return undefined;
  }
}
