import { ModelsealError } from '../errors/index.js';

/** What a reader was asked for; decides which command brings it out of a file of another format. */
export type Wanted = 'certificate' | 'private key' | 'public key' | 'other';

interface Foreign {
  readonly format: string;
  /** The command that brings out what was asked for; the name of the file is quoted already. */
  readonly convert: (file: string, wanted: Wanted) => string;
}

const certificateOf = (file: string): string => `openssl x509 -in ${file} -out certificate.pem`;
const sshPublic = (file: string): string => `ssh-keygen -e -m PKCS8 -f ${file} > public.pem`;

const FORMATS = {
  pkcs12: {
    format: 'a PKCS#12 store',
    convert: (file, wanted) => {
      if (wanted === 'private key') return `openssl pkcs12 -in ${file} -nocerts -out key.pem`;
      const certificates = `openssl pkcs12 -in ${file} -nokeys`;
      return wanted === 'public key'
        ? `${certificates} -clcerts | openssl x509 -noout -pubkey -out public.pem`
        : `${certificates} -out certificates.pem`;
    },
  },
  pkcs7: {
    format: 'a PKCS#7 container in BER, or one that signs something',
    convert: (file) => `openssl pkcs7 -inform DER -in ${file} -print_certs -out certificates.pem`,
  },
  pkcs7Pem: {
    format: 'a PKCS#7 container in BER, or one that signs something',
    convert: (file) => `openssl pkcs7 -in ${file} -print_certs -out certificates.pem`,
  },
  trusted: {
    format: 'a certificate with trust settings of OpenSSL (TRUSTED CERTIFICATE)',
    convert: certificateOf,
  },
  openssh: {
    format: 'an OpenSSH private key',
    convert: (file, wanted) =>
      wanted === 'public key' ? sshPublic(file) : `cp ${file} key.pem && ssh-keygen -p -m PKCS8 -f key.pem`,
  },
  sshPublic: { format: 'an SSH public key', convert: sshPublic },
  putty: {
    format: 'a PuTTY key',
    convert: (file) => `puttygen ${file} -O private-openssh-new -o key && ssh-keygen -p -m PKCS8 -f key`,
  },
  javaStore: {
    format: 'a Java key store',
    convert: (file) => `keytool -exportcert -rfc -keystore ${file} -file certificate.pem`,
  },
  certificate: {
    format: 'a certificate',
    convert: (file) => `openssl x509 -in ${file} -noout -pubkey -out public.pem`,
  },
} as const satisfies Record<string, Foreign>;

export type ForeignFormat = keyof typeof FORMATS;

/** Labels of PEM blocks whose content we do not read. */
const LABELS: Readonly<Record<string, ForeignFormat>> = {
  'TRUSTED CERTIFICATE': 'trusted',
  'OPENSSH PRIVATE KEY': 'openssh',
  PKCS12: 'pkcs12',
};

/** How texts without PEM blocks of ours begin. */
const TEXTS: readonly (readonly [RegExp, ForeignFormat])[] = [
  [/^\s*(?:ssh-(?:rsa|ed25519|dss)|(?:sk-)?ecdsa-sha2-\S+|sk-ssh-\S+) AAAA/, 'sshPublic'],
  [/^\s*---- BEGIN SSH2 PUBLIC KEY ----/, 'sshPublic'],
  [/^\s*PuTTY-User-Key-File-/, 'putty'],
];

const JKS = 0xfeedfeed;
const JCEKS = 0xcececece;

export function foreignText(text: string): ForeignFormat | undefined {
  return TEXTS.find(([form]) => form.test(text))?.[1];
}

export function foreignLabel(label: string): ForeignFormat | undefined {
  return Object.hasOwn(LABELS, label) ? LABELS[label] : undefined;
}

/** DER of the object identifiers with which the containers begin. */
const SIGNED_DATA = '06092a864886f70d010702';
const DATA = '06092a864886f70d010701';
const ENVELOPED = '06092a864886f70d010703';

/** Told by how it begins, in DER and in BER: containers are written in both. */
export function foreignBytes(bytes: Uint8Array): ForeignFormat | undefined {
  const head = Buffer.from(bytes.subarray(0, 40));
  if (head.length >= 4 && [JKS, JCEKS].includes(head.readUInt32BE())) return 'javaStore';
  if (head[0] !== 0x30) return undefined;
  const inside = contentAt(head, 0);
  const at = (offset: number, hex: string): boolean =>
    head.subarray(offset, offset + hex.length / 2).toString('hex') === hex;
  if (at(inside, SIGNED_DATA)) return 'pkcs7';
  // PFX ::= SEQUENCE { version INTEGER (3), authSafe ContentInfo, … } (RFC 7292 §4)
  if (!at(inside, '020103')) return undefined;
  const safe = contentAt(head, inside + 3);
  return [DATA, SIGNED_DATA, ENVELOPED].some((oid) => at(safe, oid)) ? 'pkcs12' : undefined;
}

/** Where the contents of the element at an offset begin; an indefinite length has one octet as well. */
const contentAt = (head: Buffer, offset: number): number => {
  const length = head[offset + 1] ?? 0;
  return offset + 2 + (length > 0x80 ? length & 0x7f : 0);
};

export function foreignError(found: ForeignFormat, file: string, wanted: Wanted): ModelsealError {
  const { format, convert } = FORMATS[found];
  return new ModelsealError('ERR_FILE_FORMAT', { file, format, command: convert(quoted(file), wanted) });
}

/** A name that a shell would take apart is quoted; the command is there to be pasted. */
function quoted(file: string): string {
  return /^[\w./][\w./-]*$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`;
}
