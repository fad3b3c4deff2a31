import { ModelsealError } from '../core/errors/index.js';
import { isoTime } from '../core/x509/index.js';
import type { Issuer } from './issuer.js';
import {
  DEFAULT_DEVELOPER_DAYS,
  DEVELOPER_BACKDATE_MS,
  daysAfter,
  ISSUING_DAYS,
  MAX_DEVELOPER_DAYS,
  wholeDays,
  wholeSeconds,
} from './profile.js';

export interface ValidityRequest {
  /** The time of issuance. */
  readonly at: Date;
  readonly days?: number | undefined;
  /**
   * Explicit bounds. They go round neither the longest life nor the backdating, and lie within the issuer's validity:
   * a certificate that begins in the past would make signatures good that were made before anyone was asked.
   */
  readonly notBefore?: Date | undefined;
  readonly notAfter?: Date | undefined;
}

export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** The issuer ends earlier than the days that were asked for. */
  readonly shortened: boolean;
}

/** How long certificates of one kind live unless told, and at most. */
export interface Lifetime {
  readonly days: number;
  readonly most: number;
}

export const DEVELOPER_LIFETIME: Lifetime = { days: DEFAULT_DEVELOPER_DAYS, most: MAX_DEVELOPER_DAYS };
/** Tokens are worth something as long as their authority's certificate lives: it gets all that its issuer has. */
export const TSA_LIFETIME: Lifetime = { days: ISSUING_DAYS, most: ISSUING_DAYS };

/**
 * The validity of a certificate under an issuer, never outliving its issuer: asked-for days are shortened to fit, explicit
 * bounds that do not fit are refused.
 *
 * @throws {ModelsealError} `ERR_CA_DAYS`, `ERR_CA_VALIDITY`
 */
export function validityUnder(issuer: Issuer, request: ValidityRequest, lifetime: Lifetime): Validity {
  const { notBefore: earliest, notAfter: latest } = issuer.certificate;
  const days = wholeDays(request.days ?? lifetime.days, 'days', lifetime.most);
  if (request.days !== undefined && request.notAfter !== undefined) {
    throw new ModelsealError('ERR_CA_VALIDITY', { problem: 'both days and an end were given' });
  }
  const backdated = new Date(request.at.getTime() - DEVELOPER_BACKDATE_MS);
  const notBefore = wholeSeconds(request.notBefore ?? (backdated < earliest ? earliest : backdated));
  const end = wholeSeconds(request.notAfter ?? daysAfter(request.at, days));
  const shortened = request.notAfter === undefined && end > latest;
  const notAfter = shortened ? latest : end;
  const fail = (problem: string): never => {
    throw new ModelsealError('ERR_CA_VALIDITY', { problem });
  };
  if (Number.isNaN(notBefore.getTime()) || Number.isNaN(notAfter.getTime())) fail('a date is not a date');
  if (notBefore >= notAfter) fail(`it ends at ${isoTime(notAfter)}, before it begins`);
  if (notBefore < wholeSeconds(backdated)) {
    fail(`it begins at ${isoTime(notBefore)}, before it is issued (${isoTime(request.at)})`);
  }
  if (notAfter > daysAfter(new Date(Math.max(notBefore.getTime(), request.at.getTime())), lifetime.most)) {
    fail(`it lasts longer than ${lifetime.most} days`);
  }
  if (notBefore < earliest) fail(`it begins before its issuer does (${isoTime(earliest)})`);
  if (notAfter > latest) fail(`it outlives its issuer (${isoTime(latest)})`);
  return { notBefore, notAfter, shortened };
}
