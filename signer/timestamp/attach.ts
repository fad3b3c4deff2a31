import { MAX_BUNDLE_BYTES, MAX_TIMESTAMPS, UnverifiedBundle } from '../../core/bundle/index.js';
import { ModelsealError } from '../../core/errors/index.js';
import { archiveInput, imprintOf, type MessageImprint, TimestampToken } from '../../core/timestamp/index.js';
import { DEFAULT_TIMEOUT_MS, requestTimestamp } from './request.js';

/** Which authorities shall state the time, and of what. */
export interface TimestampOrder {
  /** Addresses of time-stamp authorities; each is asked for a token. */
  readonly urls: readonly string[];
  /** Cover the time stamps that are there as well, so that they outlive their authorities' certificates. */
  readonly renew?: boolean | undefined;
  /** For each address. */
  readonly timeoutMs?: number | undefined;
}

/** SHA-256 over the signature, as Sigstore's bundles have it. */
const FIRST = 'sha256';
/** A renewal shall hold longer than what it renews. */
const RENEWAL = 'sha512';

/**
 * A bundle with more time stamps. Nothing else of it changes; when one authority fails, there is no result.
 *
 * @param file Name for errors.
 * @throws {ModelsealError} `ERR_TIMESTAMP_…`, `ERR_FETCH_…`, what reading a bundle throws
 */
export async function withTimestamps(
  bytes: Uint8Array,
  file: string,
  order: TimestampOrder,
): Promise<Uint8Array> {
  const bundle = UnverifiedBundle.parse(bytes);
  if (bundle.method === 'sigstore') throw new ModelsealError('ERR_TIMESTAMP_SIGSTORE', { file });
  const given = bundle.timestamps.map((der) => TimestampToken.decode(der));
  const answers: Uint8Array[] = [];
  for (const url of order.urls) {
    if (given.length + answers.length >= MAX_TIMESTAMPS)
      throw new ModelsealError('ERR_TIMESTAMP_TOO_MANY', { file, limit: MAX_TIMESTAMPS });
    const earlier = [...given, ...answers.map((der) => TimestampToken.decode(der))];
    const imprint = imprintFor(bundle, earlier, file, order.renew ?? false);
    answers.push(await requestTimestamp(url, imprint, order.timeoutMs ?? DEFAULT_TIMEOUT_MS));
  }
  return insert(bytes, [...bundle.timestamps, ...answers]);
}

function imprintFor(
  bundle: UnverifiedBundle,
  earlier: readonly TimestampToken[],
  file: string,
  renew: boolean,
): MessageImprint {
  // A bundle has one signature at least.
  const first = bundle.signatures[0]?.sig ?? new Uint8Array(0);
  if (!renew) return imprintOf(FIRST, first);
  // What is renewed is the proof of the signature that has one.
  const stamped = bundle.signatures.find(({ sig }) =>
    earlier.some((token) => token.covers(imprintOf(token.info.imprint.hash, sig))),
  );
  if (!stamped) throw new ModelsealError('ERR_TIMESTAMP_NONE', { file });
  return imprintOf(RENEWAL, archiveInput(stamped.sig, earlier));
}

/** The same JSON with another list of time stamps (Sigstore's `TimestampVerificationData`). */
function insert(bytes: Uint8Array, timestamps: readonly Uint8Array[]): Uint8Array {
  const bundle = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')) as {
    verificationMaterial: { timestampVerificationData?: object };
  };
  const { verificationMaterial: material } = bundle;
  material.timestampVerificationData = {
    ...material.timestampVerificationData,
    rfc3161Timestamps: timestamps.map((der) => ({ signedTimestamp: Buffer.from(der).toString('base64') })),
  };
  const out = new Uint8Array(Buffer.from(`${JSON.stringify(bundle)}\n`));
  // As its reader will read it.
  if (out.length > MAX_BUNDLE_BYTES || UnverifiedBundle.parse(out).timestamps.length !== timestamps.length)
    throw new ModelsealError('ERR_SIGN_SELF_CHECK', { problem: 'it cannot be read back' });
  return out;
}
