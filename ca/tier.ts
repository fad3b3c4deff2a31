import type { KeyObject } from 'node:crypto';
import { generatePrivateKey, type SigningKey, signatureScheme, signingKey } from '../core/keys/index.js';
import { Certificate } from '../core/x509/index.js';
import { LintedCertificate, RecordedCertificate } from './certify.js';
import {
  authorityKeyIdentifier,
  basicConstraints,
  crlDistributionPoints,
  extKeyUsage,
  keyIdentifier,
  keyUsage,
  permittedEmailDomains,
  subjectKeyIdentifier,
} from './encode/extensions.js';
import { encodeName } from './encode/name.js';
import { spkiOf } from './encode/spki.js';
import { Issuer } from './issuer.js';
import { ISSUING_PURPOSES } from './lint/ext-key-usage.js';
import {
  AUTHORITY_BACKDATE_MS,
  daysAfter,
  ISSUING_DAYS,
  type Profile,
  ROOT_DAYS,
  wholeSeconds,
} from './profile.js';
import { type CaStore, type IssuerId, roleOf } from './store/store.js';

/** A CA with its key, just made. */
export interface Tier {
  readonly key: KeyObject;
  readonly signer: SigningKey;
  readonly issuer: Issuer;
}

/** Makes one CA certificate: linted, recorded, then signed by its issuer, or by itself. */
export async function makeTier(
  id: IssuerId,
  profile: Profile,
  at: Date,
  store: CaStore,
  parent: Pick<Tier, 'signer' | 'issuer'> | undefined,
): Promise<Tier> {
  const role = roleOf(id);
  const end = daysAfter(at, role === 'root' ? ROOT_DAYS : ISSUING_DAYS);
  const latest = parent?.issuer.certificate.notAfter ?? end;
  const key = await generatePrivateKey(profile.keyType);
  const signer = signingKey(key);
  const spki = spkiOf(signer.publicKey);
  const keyId = keyIdentifier(spki);
  const title = role === 'root' ? 'Root CA' : 'Issuing CA';
  // The tail tells two authorities of one organisation apart: a name that stands for two keys misleads path building.
  const commonName = `${title} ${Buffer.from(keyId.subarray(0, 4)).toString('hex')}`;
  const subject = encodeName({ organization: profile.organization, commonName });
  const linted = LintedCertificate.lint(
    {
      signatureAlgorithm:
        parent?.issuer.signatureAlgorithm ?? signatureScheme(signer.publicKey).algorithmIdentifier,
      issuer: parent?.issuer.certificate.subject.raw ?? subject,
      notBefore: wholeSeconds(new Date(at.getTime() - AUTHORITY_BACKDATE_MS)),
      notAfter: wholeSeconds(end < latest ? end : latest),
      subject,
      spki,
      extensions:
        parent === undefined
          ? [
              basicConstraints(true, 1),
              keyUsage('keyCertSign', 'cRLSign'),
              subjectKeyIdentifier(keyId),
              authorityKeyIdentifier(keyId),
            ]
          : issuingExtensions(keyId, parent.issuer, profile.crlAddress('root'), profile.emailDomains),
    },
    role,
    parent?.issuer.certificate,
    at,
  );
  const recorded = await RecordedCertificate.record(linted, store, at);
  const der = await recorded.sign(parent?.signer ?? signer, store);
  return { key, signer, issuer: new Issuer(id, Certificate.decode(der)) };
}

/** What every certificate of an issuing CA says, whichever root signs it. */
export const issuingExtensions = (
  keyId: Uint8Array,
  root: Issuer,
  crlUrl: string | undefined,
  emailDomains: readonly string[],
): readonly Uint8Array[] => [
  basicConstraints(true, 0),
  keyUsage('keyCertSign', 'cRLSign'),
  extKeyUsage(ISSUING_PURPOSES),
  ...(emailDomains.length === 0 ? [] : [permittedEmailDomains(emailDomains)]),
  subjectKeyIdentifier(keyId),
  authorityKeyIdentifier(root.keyId),
  ...(crlUrl === undefined ? [] : [crlDistributionPoints(crlUrl)]),
];
