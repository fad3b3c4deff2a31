import type { SigningKey } from '../core/keys/index.js';
import { signCrl } from './encode/crl.js';
import type { Issuer } from './issuer.js';
import { daysAfter, MAX_CRL_DAYS, wholeDays, wholeSeconds } from './profile.js';
import type { CaStore } from './store/store.js';

export interface CrlRequest {
  readonly at: Date;
  /** Days until the next CRL is due. */
  readonly days: number;
}

export interface IssuedCrl {
  readonly der: Uint8Array;
  readonly number: number;
  /** How many certificates it revokes. */
  readonly entries: number;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
}

/**
 * Makes a full CRL of everything that this issuer has revoked. The number is taken from the store first, so that
 * two CRLs never carry the same one (RFC 5280 §5.2.3). Entries stay on it for good: a model signed years ago is
 * still judged by it.
 *
 * @throws {ModelsealError} `ERR_CA_DAYS`, `ERR_CA_NOT_YET_VALID`, `ERR_CA_EXPIRED`, `ERR_CA_DATABASE…`
 */
export async function issueCrl(
  issuer: Issuer,
  key: SigningKey,
  store: CaStore,
  request: CrlRequest,
): Promise<IssuedCrl> {
  issuer.requireValid(request.at);
  const days = wholeDays(request.days, 'days', MAX_CRL_DAYS);
  const thisUpdate = wholeSeconds(request.at);
  const nextUpdate = wholeSeconds(daysAfter(request.at, days));
  const number = await store.nextCrlNumber(issuer.role);
  const { pieces, count: entries } = await store.crlEntries(issuer.role);
  const der = await signCrl(
    {
      signatureAlgorithm: issuer.signatureAlgorithm,
      issuer: issuer.certificate.subject.raw,
      issuerKeyId: issuer.keyId,
      number,
      thisUpdate,
      nextUpdate,
      entries: pieces,
    },
    key,
  );
  return { der, number, entries, thisUpdate, nextUpdate };
}
