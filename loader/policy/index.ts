export { parsePolicy, readPolicy } from './document.js';
export { type PolicyFields, type RevocationMode, type SignerRule, TrustPolicy } from './policy.js';
