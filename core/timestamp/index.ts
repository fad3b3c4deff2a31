export { archiveInput } from './archive.js';
export {
  decodeTimestampRequest,
  encodeTimestampRequest,
  MAX_REQUEST_BYTES,
  type TimestampRequest,
} from './request.js';
export {
  encodeGranted,
  encodeRejection,
  MAX_TOKEN_BYTES,
  type TimestampFailure,
  tokenOf,
} from './response.js';
export { TimestampToken } from './token.js';
export { encodeImprint, imprintOf, type MessageImprint, sameImprint, TST_INFO } from './tst-info.js';
