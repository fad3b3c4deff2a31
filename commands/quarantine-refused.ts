import { ERROR_TABLES } from '../core/errors/index.js';
import type { Report } from '../core/report/index.js';
import { type CommandContext, printable } from './terminal/index.js';
import type { Incident, QuarantineReason } from '../loader/store/index.js';
import type { QuarantineOn } from './options/quarantine.js';

/** Codes that say the bytes are not those that were signed. */
const INTEGRITY = new Set([
  'ERR_FILE_CHANGED',
  'ERR_FILE_MISSING',
  'ERR_FILE_UNSIGNED',
  'ERR_TREE_DIGEST',
  'ERR_RECORD_CHECKSUM',
  'ERR_RECORD_SIGNATURE',
]);

/**
 * Quarantines a refused model where the operator's choice covers the reason. It is a side effect: where it cannot be
 * carried out, that is said and recorded, and neither the verdict nor the other models are touched by it.
 *
 * @returns Identifier of the entry, or undefined where nothing was moved.
 */
export async function quarantineRefused(
  report: Report,
  folder: string,
  on: readonly QuarantineOn[],
  context: CommandContext,
): Promise<string | undefined> {
  const reason = reasonOf(report);
  if (reason === undefined || !on.includes(reason.choice)) return undefined;
  const { path, incident, problem } = await move(report, folder, reason.reason, context);
  const codes = report.errors.map((e) => e.code);
  if (incident === undefined) {
    context.output.warn(`not quarantined: ${printable(path)}: ${printable(problem ?? 'unknown')}`);
    await context.record('quarantine', 'unchecked', {
      path,
      reason: reason.reason,
      problem: problem ?? null,
      codes,
    });
    return undefined;
  }
  context.output.note(`quarantined as ${incident.id}`);
  for (const [what, why] of [
    ['the original is still there', incident.originalRemains],
    ['its content could not be made read-only', incident.writable],
  ] as const)
    if (why !== undefined) context.output.warn(`${incident.id}: ${what} (${why})`);
  await context.record('quarantine', 'accepted', {
    id: incident.id,
    path: incident.originalPath,
    reason: incident.reason,
    codes,
  });
  return incident.id;
}

async function move(
  report: Report,
  folder: string,
  reason: QuarantineReason,
  context: CommandContext,
): Promise<{ readonly path: string; readonly incident?: Incident; readonly problem?: string }> {
  const path = report.subject;
  try {
    const { claimedSigners, Quarantine } = await import('../loader/store/index.js');
    const incident = new Quarantine(folder).add({
      path,
      reason,
      summary: report.errors[0]?.message ?? `${report.threats.length} threat(s)`,
      errors: report.errors,
      signerClaimed: claimedSigners(path),
      report,
      at: context.now(),
    });
    return { path, incident };
  } catch (error) {
    return { path, problem: error instanceof Error ? error.message : String(error) };
  }
}

/** Codes of a runtime that could not open what was verified. */
const LOADING = new Set<string>(Object.keys(ERROR_TABLES.runtime));

/** The gravest reason first: a threat outweighs what the signature says. */
function reasonOf(report: Report): { choice: QuarantineOn; reason: QuarantineReason } | undefined {
  const codes = report.errors.filter((e) => e.kind === 'refused').map((e) => e.code);
  if (report.errors.some((e) => e.kind === 'threat')) return { choice: 'threat', reason: 'threat' };
  if (codes.some((code) => INTEGRITY.has(code))) return { choice: 'integrity', reason: 'integrity-mismatch' };
  if (codes.includes('ERR_MODEL_UNSIGNED')) return { choice: 'unsigned', reason: 'signature-missing' };
  if (report.errors.some((e) => LOADING.has(e.code))) return { choice: 'load', reason: 'load-failed' };
  if (codes.length > 0) return { choice: 'signature', reason: 'signature-refused' };
  return undefined;
}
