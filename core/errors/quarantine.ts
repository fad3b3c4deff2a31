import { defineErrors } from './texts.js';

/** Causes around the model store, quarantine and the audit log. */
export const quarantineErrors = defineErrors({
  ERR_STORAGE_UNTRUSTED: {
    kind: 'refused',
    say: (d: { path: string; resolved: string }) =>
      `${d.path} lies outside the trusted storage (it resolves to ${d.resolved})`,
    hint: 'Move the model into a trusted storage path, or add its real folder to the trusted paths.',
  },
  ERR_QUARANTINE_UNSETTLED: {
    kind: 'refused',
    say: (d: { id: string }) => `the entry ${d.id} was being moved when its process ended`,
    hint: 'Run modelseal quarantine settle, which finishes inside the quarantine and says what is left outside.',
  },
  ERR_QUARANTINE_ENTRY_UNKNOWN: {
    kind: 'not-found',
    say: (d: { id: string }) => `there is no quarantine entry ${d.id}`,
    hint: 'Use "modelseal quarantine list" to see the entries; an identifier may be shortened while it stays unique.',
  },
  ERR_QUARANTINE_ENTRY_AMBIGUOUS: {
    kind: 'usage',
    say: (d: { id: string; matches: number }) => `${d.id} stands for ${d.matches} quarantine entries`,
    hint: 'Give more characters of the identifier.',
  },
  ERR_QUARANTINE_RECORD_DAMAGED: {
    kind: 'unchecked',
    say: (d: { id: string; problem: string }) =>
      `the incident report of quarantine entry ${d.id} is damaged: ${d.problem}`,
    hint: 'The quarantined content is untouched. Look at the folder by hand before purging it.',
  },
  ERR_QUARANTINE_COPY: {
    kind: 'unchecked',
    say: (d: { file: string; problem: string }) =>
      `the copy into another file system failed at ${d.file}: ${d.problem}`,
    hint: 'The original is untouched. Choose a quarantine on the same file system, or free space there.',
  },
  ERR_RESTORE_TARGET_EXISTS: {
    kind: 'usage',
    say: (d: { path: string }) => `${d.path} exists; restoring would overwrite it`,
    hint: 'Restore to another place with --to, or move the existing one away first.',
  },
  ERR_AUDIT_BROKEN: {
    kind: 'refused',
    say: (d: { file: string; line: number; problem: string }) =>
      `the audit log ${d.file} does not hold together at line ${d.line}: ${d.problem}`,
    hint: 'Someone or something changed the log. Compare it with a copy, and treat events after that line as unproven.',
  },
  ERR_AUDIT_HEAD: {
    kind: 'refused',
    say: (d: { file: string; expected: string; found: string }) =>
      `the audit log ${d.file} does not contain the expected head ${d.expected} (its last entry is ${d.found})`,
    hint: 'Entries were removed from the end, or the head was taken from another log.',
  },
  ERR_AUDIT_INTENT: {
    kind: 'unchecked',
    say: (d: { event: string; file: string; reason: string }) =>
      `${d.event} was not begun: the audit log ${d.file} does not take its record (${d.reason})`,
    hint: 'Nothing was changed. Make room for the log, mend it or name another; what cannot be recorded is not done.',
  },
  ERR_AUDIT_OUTCOME: {
    kind: 'unchecked',
    say: (d: { event: string; file: string; reason: string; outcome: string }) =>
      `${d.event} ended (${d.outcome}), and the audit log ${d.file} did not take the record of it (${d.reason})`,
    hint: 'The log shows an act without an end. Look at the state itself, such as with modelseal ca list, before you repeat anything.',
  },
  ERR_AUDIT_REQUIRED: {
    kind: 'refused',
    say: (d: { file: string; reason: string }) =>
      `the audit log ${d.file} takes no entry, and without one nothing may be done: ${d.reason}`,
    hint: 'Mend the log or name another; --audit-required makes the entry a condition. What the log says has begun and not ended was stopped by this.',
  },
  ERR_AUDIT_LOCKED: {
    kind: 'unchecked',
    say: (d: { file: string; owner: string }) => `the audit log ${d.file} is locked by process ${d.owner}`,
    hint: 'Wait for that process. If it no longer runs, the lock is removed automatically at the next attempt.',
  },
});
