export { isPublicAddress, type Resolve, type ResolvedAddress, systemResolve } from './address.js';
export { fetchBytes, type HttpBody, type HttpOptions } from './fetch.js';
