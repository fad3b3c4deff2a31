export type { TimestampTrust } from './authority.js';
export { ProvenTime, type TimeFinding, type TokenFinding } from './proven-time.js';
