import type { ErrorRecord } from '../../core/errors/index.js';
import type { Report } from '../../core/report/index.js';

/** Why something was quarantined. */
export type QuarantineReason =
  | 'signature-missing'
  | 'signature-refused'
  | 'integrity-mismatch'
  | 'threat'
  | 'load-failed'
  | 'operator';

/** Where the content of an entry is; a killed process leaves `moving` or `restoring`, which `settle` finishes. */
export type QuarantineState =
  /** The record is written; the move has not been confirmed. */
  | 'moving'
  /** The content is in quarantine. */
  | 'held'
  /** Leaving: `movedTo` names where to. */
  | 'restoring'
  | 'restored';

/** One regular file or link of the quarantined content. */
export interface QuarantinedFile {
  /** POSIX path relative to the content's folder; the bare name for a single file. */
  readonly name: string;
  readonly size: number;
  /** SHA-256, hexadecimal; of the link's target text for a symbolic link. */
  readonly sha256: string;
  readonly link?: true;
}

/** The incident report: enough to reconstruct from it alone what happened. JSON-able as it stands. */
export interface Incident {
  readonly format: 'modelseal-incident/1';
  readonly id: string;
  readonly state: QuarantineState;
  /** ISO 8601, UTC. */
  readonly quarantinedAt: string;
  readonly quarantinedBy: {
    readonly user: string;
    readonly host: string;
    readonly process: number;
    readonly version: string;
  };
  /** Absolute, links of its parents resolved. */
  readonly originalPath: string;
  readonly kind: 'file' | 'folder';
  readonly reason: QuarantineReason;
  /** One sentence for people. */
  readonly summary: string;
  readonly errors: readonly ErrorRecord[];
  /** Identities the signature claimed, proven or not: the report says which. */
  readonly signerClaimed: readonly string[];
  /** The full report of the check that led here, where there was one. */
  readonly report?: Report;
  /** Digests of the content as it lies in quarantine, taken after the move. */
  readonly files?: readonly QuarantinedFile[];
  /** Set when only part of the content could be listed. */
  readonly filesIncomplete?: string;
  /** Why the original is still where it was, beside the copy in here. */
  readonly originalRemains?: string;
  /** Why the content in here could not be made read-only. */
  readonly writable?: string;
  /** Process that moves the content, while it does. */
  readonly mover?: number;
  readonly movedTo?: string;
  /** ISO 8601, UTC. */
  readonly restoredAt?: string;
}

/** What became of an entry whose process had ended in the middle of a move. */
export interface SettledEntry {
  readonly id: string;
  /** `removed`: its content had never arrived. */
  readonly state: 'held' | 'restored' | 'removed';
  /** A place outside of the store where content may be; nothing there was touched. */
  readonly outside?: string;
}
