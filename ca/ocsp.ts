import { createHash } from 'node:crypto';
import { context, contextPrimitive, der, Tag } from '../core/der/index.js';
import type { SigningKey } from '../core/keys/index.js';
import { serialText } from '../core/x509/index.js';
import { type CertId, matchesCertId } from '../core/x509/ocsp.js';
import { keyBits } from '../core/x509/ocsp-cert-id.js';
import { OCSP_BASIC, OCSP_NONCE } from '../core/x509/ocsp-codec.js';
import { assemble } from './encode/certificate.js';
import { extension } from './encode/extensions.js';
import type { Issuer } from './issuer.js';
import { daysAfter, MAX_CRL_DAYS, wholeDays, wholeSeconds } from './profile.js';
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
 * @throws {ModelsealError} `ERR_CA_DAYS`, `ERR_CA_NOT_YET_VALID`, `ERR_CA_EXPIRED`, `ERR_CA_DATABASE…`
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
  const thisUpdate = wholeSeconds(validity.at);
  const nextUpdate = wholeSeconds(daysAfter(validity.at, days));
  const statements: OcspStatement[] = [];
  const answers: Uint8Array[] = [];
  for (const id of question.certIds) {
    const { statement, encoded } = await judge(id, issuer, store);
    statements.push(statement);
    answers.push(
      der.sequence(
        id.raw,
        encoded,
        der.generalizedTime(thisUpdate),
        der.element(context(0), der.generalizedTime(nextUpdate)),
      ),
    );
  }
  const keyHash = createHash('sha1').update(keyBits(issuer.certificate.spki)).digest();
  const tbs = der.sequence(
    der.element(context(2), der.octetString(keyHash)),
    der.generalizedTime(thisUpdate),
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
  return { der: response, statements, thisUpdate, nextUpdate };
}

const GOOD = der.element(contextPrimitive(0));
const UNKNOWN = der.element(contextPrimitive(2));

async function judge(
  id: CertId,
  issuer: Issuer,
  store: CaStore,
): Promise<{ statement: OcspStatement; encoded: Uint8Array }> {
  const serial = serialText(id.serial);
  const { subject: name, spki } = issuer.certificate;
  const record = matchesCertId(id, { name, spki }, id.serial) ? await store.find(serial) : undefined;
  if (record?.issuer !== issuer.role || record.state === 'pending') {
    return { statement: { serial, status: 'unknown' }, encoded: UNKNOWN };
  }
  return record.revocation === undefined
    ? { statement: { serial, status: 'good' }, encoded: GOOD }
    : { statement: { serial, status: 'revoked' }, encoded: revokedInfo(record.revocation) };
}

/** RevokedInfo (RFC 6960 §4.2.1); as on CRLs, `unspecified` is said by leaving the reason out. */
function revokedInfo({ revokedAt, reason }: Revocation): Uint8Array {
  const why =
    reason === 'unspecified' ? [] : [der.element(context(0), der.integer(REASONS[reason], Tag.ENUMERATED))];
  return der.element(context(1), der.generalizedTime(revokedAt), ...why);
}
