import { ModelsealError } from '../core/errors/index.js';
import { KEY_TYPES, type KeyType } from '../core/keys/index.js';
import { subjectText } from './encode/name.js';
import { emailDomainProblem } from './identity.js';
import type { IssuerId } from './store/store.js';

const DAY_MS = 86_400_000;

/** Ten and five years, with the leap days in them: the issuing CA is renewed at half-life of its root. */
export const ROOT_DAYS = 3652;
export const ISSUING_DAYS = 1826;

export const DEFAULT_DEVELOPER_DAYS = 90;

/** Three years, the longest life code-signing certificates ever had publicly; stolen keys outlive good intentions. */
export const MAX_DEVELOPER_DAYS = 1096;

export const DEFAULT_CRL_DAYS = 30;

/** A CRL that may be a year old proves nothing about last week. */
export const MAX_CRL_DAYS = 366;

/** The root is offline and signs rarely; its CRL must last from one ceremony to the next. */
export const ROOT_CRL_DAYS = 366;

/** New authorities are valid from an hour ago, so that machines with a slow clock accept them at once. */
export const AUTHORITY_BACKDATE_MS = 3_600_000;

/** New certificates are valid from five minutes ago, for the same reason. */
export const DEVELOPER_BACKDATE_MS = 300_000;

/** How long certificates may live at most, and how far before their issuance they may begin. */
export const LIFETIMES = {
  root: { days: ROOT_DAYS, backdateMs: AUTHORITY_BACKDATE_MS },
  issuing: { days: ISSUING_DAYS, backdateMs: AUTHORITY_BACKDATE_MS },
  developer: { days: MAX_DEVELOPER_DAYS, backdateMs: DEVELOPER_BACKDATE_MS },
  tsa: { days: ISSUING_DAYS, backdateMs: DEVELOPER_BACKDATE_MS },
} as const;

/** CRLs and OCSP answers say what was known five minutes ago, or at the newest revocation in them. */
export const STATUS_BACKDATE_MS = DEVELOPER_BACKDATE_MS;

export const daysAfter = (date: Date, days: number): Date => new Date(date.getTime() + days * DAY_MS);

/** Certificates carry whole seconds; rounding down here keeps what is recorded equal to what is signed. */
export const wholeSeconds = (date: Date): Date => new Date(Math.floor(date.getTime() / 1000) * 1000);

/** What an operator says when the authority is made; kept with it from then on. */
export interface ProfileOptions {
  readonly organization?: string | undefined;
  readonly keyType?: string | undefined;
  /** Base address under which root.crl, issuing.crl and those of its successors are published; without it certificates name none. */
  readonly crlUrl?: string | undefined;
  /** Address of the OCSP responder for developer certificates. */
  readonly ocspUrl?: string | undefined;
  readonly crlDays?: number | undefined;
  /** The issuing CA certifies mailboxes of these hosts and no others; `.example.org` means every host below. */
  readonly emailDomains?: readonly string[] | undefined;
}

/** The settings of one authority, checked once when they are parsed; everything that issues reads them from here. */
export class Profile {
  readonly organization: string;
  readonly keyType: KeyType;
  readonly ocspUrl: string | undefined;
  readonly crlDays: number;
  readonly emailDomains: readonly string[];
  readonly #crlUrl: string | undefined;

  private constructor(options: ProfileOptions) {
    this.organization = subjectText(options.organization ?? 'Modelseal', 'organisation');
    this.keyType = keyType(options.keyType ?? 'rsa-2048');
    this.#crlUrl = options.crlUrl === undefined ? undefined : address(options.crlUrl, 'CRL address');
    this.ocspUrl = options.ocspUrl === undefined ? undefined : address(options.ocspUrl, 'OCSP address');
    this.crlDays = wholeDays(options.crlDays ?? DEFAULT_CRL_DAYS, 'CRL days', MAX_CRL_DAYS);
    this.emailDomains = (options.emailDomains ?? []).map(emailDomain);
  }

  /** @throws {ModelsealError} `ERR_CA_NAME`, `ERR_CA_URL`, `ERR_CA_DAYS`, `ERR_CA_EMAIL_DOMAIN`, `ERR_KEY_UNSUPPORTED` */
  static parse(options: ProfileOptions): Profile {
    return new Profile(options);
  }

  /** Where the CRL of one issuer is published, when anywhere. */
  crlAddress(issuer: IssuerId): string | undefined {
    const base = this.#crlUrl;
    return base && `${base}${base.endsWith('/') ? '' : '/'}${issuer}.crl`;
  }

  toJSON(): ProfileOptions {
    const { organization, keyType, ocspUrl, crlDays, emailDomains } = this;
    return { organization, keyType, crlUrl: this.#crlUrl, ocspUrl, crlDays, emailDomains };
  }
}

/** @throws {ModelsealError} `ERR_KEY_UNSUPPORTED` */
export function keyType(name: string): KeyType {
  const known = KEY_TYPES.find((type) => type === name);
  if (known === undefined) {
    throw new ModelsealError('ERR_KEY_UNSUPPORTED', { what: 'the key type', key: name });
  }
  return known;
}

/** @throws {ModelsealError} `ERR_CA_DAYS` */
export function wholeDays(days: number, option: string, most: number): number {
  if (!Number.isInteger(days) || days < 1 || days > most) {
    throw new ModelsealError('ERR_CA_DAYS', { option, value: String(days), most });
  }
  return days;
}

/** @throws {ModelsealError} `ERR_CA_EMAIL_DOMAIN` */
function emailDomain(domain: string): string {
  const problem = emailDomainProblem(domain);
  if (problem !== undefined) throw new ModelsealError('ERR_CA_EMAIL_DOMAIN', { domain, problem });
  return domain.toLowerCase();
}

/** RFC 5280 §4.2.1.13 and §4.2.2.1: fetched by programs, so plain http(s) without secrets in it. */
function address(url: string, option: string): string {
  const fail = (problem: string): never => {
    throw new ModelsealError('ERR_CA_URL', { option, url, problem });
  };
  if (!URL.canParse(url)) return fail('it is no absolute URL');
  const parsed = new URL(url);
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') fail('it is neither http nor https');
  if (parsed.username !== '' || parsed.password !== '') fail('it carries a user name or password');
  if (parsed.search !== '' || parsed.hash !== '') fail('it has a query or a fragment');
  return parsed.href;
}

/** A count that must be a positive whole number. @throws {ModelsealError} `ERR_USAGE` */
export function wholeNumber(value: number, option: string): number {
  if (Number.isInteger(value) && value > 0) return value;
  throw new ModelsealError('ERR_USAGE', { problem: `${option} must be a positive whole number` });
}
