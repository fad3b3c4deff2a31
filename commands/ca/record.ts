import type { AuditData } from '../../core/audit/index.js';
import { ModelsealError } from '../../core/errors/index.js';
import type { CertificateRecord } from '../../ca/store/store.js';

/** For commands that read and record but never sign. */
export const neverAsk = async (): Promise<string> => {
  throw new ModelsealError('ERR_INTERNAL', { problem: 'a passphrase was asked for without need' });
};

/** A record as the audit log names it. */
export const named = ({ serial, subject }: CertificateRecord): AuditData => ({
  serialNumber: serial,
  subject,
});

/** How a revocation reaches verifiers: each CA has a list of its own. */
export const howToPublish = (records: readonly CertificateRecord[], active: string): string[] =>
  [...new Set(records.map(({ issuer }) => issuer))].map(
    (issuer) => `publish it with: modelseal ca crl${issuer === active ? '' : ` --issuer ${issuer}`}`,
  );

/** A record as `--json` shows it. */
export function recordJson(record: CertificateRecord): object {
  const { serial, issuer, state, subject, identities, keyFingerprint, revocation } = record;
  return {
    serial,
    issuer,
    state,
    subject,
    identities,
    notBefore: record.notBefore.toISOString(),
    notAfter: record.notAfter.toISOString(),
    requestedAt: record.requestedAt.toISOString(),
    keyFingerprint,
    ...(revocation && {
      revocation: {
        revokedAt: revocation.revokedAt.toISOString(),
        reason: revocation.reason,
        ...(revocation.invalidityDate && { invalidityDate: revocation.invalidityDate.toISOString() }),
      },
    }),
  };
}
