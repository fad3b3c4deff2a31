import { der } from '../der/index.js';
import type { TimestampToken } from './token.js';

/**
 * What the renewal of time stamps covers: the signature, and every token before it, in the manner of the time-stamp
 * renewal of RFC 4998 §5.2. As long as the newest token can be believed, it shows that the older ones existed when
 * theirs still could.
 *
 * @param signature The signature that the first of them was made over.
 * @param earlier In their order.
 */
export const archiveInput = (signature: Uint8Array, earlier: readonly TimestampToken[]): Uint8Array =>
  der.sequence(der.octetString(signature), der.sequence(...earlier.map(({ raw }) => raw)));
