import { DerReader, Tag } from '../der/index.js';
import { ModelsealError } from '../errors/index.js';
import { readAlgorithm } from '../x509/algorithm.js';
import type { Certificate } from '../x509/certificate.js';
import { readGeneralNames } from '../x509/general-name.js';
import { sameBytes } from '../x509/name.js';
import { type SignatureAlgorithm, signatureAlgorithm } from '../x509/signature-algorithm.js';
import { verifySignedData } from '../x509/verify-signature.js';
import { type DigestName, digestName, digestOf, STRONG_DIGESTS } from './hashes.js';
import { CmsOid } from './oids.js';
import type { SignedData, SignerInfo } from './signed-data.js';

/** The certificate that the signer names, among those at hand; the first of several copies. */
export function signerCertificate(
  { id }: SignerInfo,
  candidates: readonly Certificate[],
): Certificate | undefined {
  return candidates.find((candidate) => {
    if (id.type === 'issuer')
      return candidate.issuer.equals(id.issuer) && sameBytes(candidate.serialBytes, id.serial);
    const keyId = candidate.extensions.has('2.5.29.14') ? candidate.subjectKeyIdentifier : undefined;
    return keyId !== undefined && sameBytes(keyId, id.keyId);
  });
}

/**
 * Checks that the content is what a certificate's key signed: content type and message digest in the signed attributes,
 * the signature over them, and the certificate's own hash among them (RFC 5652 §5.4, §5.6; RFC 5035 §3; RFC 5816).
 * A mathematical answer: whether the certificate is to be trusted is another question.
 *
 * @returns The algorithm of the signature, for a policy to judge.
 * @throws {ModelsealError} `ERR_CMS`, `ERR_CMS_DIGEST`, `ERR_CMS_SIGNATURE`, `ERR_DER`, codes of the signature check
 */
export function verifySigner(data: SignedData, certificate: Certificate): SignatureAlgorithm {
  const { signer } = data;
  const hash = strongDigest(signer);
  const type = attribute(signer, CmsOid.contentType, 'content-type');
  if (type.oid('content-type') !== data.contentType) throw invalid('the content is of another type');
  type.finish('content-type');
  const digest = attribute(signer, CmsOid.messageDigest, 'message-digest');
  if (!sameBytes(digest.octets('message-digest'), digestOf(hash, data.content)))
    throw invalid('the content was changed');
  digest.finish('message-digest');
  checkBinding(signer, certificate);
  const algorithm = resolveAlgorithm(signer, hash);
  if (!verifySignedData(algorithm, certificate.publicKey(), signer.signedBytes, signer.signature))
    throw invalid(`the signature was not made by the key of ${certificate.label}`);
  return algorithm;
}

function invalid(problem: string): ModelsealError {
  return new ModelsealError('ERR_CMS_SIGNATURE', { problem });
}

function strongDigest(signer: SignerInfo): DigestName {
  const hash = digestName(signer.digestAlgorithm);
  if (STRONG_DIGESTS.includes(hash)) return hash;
  throw new ModelsealError('ERR_CMS_DIGEST', { algorithm: hash });
}

/** A reader at the one value of a signed attribute that must be there. */
function attribute(signer: SignerInfo, oid: string, name: string): DerReader {
  const value = signer.signedAttributes.get(oid);
  if (!value) throw new ModelsealError('ERR_CMS', { problem: `the signed attribute ${name} is missing` });
  return new DerReader(value);
}

const RSA_ENCRYPTION = '1.2.840.113549.1.1.1';
const RSA_NAMES: { readonly [H in DigestName]?: string } = {
  sha256: 'sha256WithRSA',
  sha384: 'sha384WithRSA',
  sha512: 'sha512WithRSA',
};

/** RFC 3370 §3.2: RSA may be named without its hash, which then is the one of the digest. */
function resolveAlgorithm(signer: SignerInfo, hash: DigestName): SignatureAlgorithm {
  const { signatureAlgorithm: named } = signer;
  const name = RSA_NAMES[hash];
  if (named.oid === RSA_ENCRYPTION && name !== undefined) return { name, scheme: 'rsa', hash };
  const algorithm = signatureAlgorithm(named);
  // Two hashes would be as weak as the weaker. Ed25519 brings its own.
  if (algorithm.hash !== undefined && algorithm.hash !== hash)
    throw invalid(`digest ${hash} and signature algorithm ${algorithm.name} do not go together`);
  return algorithm;
}

/**
 * Which certificate the signer meant is signed along (RFC 5035 §3, §4): without it, another certificate for the same
 * key would do as well. Either version of the attribute is enough (RFC 5816 §2.2.1), and each one that is there must fit.
 */
function checkBinding(signer: SignerInfo, certificate: Certificate): void {
  const v1 = signer.signedAttributes.get(CmsOid.signingCertificate);
  const v2 = signer.signedAttributes.get(CmsOid.signingCertificateV2);
  if (!v1 && !v2) throw invalid('it does not say which certificate signed (ESSCertID)');
  if (v1) checkCertId(v1, certificate, () => 'sha1');
  if (v2) {
    checkCertId(v2, certificate, (id) =>
      // SHA-256 is the default and so left out (RFC 5035 §4).
      id.tag === Tag.SEQUENCE ? digestName(readAlgorithm(id, 'hashAlgorithm')) : 'sha256',
    );
  }
}

function checkCertId(
  value: Uint8Array,
  certificate: Certificate,
  hashOf: (id: DerReader) => DigestName,
): void {
  const outer = DerReader.open(value, Tag.SEQUENCE, 'SigningCertificate');
  const list = outer.enter(Tag.SEQUENCE, 'certs');
  // The first one is the signer's; others, and policies, only narrow what a path may be and are not asked for here.
  const id = list.enter(Tag.SEQUENCE, 'ESSCertID');
  const hash = hashOf(id);
  if (!sameBytes(id.octets('certHash'), digestOf(hash, certificate.raw)))
    throw invalid(`it names another certificate than that of ${certificate.label} (ESSCertID)`);
  const issuerSerial = id.enterOptional(Tag.SEQUENCE, 'issuerSerial');
  id.finish('ESSCertID');
  if (!issuerSerial) return;
  const names = readGeneralNames(issuerSerial.enter(Tag.SEQUENCE, 'issuer'), 'issuer');
  const serial = issuerSerial.integerBytes('serialNumber');
  issuerSerial.finish('issuerSerial');
  const named = names.some((name) => name.type === 'directory' && name.name.equals(certificate.issuer));
  if (!named || !sameBytes(serial, certificate.serialBytes))
    throw invalid('issuer and serial number of its ESSCertID are of another certificate');
}
