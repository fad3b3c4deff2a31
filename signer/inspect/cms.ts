import { ModelsealError } from '../../core/errors/index.js';
import { readBounded } from '../../core/files.js';
import { decodeText } from '../../core/objects/text.js';
import { decodePem } from '../../core/pem.js';
import { Certificate } from '../../core/x509/index.js';
import { type CertificateClaims, certificateClaims } from './inspect.js';

/** A chain in a container is a few kilobytes; a CRL in it may add megabytes. */
const MAX_CMS = 16 * 1024 * 1024;

/** DER of the OID signedData (1.2.840.113549.1.7.2), with which the content of the container begins. */
const SIGNED_DATA = Buffer.from('06092a864886f70d010702', 'hex');

/** What a CMS container (`.p7b`, `.p7c`, `.p7s`) holds. Nothing of it is proven. */
export interface CmsClaims {
  readonly certificates: readonly CertificateClaims[];
  readonly crls: number;
  /** Digest algorithm OID of each signer; none for a container that only carries certificates. */
  readonly signers: readonly string[];
  readonly contentType: string;
}

/** The container's DER, or undefined when the file is something else. */
export function readCms(file: string): Uint8Array | undefined {
  const bytes = readBounded(file, 'file to inspect', MAX_CMS);
  if (bytes[0] === 0x30) return Buffer.from(bytes.subarray(0, 32)).includes(SIGNED_DATA) ? bytes : undefined;
  const text = decodeText(bytes);
  if (!/^-----BEGIN (PKCS7|CMS)-----/m.test(text)) return undefined;
  return decodePem(text, file).find(({ label }) => label === 'PKCS7' || label === 'CMS')?.bytes;
}

/**
 * Reads a CMS SignedData container (RFC 5652 §5). Containers are often BER, which the strict reader of our own refuses;
 * the certificates inside are decoded strictly.
 *
 * @throws {ModelsealError} `ERR_PEM` when it is no such container, `ERR_DER` for a certificate in it
 */
export async function inspectCms(der: Uint8Array, file: string): Promise<CmsClaims> {
  const {
    Certificate: PkiCertificate,
    CertificateRevocationList,
    ContentInfo,
    SignedData,
  } = await import('pkijs');
  let signed: InstanceType<typeof SignedData>;
  try {
    const info = ContentInfo.fromBER(Uint8Array.from(der).buffer);
    signed = new SignedData({ schema: info.content });
  } catch (error) {
    throw new ModelsealError(
      'ERR_PEM',
      { file, problem: 'it is not a CMS SignedData container' },
      { cause: error },
    );
  }
  const certificates = (signed.certificates ?? [])
    .filter((c) => c instanceof PkiCertificate)
    .map((c) => certificateClaims(Certificate.decode(new Uint8Array(c.toSchema().toBER()))));
  return {
    certificates,
    crls: (signed.crls ?? []).filter((crl) => crl instanceof CertificateRevocationList).length,
    signers: signed.signerInfos.map((signer) => signer.digestAlgorithm.algorithmId),
    contentType: signed.encapContentInfo.eContentType,
  };
}
