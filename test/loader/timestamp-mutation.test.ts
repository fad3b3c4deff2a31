import { expect } from 'chai';
import { UnverifiedBundle } from '../../core/bundle/index.js';
import { isModelsealError } from '../../core/errors/index.js';
import { archiveInput, TimestampToken } from '../../core/timestamp/index.js';
import { ProvenTime } from '../../loader/timestamp/index.js';
import { days } from '../support/revocation.js';
import { type TestTsa, testTsa } from '../support/timestamp.js';

/** More by hand: `MODELSEAL_MUTATIONS=100000 npx mocha test/loader/timestamp-mutation.test.ts`. */
const RUNS = Number(process.env.MODELSEAL_MUTATIONS ?? 3000);
const SEED = Number(process.env.MODELSEAL_SEED ?? 1);

/** Small and repeatable (mulberry32). */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SIGNATURE = Buffer.from('the signature');

function bundleOf(tokens: readonly Uint8Array[]): UnverifiedBundle {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  return UnverifiedBundle.parse(
    Buffer.from(
      JSON.stringify({
        mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
        verificationMaterial: {
          publicKey: { hint: 'k' },
          tlogEntries: [],
          timestampVerificationData: {
            rfc3161Timestamps: tokens.map((token) => ({ signedTimestamp: base64(token) })),
          },
        },
        dsseEnvelope: {
          payload: base64(Buffer.from('{}')),
          payloadType: 'application/vnd.in-toto+json',
          signatures: [{ sig: base64(SIGNATURE), keyid: '' }],
        },
      }),
    ),
  );
}

describe('time stamps, mutated', function () {
  this.timeout(600_000);
  const tsa = testTsa({ notAfter: days(700) });
  const second = testTsa({ subject: 'Second TSA' });

  const prove = (tokens: readonly Uint8Array[], at: Date, trusted: TestTsa = tsa) => {
    const trust = { anchors: trusted.anchors, at, intermediates: [], revocation: 'prefer' } as const;
    return ProvenTime.read(bundleOf(tokens), trust);
  };

  it(`prove no other time and never crash, ${RUNS} times`, async () => {
    const first = await tsa.stamp(SIGNATURE);
    const earlier = [TimestampToken.decode(first)];
    const renewal = await second.stamp(archiveInput(SIGNATURE, earlier), days(300), 'sha512');
    const other = await tsa.stamp(Buffer.from('another signature'), days(-30));
    const times = [undefined, '2026-06-01T00:00:01.000Z'];
    // After the end of the first authority only the renewal helps.
    const cases: readonly { tokens: readonly Uint8Array[]; at: Date }[] = [
      { tokens: [first], at: days(100) },
      { tokens: [first, renewal], at: days(2000) },
      { tokens: [other], at: days(100) },
    ];
    for (const { tokens, at } of cases.slice(0, 2))
      expect((await prove(tokens, at)).proven?.signedAt.toISOString()).to.equal(times[1]);
    expect((await prove([other], days(100))).proven).to.equal(undefined);
    const next = random(SEED);
    const below = (n: number): number => Math.floor(next() * n);
    let accepted = 0;
    for (let run = 0; run < RUNS; run++) {
      const { tokens, at } = cases[below(cases.length)] as (typeof cases)[0];
      const which = below(tokens.length);
      const mutated = tokens.map((token, i) => (i === which ? mutate(token, first, next) : token));
      let proven: ProvenTime | undefined;
      try {
        ({ proven } = await prove(mutated, at));
      } catch (error) {
        // An empty token is no bundle.
        if (!isModelsealError(error, 'ERR_BUNDLE_FIELD_TYPE')) throw error;
      }
      const time = proven?.signedAt.toISOString();
      expect(times, `run ${run}, seed ${SEED}`).to.include(time);
      if (tokens === cases[2]?.tokens && which === 0 && time !== undefined) {
        // Only by becoming the good one.
        expect(
          Buffer.from(TimestampToken.decode(mutated[0] as Uint8Array).info.imprint.digest),
        ).to.deep.equal(Buffer.from(earlier[0]?.info.imprint.digest ?? []));
      }
      if (time) accepted++;
    }
    // What is not signed may change; most is.
    expect(accepted / RUNS).to.be.lessThan(0.35);
  });
});

/** One to three small changes: bits, bytes, cuts, insertions, pieces of another token, lengths. */
function mutate(token: Uint8Array, donor: Uint8Array, next: () => number): Uint8Array {
  let out = Buffer.from(token);
  const below = (n: number): number => Math.floor(next() * n);
  for (let n = below(3); n >= 0; n--) {
    const at = below(out.length);
    switch (below(7)) {
      case 0:
        out[at] = (out[at] ?? 0) ^ (1 << below(8));
        break;
      case 1:
        out[at] = below(256);
        break;
      case 2:
        out = Buffer.concat([out.subarray(0, at), out.subarray(at + 1 + below(8))]);
        break;
      case 3:
        out = Buffer.concat([out.subarray(0, at), Buffer.alloc(1 + below(4), below(256)), out.subarray(at)]);
        break;
      case 4: {
        const from = below(donor.length);
        out = Buffer.concat([out.subarray(0, at), donor.subarray(from, from + below(64)), out.subarray(at)]);
        break;
      }
      case 5:
        out = Buffer.from(out.subarray(0, at));
        break;
      default: {
        const from = below(donor.length);
        donor.subarray(from, from + below(64)).forEach((octet, i) => {
          if (at + i < out.length) out[at + i] = octet;
        });
      }
    }
    if (out.length === 0) return Uint8Array.of(0);
  }
  return new Uint8Array(out);
}
