export { parsePolicy, readPolicy } from './document.js';
export { type PolicyFields, type SignerRule, TrustPolicy } from './policy.js';
