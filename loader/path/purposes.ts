/** What the leaf of a path shall be used for. `any` asks nothing of extKeyUsage. */
export const PURPOSES = [
  'code-signing',
  'any',
  'time-stamping',
  'ocsp-signing',
  'server-auth',
  'client-auth',
  'email-protection',
] as const;
export type Purpose = (typeof PURPOSES)[number];
