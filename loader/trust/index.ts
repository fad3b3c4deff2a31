export { ANCHOR_USES, type AnchorEntry, type AnchorUse } from './entry.js';
export { type StoredTrust, trustFromStore } from './from-store.js';
export { type RefreshedAnchor, type RefreshOptions, refreshStore } from './refresh.js';
export { type Scope, scopeText } from './scope.js';
export { AnchorScopes } from './scopes.js';
export { readAnchorSource } from './source.js';
export { type NewAnchor, TrustStore } from './store.js';
