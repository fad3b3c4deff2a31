export { type DigestName, digestIdentifier, digestName, digestOf, STRONG_DIGESTS } from './hashes.js';
export { CmsOid } from './oids.js';
export { decodeSignedData, type SignedData, type SignerId, type SignerInfo } from './signed-data.js';
export { signerCertificate, verifySigner } from './verify.js';
