export { claimedSigners } from './claimed.js';
export type { Incident, QuarantinedFile, QuarantineReason, QuarantineState, SettledEntry } from './entry.js';
export { Quarantine, type QuarantineRequest } from './quarantine.js';
export { DEFAULT_STORE, requireTrustedStorage } from './storage.js';
