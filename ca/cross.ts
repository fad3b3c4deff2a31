import { ModelsealError } from '../core/errors/index.js';
import { Certificate } from '../core/x509/index.js';
import { LintedCertificate, RecordedCertificate } from './certify.js';
import { keyIdentifier } from './encode/extensions.js';
import { AUTHORITY_BACKDATE_MS, type Profile, wholeSeconds } from './profile.js';
import type { CaStore } from './store/store.js';
import { issuingExtensions, type Tier } from './tier.js';

/**
 * Certifies the issuing CA of another authority of the same organisation, for its name, key and purposes: whoever trusts
 * this root then trusts what that CA issues. At this level and not from root to root, because a root of ours allows
 * one tier below it, and verifiers hold it to that.
 *
 * @throws {ModelsealError} `ERR_CROSS_NOT_CA`, `ERR_CROSS_DOMAINS`, `ERR_LINT`, `ERR_CA_KEY_…`, `ERR_CA_…`
 */
export async function crossCertify(
  other: Certificate,
  root: Pick<Tier, 'issuer' | 'signer'>,
  profile: Profile,
  store: CaStore,
  at: Date,
): Promise<Certificate> {
  if (other.basicConstraints?.ca !== true || other.isSelfIssued || !other.keyUsage?.has('keyCertSign')) {
    throw new ModelsealError('ERR_CROSS_NOT_CA', { certificate: other.label });
  }
  const { issuer, signer } = root;
  const latest = issuer.certificate.notAfter;
  const linted = LintedCertificate.lint(
    {
      signatureAlgorithm: issuer.signatureAlgorithm,
      issuer: issuer.certificate.subject.raw,
      notBefore: issuer.backdated(at, AUTHORITY_BACKDATE_MS),
      notAfter: wholeSeconds(other.notAfter < latest ? other.notAfter : latest),
      subject: other.subject.raw,
      spki: other.spki,
      extensions: issuingExtensions(
        keyIdentifier(other.spki),
        issuer,
        profile.crlAddress('root'),
        domainsOf(other, profile.emailDomains),
      ),
    },
    'issuing',
    issuer.certificate,
    at,
  );
  const recorded = await RecordedCertificate.record(linted, store, at);
  return Certificate.decode(await recorded.sign(signer, store));
}

/** The other CA may do here what both its own certificate and this authority allow. */
function domainsOf(other: Certificate, ours: readonly string[]): readonly string[] {
  const permitted = other.nameConstraints?.permitted ?? [];
  const theirs = permitted.flatMap((name) => (name.type === 'email' ? [name.value.toLowerCase()] : []));
  if (theirs.length < permitted.length || (other.nameConstraints?.excluded.length ?? 0) > 0) {
    throw new ModelsealError('ERR_CROSS_DOMAINS', { certificate: other.label });
  }
  if (theirs.length === 0 || ours.length === 0) return [...theirs, ...ours];
  const both = theirs.filter((domain) => ours.includes(domain));
  if (both.length === 0) throw new ModelsealError('ERR_CROSS_DOMAINS', { certificate: other.label });
  return both;
}
