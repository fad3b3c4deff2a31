export { canonicalPublicKey, canonicalSpki } from './canonical.js';
export {
  describeKey,
  KEY_TYPES,
  type KeyInfo,
  type KeyType,
  keyInfo,
  MAX_RSA_BITS,
  MIN_RSA_BITS,
  publicKeyFingerprint,
  requireStrongKey,
} from './describe.js';
export { encodePrivateKey, encodePublicKey, encryptPrivateKey } from './encrypt.js';
export { MAX_PASSPHRASE_BYTES, requireStrongPassphrase } from './passphrase.js';
export {
  type AskPassphrase,
  decodePrivateKey,
  decodePublicKey,
  MAX_KEY_FILE,
  readPrivateKey,
  readPublicKey,
} from './read.js';
export {
  generatePrivateKey,
  type SignatureScheme,
  type SigningKey,
  signatureScheme,
  signingKey,
} from './signing.js';
