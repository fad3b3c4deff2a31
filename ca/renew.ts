import { createPublicKey, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { ModelsealError } from '../core/errors/index.js';
import { checkOptions, is, type OptionTable } from '../core/options.js';
import { Certificate, Oid } from '../core/x509/index.js';
import type { Authority, IssuedCertificate } from './authority.js';
import { CertificateRequest } from './csr/request.js';
import { type Delivery, deliver, freshKey, type KeyProtection } from './deliver.js';
import { refuseExisting } from './home.js';

const DAY_MS = 86_400_000;

export interface RenewalRequest {
  /** The certificate that gets a successor. */
  readonly serial: string;
  /** Folder for cert.pem, chain.pem and, for a fresh key, key.pem. None of them may exist. */
  readonly out: string;
  readonly at: Date;
  /** As long as its predecessor unless told. */
  readonly days?: number | undefined;
  /** Certify the key of this request, which proves that its holder has it. */
  readonly csr?: CertificateRequest | undefined;
  /** Certify the key of the predecessor again, or a key of the request that has a certificate. */
  readonly reuseKey?: boolean | undefined;
  readonly keyType?: string | undefined;
  readonly protection: KeyProtection;
}

const RENEWAL: OptionTable<RenewalRequest> = {
  serial: is.text,
  out: is.text,
  at: is.time,
  days: is.number,
  csr: is.made(CertificateRequest),
  reuseKey: is.flag,
  keyType: is.text,
  protection: is.anything,
};

export interface Renewal extends Pick<Delivery, 'issued' | 'files'> {
  /** The predecessor stays good until its end: nothing that it signed, or is about to, breaks. */
  readonly replaces: { readonly serial: string; readonly notAfter: Date };
}

/**
 * Issues the successor of a certificate, for the same name and identities and with a key of its own unless told
 * otherwise. Both are valid side by side.
 *
 * @throws {ModelsealError} `ERR_SERIAL_UNKNOWN`, `ERR_RENEW_REVOKED`, `ERR_RENEW_INCOMPLETE`, `ERR_RENEW_CA`, what
 *   {@link Authority.issue} and writing throw
 * @example
 * await renewInto(authority, { serial: '0a1b', out: 'ada-2', at: new Date(), protection: passphrase });
 */
export async function renewInto(authority: Authority, request: RenewalRequest): Promise<Renewal> {
  checkOptions('renewInto', request, RENEWAL);
  const { out, at, csr, reuseKey, serial } = request;
  const before = await predecessor(authority, serial);
  const path = (name: string): string => join(out, name);
  const isFresh = csr === undefined && reuseKey !== true;
  refuseExisting(['cert.pem', 'chain.pem', ...(isFresh ? ['key.pem'] : [])].map(path));
  const fresh = isFresh ? await freshKey(request, path('key.pem')) : undefined;
  const publicKey = csr?.publicKey ?? (fresh === undefined ? before.publicKey() : createPublicKey(fresh.key));
  const days = request.days ?? wholeDaysOf(before);
  const delivered = await deliver(out, fresh === undefined ? [] : [fresh.file], () =>
    issueLike(authority, before, { publicKey, at, days, reuseKey }),
  );
  return { ...delivered, replaces: { serial, notAfter: before.notAfter } };
}

async function predecessor(authority: Authority, serial: string): Promise<Certificate> {
  const { der, revocation, issuer } = await authority.find(serial);
  if (revocation !== undefined)
    throw new ModelsealError('ERR_RENEW_REVOKED', { serial, reason: revocation.reason });
  if (der === undefined) throw new ModelsealError('ERR_RENEW_INCOMPLETE', { serial });
  if (issuer === 'root') throw new ModelsealError('ERR_RENEW_CA', { serial });
  return Certificate.decode(der);
}

function issueLike(
  authority: Authority,
  before: Certificate,
  order: {
    readonly publicKey: KeyObject;
    readonly at: Date;
    readonly days: number;
    readonly reuseKey?: boolean | undefined;
  },
): Promise<IssuedCertificate> {
  const name = before.subject.attributes(Oid.commonName)[0] ?? '';
  if (before.extKeyUsage?.includes(Oid.timeStamping)) return authority.issueTsa({ ...order, name });
  const names = before.subjectAltName ?? [];
  const ofType = (type: 'email' | 'uri'): string[] =>
    names.flatMap((each) => (each.type === type ? [each.value] : []));
  return authority.issue({ ...order, name, emails: ofType('email'), uris: ofType('uri') });
}

/** Backdating makes a certificate minutes longer than it was meant to be. */
const wholeDaysOf = ({ notBefore, notAfter }: Certificate): number =>
  Math.max(1, Math.round((notAfter.getTime() - notBefore.getTime()) / DAY_MS));
