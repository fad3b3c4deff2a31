import type { RevocationReason } from '../reasons.js';

/** The two tiers of the authority. */
export type IssuerRole = 'root' | 'issuing';

/**
 * The life of a certificate in the records. `pending` is durable before the key signs, `issued` before the
 * certificate leaves: whatever happens between, no certificate is out there that is not in here.
 */
export type CertificateState = 'pending' | 'issued' | 'revoked';

/** What is known about a certificate before it is signed. */
export interface PendingCertificate {
  /** Lower-case hexadecimal, unique for ever. */
  readonly serial: string;
  readonly issuer: IssuerRole;
  readonly subject: string;
  readonly identities: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly keyFingerprint: string;
  readonly requestedAt: Date;
}

export interface IssuedDer {
  readonly serial: string;
  readonly der: Uint8Array;
}

export interface Revocation {
  readonly revokedAt: Date;
  readonly reason: RevocationReason;
  readonly invalidityDate: Date | undefined;
}

export interface CertificateRecord extends PendingCertificate {
  readonly state: CertificateState;
  /** Absent while pending, and for ever when issuance was interrupted before signing. */
  readonly der: Uint8Array | undefined;
  readonly revocation: Revocation | undefined;
}

export interface ListFilter {
  readonly state?: CertificateState | undefined;
  /** Subject or one identity contains this text. */
  readonly text?: string | undefined;
  readonly limit?: number | undefined;
}

/** Everything that an issuer has revoked, encoded. */
export interface CrlEntries {
  readonly pieces: readonly Uint8Array[];
  readonly count: number;
}

/**
 * The state of an authority. Every promise that writes resolves only when the change survives a crash of the
 * machine. Several processes may use one store at the same time.
 */
export interface CaStore {
  readonly profile: unknown;
  /** @throws {ModelsealError} `ERR_CA_SERIAL_COLLISION`, `ERR_CA_DATABASE`, `ERR_CA_DATABASE_BUSY` */
  recordPending(certificate: PendingCertificate): Promise<void>;
  recordIssued(issued: IssuedDer): Promise<void>;
  find(serial: string): Promise<CertificateRecord | undefined>;
  /** Newest first. */
  list(filter: ListFilter): Promise<CertificateRecord[]>;
  count(): Promise<Record<CertificateState, number>>;
  /**
   * Records a revocation and the DER of its CRL entry. A certificate on hold may be revoked for good.
   *
   * @throws {ModelsealError} `ERR_SERIAL_UNKNOWN`, `ERR_ALREADY_REVOKED`
   */
  revoke(serial: string, revocation: Revocation, entry: Uint8Array): Promise<void>;
  isRevoked(serial: string): Promise<boolean>;
  /** Takes the next CRL number of an issuer; never given out twice, even when the CRL is then not signed. */
  nextCrlNumber(issuer: IssuerRole): Promise<number>;
  /** DER of all CRL entries of an issuer in order of revocation, in pieces of whole entries. */
  crlEntries(issuer: IssuerRole): Promise<CrlEntries>;
  close(): Promise<void>;
}
