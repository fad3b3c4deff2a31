import { ModelsealError } from '../core/errors/index.js';
import {
  type Certificate,
  certificateIdentities,
  readCertificates,
  sameBytes,
  serialText,
  signatureAlgorithm,
  verifySignedData,
} from '../core/x509/index.js';
import { encodeRevokedEntry } from './encode/crl.js';
import { spkiFingerprint } from './encode/spki.js';
import type { Issuer } from './issuer.js';
import { readOwnCrl } from './publish.js';
import { REASONS, type RevocationReason } from './reasons.js';
import type { CaStore } from './store/store.js';

export interface Recovered {
  /** How many certificates were not in the records, or not whole. */
  readonly certificates: number;
  /** How many revocations were not in the records. */
  readonly revocations: number;
  /** Number of the last list of each issuer, from which the next one goes on. */
  readonly crlNumbers: Readonly<Record<string, number>>;
}

/**
 * Takes in one certificate that a key of this authority signed and that its records do not hold.
 *
 * @returns Whether it was new.
 * @throws {ModelsealError} `ERR_CERTIFICATE_FOREIGN` when another key signed it
 */
export async function importCertificate(
  certificate: Certificate,
  file: string,
  issuers: readonly Issuer[],
  store: CaStore,
  at: Date,
): Promise<boolean> {
  const serial = serialText(certificate.serialBytes);
  const issuer = issuers.find((candidate) => hasSigned(candidate, certificate));
  const known = await store.find(serial);
  // The serial number alone would let a forged file pass for a genuine certificate.
  if (issuer === undefined || (known?.der !== undefined && !sameBytes(known.der, certificate.raw))) {
    throw new ModelsealError('ERR_CERTIFICATE_FOREIGN', { file, serial });
  }
  return store.importFound(
    {
      certificate: {
        serial,
        issuer: issuer.id,
        subject: certificate.subject.toString(),
        identities: certificateIdentities(certificate),
        notBefore: certificate.notBefore,
        notAfter: certificate.notAfter,
        keyFingerprint: spkiFingerprint(certificate.spki),
        requestedAt: at,
      },
      der: certificate.raw,
      revocation: undefined,
    },
    encodeRevokedEntry,
  );
}

/**
 * Brings records that were restored from a backup up to what is out there: published lists and certificates that keys
 * of this authority signed. Nothing that the records hold is changed.
 *
 * @throws {ModelsealError} `ERR_CRL_FOREIGN`, `ERR_CERTIFICATE_FOREIGN`, what reading the files throws
 */
export async function recover(
  files: { readonly crls: readonly string[]; readonly certificates: readonly string[] },
  issuers: readonly Issuer[],
  store: CaStore,
  at: Date,
): Promise<Recovered> {
  // All files are read and judged before the first row is written.
  const certificates = files.certificates.flatMap((file) =>
    readCertificates(file).map((certificate) => ({ certificate, file })),
  );
  for (const { certificate, file } of certificates) {
    if (!issuers.some((issuer) => hasSigned(issuer, certificate))) {
      throw new ModelsealError('ERR_CERTIFICATE_FOREIGN', { file, serial: certificate.serialNumber });
    }
  }
  const lists = files.crls.map((file) => ({ file, ...readCrlOfAny(file, issuers) }));
  const found = { certificates: 0, revocations: 0 };
  for (const { certificate, file } of certificates) {
    if (await importCertificate(certificate, file, issuers, store, at)) found.certificates++;
  }
  for (const { file, issuer, list, number } of lists) {
    for (const [octets, entry] of list.entries) {
      const serial = serialText(octets);
      const isNew = await store.importFound(
        {
          certificate: {
            serial,
            issuer: issuer.id,
            subject: `(known from CRL ${number} only)`,
            identities: [],
            notBefore: entry.revocationDate,
            notAfter: entry.revocationDate,
            keyFingerprint: '',
            requestedAt: at,
          },
          der: undefined,
          revocation: {
            revokedAt: entry.revocationDate,
            reason: ownReason(entry.reason ?? 'unspecified', file),
            invalidityDate: entry.invalidityDate,
          },
        },
        encodeRevokedEntry,
      );
      if (isNew) found.revocations++;
    }
    await store.raiseCrlNumber(issuer.id, Number(number), list);
  }
  const crlNumbers: Record<string, number> = {};
  for (const { id } of issuers) crlNumbers[id] = await store.lastCrlNumber(id);
  return { ...found, crlNumbers };
}

function ownReason(reason: string, file: string): RevocationReason {
  if (Object.hasOwn(REASONS, reason)) return reason as RevocationReason;
  throw new ModelsealError('ERR_CRL_FOREIGN', { file, problem: `${reason} has no place on a complete list` });
}

function readCrlOfAny(file: string, issuers: readonly Issuer[]) {
  let last: unknown;
  for (const issuer of issuers) {
    try {
      return { issuer, ...readOwnCrl(file, issuer) };
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

function hasSigned({ certificate: issuer }: Issuer, certificate: Certificate): boolean {
  return (
    sameBytes(certificate.issuer.raw, issuer.subject.raw) &&
    verifySignedData(
      signatureAlgorithm(certificate.signatureAlgorithm),
      issuer.publicKey(),
      certificate.tbs,
      certificate.signature,
    )
  );
}
