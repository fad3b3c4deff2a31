import { randomBytes } from 'node:crypto';
import { isModelsealError, ModelsealError } from '../errors/index.js';
import { hostName, userName } from '../machine.js';
import type { AuditData, AuditEvent } from './entry.js';
import type { AuditLog } from './log.js';

/** Something that must not happen unrecorded. */
export interface AuditAct {
  readonly event: AuditEvent;
  /** What is about to be done, and why; never key material. */
  readonly intent: AuditData;
}

/**
 * Does `work` between two entries: the intent before, the outcome after it, whatever it is. They share a number, so
 * that an act without an end is found.
 *
 * @returns What `work` returned; its `record` is part of the outcome.
 * @throws {ModelsealError} `ERR_AUDIT_INTENT` before anything was done, `ERR_AUDIT_OUTCOME` after it, what `work` throws
 */
export async function recordAct<T extends { readonly record: AuditData }>(
  log: AuditLog,
  { event, intent }: AuditAct,
  now: () => Date,
  work: () => Promise<T>,
): Promise<T> {
  const act = randomBytes(8).toString('hex');
  try {
    log.append(event, { phase: 'intent', act, operator: operator(), ...intent }, now());
  } catch (error) {
    throw new ModelsealError('ERR_AUDIT_INTENT', { event, ...reasonOf(log, error) }, { cause: error });
  }
  const end = (outcome: string, data: AuditData): void => {
    try {
      log.append(event, { phase: 'outcome', act, outcome, ...data }, now());
    } catch (error) {
      const lost = { event, outcome, ...reasonOf(log, error) };
      throw new ModelsealError('ERR_AUDIT_OUTCOME', lost, { cause: error });
    }
  };
  let done: T;
  try {
    done = await work();
  } catch (error) {
    if (isModelsealError(error)) end(error.kind, { code: error.code, problem: error.message });
    else end('unchecked', { problem: String(error) });
    throw error;
  }
  end('accepted', done.record);
  return done;
}

/** Who acts, and where; the name alone means another person on another machine. */
const operator = (): AuditData => ({
  user: userName(),
  uid: process.getuid?.(),
  host: hostName(),
  process: process.pid,
});

function reasonOf(log: AuditLog, error: unknown): { file: string; reason: string } {
  return { file: log.file, reason: error instanceof Error ? error.message : String(error) };
}
