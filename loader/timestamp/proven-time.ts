import type { EnvelopeSignature, UnverifiedBundle } from '../../core/bundle/index.js';
import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import { archiveInput, imprintOf, TimestampToken } from '../../core/timestamp/index.js';
import { Certificate } from '../../core/x509/index.js';
import { TrustAnchors } from '../path/anchor.js';
import { checkToken, type TimestampTrust } from './authority.js';

/** A token and what it covers. */
interface Place {
  /** Number for people, from 1. */
  readonly number: number;
  readonly token: TimestampToken;
  /** Which signature of the envelope it is about. */
  readonly signature: number;
  /** It covers the tokens before it as well. */
  readonly renewal: boolean;
}

/** A renewal that counts: everything before it existed at its time. */
interface Cover {
  readonly place: Place;
  readonly at: Date;
}

/** What became of one time stamp. */
export type TokenFinding =
  | {
      readonly number: number;
      readonly genTime: Date;
      readonly tsa: string;
      readonly renewal: boolean;
      /** When a later token proves that it existed. */
      readonly provenAt: Date | undefined;
      readonly problem?: undefined;
    }
  | {
      readonly number: number;
      readonly genTime?: undefined;
      readonly tsa?: undefined;
      readonly renewal?: undefined;
      readonly provenAt?: undefined;
      /** Why it does not count. */
      readonly problem: ModelsealError;
    };

/** The time stamps of a bundle, the last first, and the earliest time that those prove which count. */
export interface TimeFinding {
  readonly tokens: readonly TokenFinding[];
  readonly proven: ProvenTime | undefined;
}

/**
 * A time at which a signature of a bundle existed, as trusted time-stamp authorities prove it. Made only by
 * {@link ProvenTime.of}.
 */
export class ProvenTime {
  /** The latest time that the token can mean. */
  readonly signedAt: Date;
  /** Index of the signature in the envelope; the time says nothing about others. */
  readonly signature: number;
  /** Name of the authority. */
  readonly tsa: string;
  /** Keeps look-alikes from passing for a proven time. */
  readonly #proven = true;

  private constructor(signedAt: Date, signature: number, tsa: string) {
    this.signedAt = signedAt;
    this.signature = signature;
    this.tsa = tsa;
    Object.freeze(this);
  }

  static isProven(value: unknown): value is ProvenTime {
    return typeof value === 'object' && value !== null && #proven in value && value.#proven;
  }

  /**
   * What the time stamps of a bundle prove. A token that is forged, of something else, of the future or of an authority
   * that is not trusted helps nothing; it harms nothing either, since anyone can add one.
   *
   * Tokens are judged from the last to the first: a renewal that counts shows that those before it existed at its time,
   * and it is at that time that their authorities have to be valid (RFC 4998 §5.3).
   *
   * @throws {ModelsealError} what is no finding about a token
   */
  static async read(
    bundle: UnverifiedBundle,
    trust: TimestampTrust & { readonly intermediates: readonly Certificate[] },
  ): Promise<TimeFinding> {
    if (!(trust.anchors instanceof TrustAnchors)) {
      const problem = 'tsaRoots is not made by TrustAnchors or readTrustAnchors';
      throw new ModelsealError('ERR_USAGE', { problem });
    }
    const tokens: TokenFinding[] = [];
    const covers: Cover[] = [];
    const useless = (number: number, error: unknown): void => {
      if (!isModelsealError(error) || error.code === 'ERR_INTERNAL') throw error;
      tokens.push({ number, problem: error });
    };
    const places = placesOf(bundle, useless);
    const certificates = [...bundle.chain.map((der) => Certificate.decode(der)), ...trust.intermediates];
    let proven: ProvenTime | undefined;
    for (const place of places.reverse()) {
      const { token, signature, renewal, number } = place;
      const provenAt = earliestCover(place, covers);
      try {
        const tsa = await checkToken(token, { ...trust, certificates }, provenAt);
        tokens.push({ number, genTime: token.info.genTime, tsa, renewal, provenAt });
        if (renewal) covers.push({ place, at: token.latest });
        else if (!proven || token.latest < proven.signedAt)
          proven = new ProvenTime(token.latest, signature, tsa);
      } catch (error) {
        useless(number, error);
      }
    }
    return { tokens, proven };
  }
}

/** The tokens that are about a signature of the bundle, in their order. */
function placesOf(bundle: UnverifiedBundle, useless: (number: number, error: unknown) => void): Place[] {
  const places: Place[] = [];
  const tokens: TimestampToken[] = [];
  for (const [i, bytes] of bundle.timestamps.entries()) {
    const number = i + 1;
    try {
      const token = TimestampToken.decode(bytes);
      const place = placeOf(token, number, bundle.signatures, tokens, places);
      tokens.push(token);
      if (!place) throw new ModelsealError('ERR_TIMESTAMP_IMPRINT', {});
      places.push(place);
    } catch (error) {
      useless(number, error);
    }
  }
  return places;
}

function placeOf(
  token: TimestampToken,
  number: number,
  signatures: readonly EnvelopeSignature[],
  earlier: readonly TimestampToken[],
  places: readonly Place[],
): Place | undefined {
  const { hash } = token.info.imprint;
  const direct = signatures.findIndex(({ sig }) => token.covers(imprintOf(hash, sig)));
  if (direct >= 0) return { number, token, signature: direct, renewal: false };
  // Only what has a time stamp can have it renewed, which bounds the work as well.
  for (const signature of new Set(places.map((place) => place.signature))) {
    const { sig } = signatures[signature] as EnvelopeSignature;
    if (token.covers(imprintOf(hash, archiveInput(sig, earlier))))
      return { number, token, signature, renewal: true };
  }
  return undefined;
}

/** The earliest proof that a token existed, made no earlier than it. */
function earliestCover({ token, number, signature }: Place, covers: readonly Cover[]): Date | undefined {
  const times = covers
    .filter(({ place }) => place.number > number && place.signature === signature)
    .filter(({ place }) => place.token.info.genTime >= token.info.genTime)
    .map(({ at }) => at);
  return times.reduce<Date | undefined>((first, at) => (first && first <= at ? first : at), undefined);
}
