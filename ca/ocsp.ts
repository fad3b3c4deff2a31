import { createHash } from 'node:crypto';
import { context, contextPrimitive, der, Tag } from '../core/der/index.js';
import { ModelsealError } from '../core/errors/index.js';
import type { SigningKey } from '../core/keys/index.js';
import { sameBytes, serialText, signatureAlgorithm, verifySignedData } from '../core/x509/index.js';
import { type CertId, matchesCertId, OcspResponse } from '../core/x509/ocsp.js';
import { keyBits } from '../core/x509/ocsp-cert-id.js';
import { OCSP_ARCHIVE_CUTOFF, OCSP_BASIC, OCSP_NONCE } from '../core/x509/ocsp-codec.js';
import { assemble } from './encode/certificate.js';
import { extension } from './encode/extensions.js';
import type { Issuer } from './issuer.js';
import { lintOcsp } from './lint/ocsp.js';
import { daysAfter, MAX_CRL_DAYS, STATUS_BACKDATE_MS, wholeDays, wholeSeconds } from './profile.js';
import { REASONS } from './reasons.js';
import type { CaStore, Revocation } from './store/store.js';

export interface OcspQuestion {
  readonly certIds: readonly CertId[];
  /** Repeated in the answer, so that whoever asked knows it is fresh. */
  readonly nonce?: Uint8Array | undefined;
}

export interface OcspStatement {
  readonly serial: string;
  readonly status: 'good' | 'revoked' | 'unknown';
}

export interface SignedOcsp {
  readonly der: Uint8Array;
  readonly statements: readonly OcspStatement[];
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
}

/**
 * Answers an OCSP request, signed by the issuer itself (RFC 6960 §4.2.2.2: no delegation, no further certificate).
 * What this issuer did not issue is `unknown`, also a serial number that was reserved and never signed.
 *
 * @throws {ModelsealError} `ERR_CA_DAYS`, `ERR_CA_NOT_YET_VALID`, `ERR_CA_EXPIRED`, `ERR_CA_CRL_FAULTY`, `ERR_LINT`,
 *   `ERR_CA_DATABASE…`
 */
export async function answerOcsp(
  issuer: Issuer,
  key: SigningKey,
  store: CaStore,
  question: OcspQuestion,
  validity: { readonly at: Date; readonly days: number },
): Promise<SignedOcsp> {
  issuer.requireValid(validity.at);
  const days = wholeDays(validity.days, 'days', MAX_CRL_DAYS);
  const producedAt = wholeSeconds(validity.at);
  const nextUpdate = wholeSeconds(daysAfter(validity.at, days));
  const judged = await Promise.all(question.certIds.map((id) => judge(id, issuer, store)));
  // An answer is not older than the revocation that it tells of.
  const thisUpdate = new Date(
    judged.reduce(
      (latest, { revocation }) => Math.max(latest, revocation?.revokedAt.getTime() ?? 0),
      issuer.backdated(validity.at, STATUS_BACKDATE_MS).getTime(),
    ),
  );
  // What expired stays known for good (RFC 6960 §4.4.4).
  const archiveCutoff = extension(
    OCSP_ARCHIVE_CUTOFF,
    false,
    der.generalizedTime(issuer.certificate.notBefore),
  );
  const answers = judged.map(({ id, status, revocation }) =>
    der.sequence(
      id.raw,
      encodeStatus(status, revocation),
      der.generalizedTime(thisUpdate),
      der.element(context(0), der.generalizedTime(nextUpdate)),
      der.element(context(1), der.sequence(archiveCutoff)),
    ),
  );
  const keyHash = createHash('sha1').update(keyBits(issuer.certificate.spki)).digest();
  const tbs = der.sequence(
    der.element(context(2), der.octetString(keyHash)),
    der.generalizedTime(producedAt),
    der.sequence(...answers),
    ...(question.nonce === undefined
      ? []
      : [
          der.element(
            context(1),
            der.sequence(extension(OCSP_NONCE, false, der.octetString(question.nonce))),
          ),
        ]),
  );
  const basic = assemble(tbs, issuer.signatureAlgorithm, await key.sign(tbs));
  const responseBytes = der.sequence(der.oid(OCSP_BASIC), der.octetString(basic));
  const response = der.sequence(der.integer(0, Tag.ENUMERATED), der.element(context(0), responseBytes));
  const { certIds, nonce } = question;
  lintOcsp({ response: readBack(response, issuer, judged), issuer: issuer.certificate, certIds, nonce });
  const statements = judged.map(({ serial, status }) => ({ serial, status }));
  return { der: response, statements, thisUpdate, nextUpdate };
}

interface Judged extends OcspStatement {
  readonly id: CertId;
  /** Present for what is revoked. */
  readonly revocation: Revocation | undefined;
}

async function judge(id: CertId, issuer: Issuer, store: CaStore): Promise<Judged> {
  const serial = serialText(id.serial);
  const { subject: name, spki } = issuer.certificate;
  const record = matchesCertId(id, { name, spki }, id.serial) ? await store.find(serial) : undefined;
  if (record?.issuer !== issuer.id || record.state === 'pending') {
    return { id, serial, status: 'unknown', revocation: undefined };
  }
  const { revocation } = record;
  return { id, serial, status: revocation === undefined ? 'good' : 'revoked', revocation };
}

function encodeStatus(status: OcspStatement['status'], revocation: Revocation | undefined): Uint8Array {
  if (revocation !== undefined) return revokedInfo(revocation);
  return der.element(contextPrimitive(status === 'good' ? 0 : 2));
}

/**
 * Reads the answer as a client would, and compares it with the records.
 *
 * @throws {ModelsealError} `ERR_CA_CRL_FAULTY`
 */
function readBack(bytes: Uint8Array, issuer: Issuer, judged: readonly Judged[]): OcspResponse {
  const fail = (problem: string, cause?: unknown): never => {
    throw new ModelsealError('ERR_CA_CRL_FAULTY', { what: 'OCSP answer', problem }, { cause });
  };
  const response = decoded(bytes, fail);
  const { certificate } = issuer;
  const algorithm = signatureAlgorithm(response.signatureAlgorithm);
  if (!verifySignedData(algorithm, certificate.publicKey(), response.tbs, response.signature)) {
    fail('its signature does not verify');
  }
  const agree =
    response.answers.length === judged.length &&
    response.answers.every(({ certId, status }, i) => {
      const meant = judged[i];
      if (meant === undefined || !sameBytes(certId.raw, meant.id.raw) || status.type !== meant.status)
        return false;
      return (
        status.type !== 'revoked' ||
        (status.revocationDate.getTime() === meant.revocation?.revokedAt.getTime() &&
          (status.reason ?? 'unspecified') === meant.revocation.reason)
      );
    });
  if (!agree) fail('it does not say what the records say');
  return response;
}

function decoded(bytes: Uint8Array, fail: (problem: string, cause: unknown) => never): OcspResponse {
  try {
    return OcspResponse.decode(bytes);
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error), error);
  }
}

/** RevokedInfo (RFC 6960 §4.2.1); as on CRLs, `unspecified` is said by leaving the reason out. */
function revokedInfo({ revokedAt, reason }: Revocation): Uint8Array {
  const why =
    reason === 'unspecified' ? [] : [der.element(context(0), der.integer(REASONS[reason], Tag.ENUMERATED))];
  return der.element(context(1), der.generalizedTime(revokedAt), ...why);
}
