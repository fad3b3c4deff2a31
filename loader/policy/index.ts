export { parsePolicy, readPolicy } from './document.js';
export { type Audited, type Demands, POLICY_CHECKS, type PolicyCheck, type SignerRule } from './fields.js';
export { type PolicyFields, TrustPolicy } from './policy.js';
export type { PolicyRule } from './rule.js';
export { type PolicyScope, type PolicySubject, scopeSentence } from './scope.js';
