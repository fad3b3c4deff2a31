import { ModelsealError } from '../core/errors/index.js';
import type { SigningKey } from '../core/keys/index.js';
import { CertificateList } from '../core/x509/crl.js';
import { sameBytes, signatureAlgorithm, verifySignedData } from '../core/x509/index.js';
import { type CrlFields, signCrl } from './encode/crl.js';
import { lintCrl } from './lint/crl.js';
import type { Issuer } from './issuer.js';
import { daysAfter, MAX_CRL_DAYS, STATUS_BACKDATE_MS, wholeDays, wholeSeconds } from './profile.js';
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
 * Makes a full CRL of everything that this issuer has revoked. Number, time and entries are one transaction, so that
 * two CRLs never carry the same number (RFC 5280 §5.2.3) and a later one never says less. Entries stay on it for
 * good: a model signed years ago is still judged by it.
 *
 * @throws {ModelsealError} `ERR_CA_DAYS`, `ERR_CA_NOT_YET_VALID`, `ERR_CA_EXPIRED`, `ERR_CA_CLOCK`,
 *   `ERR_CA_CRL_FAULTY`, `ERR_LINT`, `ERR_CA_RECORDS`, `ERR_CA_DATABASE…`
 */
export async function issueCrl(
  issuer: Issuer,
  key: SigningKey,
  store: CaStore,
  request: CrlRequest,
): Promise<IssuedCrl> {
  issuer.requireValid(request.at);
  const days = wholeDays(request.days, 'days', MAX_CRL_DAYS);
  const nextUpdate = wholeSeconds(daysAfter(request.at, days));
  const { number, pieces, count, thisUpdate } = await store.crlSnapshot(issuer.id, {
    at: request.at,
    wanted: issuer.backdated(request.at, STATUS_BACKDATE_MS),
    nextUpdate,
  });
  const fields: CrlFields = {
    signatureAlgorithm: issuer.signatureAlgorithm,
    issuer: issuer.certificate.subject.raw,
    issuerKeyId: issuer.keyId,
    number,
    thisUpdate,
    nextUpdate,
    expiredSince: issuer.certificate.notBefore,
    entries: pieces,
  };
  const der = await signCrl(fields, key);
  lintCrl({ list: readBack(der, issuer, fields, count), issuer: issuer.certificate });
  return { der, number, entries: count, thisUpdate, nextUpdate };
}

/**
 * Reads the list as any verifier would, and compares it with what was meant.
 *
 * @throws {ModelsealError} `ERR_CA_CRL_FAULTY`
 */
function readBack(der: Uint8Array, issuer: Issuer, meant: CrlFields, count: number): CertificateList {
  const fail = (problem: string, cause?: unknown): never => {
    throw new ModelsealError('ERR_CA_CRL_FAULTY', { what: 'CRL', problem }, { cause });
  };
  const list = decoded(der, fail);
  if (!isSignedBy(list, issuer)) fail('its signature does not verify');
  if (list.number !== BigInt(meant.number)) fail('it carries another number');
  if (list.entryCount !== count) fail(`it has ${list.entryCount} entries instead of ${count}`);
  if (
    list.thisUpdate.getTime() !== meant.thisUpdate.getTime() ||
    list.nextUpdate.getTime() !== meant.nextUpdate.getTime()
  ) {
    fail('it carries another time');
  }
  return list;
}

function decoded(der: Uint8Array, fail: (problem: string, cause: unknown) => never): CertificateList {
  try {
    return CertificateList.decode(der);
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error), error);
  }
}

/** Whether a list is one of this issuer: its name and its key. */
export function isSignedBy(list: CertificateList, { certificate }: Issuer): boolean {
  return (
    sameBytes(list.issuer.raw, certificate.subject.raw) &&
    verifySignedData(
      signatureAlgorithm(list.signatureAlgorithm),
      certificate.publicKey(),
      list.tbs,
      list.signature,
    )
  );
}
