import { readTlv, Tag } from './der/index.js';
import { isModelsealError, ModelsealError } from './errors/index.js';
import { decodePem, type PemBlock } from './objects/blocks.js';
import { foreignBytes, foreignError, foreignLabel, foreignText, type Wanted } from './objects/foreign.js';
import { readPkcs7 } from './objects/pkcs7.js';
import { decodeText, isDer } from './objects/text.js';

export { decodePem, encodePem, type PemBlock } from './objects/blocks.js';

// The one door to files that hold certificates, keys, requests, CRLs and responses. What is read, and what is only
// named with the command that converts it, is the same for every option that takes such a file.

/** One object of a file. DER does not say what it is. */
export type FileObject = PemBlock | { readonly label: undefined; readonly bytes: Uint8Array };

/**
 * The objects of a file, in its order: PEM (in UTF-8, or in UTF-16 with its mark), DER, DER in bare base64, and what a
 * PKCS#7 container carries.
 *
 * @param file Name used in errors.
 * @param wanted What the caller looks for, for the command in the error.
 * @throws {ModelsealError} `ERR_PEM`; `ERR_FILE_FORMAT` for a format that is known and not read
 */
export function readObjects(bytes: Uint8Array, file: string, wanted: Wanted = 'other'): FileObject[] {
  if (isDer(bytes)) return fromDer(bytes, file, wanted);
  const format = foreignBytes(bytes);
  if (format !== undefined) throw foreignError(format, file, wanted);
  const text = decodeText(bytes);
  if (text.includes('\0'))
    throw new ModelsealError('ERR_PEM', { file, problem: 'it is neither text nor DER' });
  const foreign = foreignText(text);
  if (foreign !== undefined) throw foreignError(foreign, file, wanted);
  const bare = fromBase64(text);
  if (bare !== undefined) return fromDer(bare, file, wanted);
  return decodePem(text, file).flatMap((block) => {
    const other = foreignLabel(block.label);
    if (other !== undefined) throw foreignError(other, file, wanted);
    if (block.label !== 'PKCS7' && block.label !== 'CMS') return [block];
    const carried = unpack(block.bytes);
    if (carried === undefined) throw foreignError('pkcs7Pem', file, wanted);
    return carried;
  });
}

/** Whether a file that begins like this is for {@link readObjects}, to read or to name. */
export function beginsLikeObjects(head: Uint8Array): boolean {
  if (head[0] === Tag.SEQUENCE || foreignBytes(head) !== undefined) return true;
  const text = decodeText(head);
  if (text.includes('-----BEGIN ') || foreignText(text) !== undefined) return true;
  // A short object is whole in the head; the long form of a length begins with these letters.
  return fromBase64(text) !== undefined || /^\s*MI[A-Za-z0-9+/\s]+=*\s*$/.test(text);
}

/** What may stand beside the objects that are asked for, and is passed over: a key with its certificates is common. */
const PRIVATE_KEYS = ['PRIVATE KEY', 'ENCRYPTED PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY'];
const PARAMETERS = ['EC PARAMETERS', 'DH PARAMETERS'];
const CERTIFICATES = ['CERTIFICATE', 'X509 CERTIFICATE'];
const COMPANIONS: Readonly<Record<string, readonly string[]>> = {
  // No CRL: who puts one beside a trust anchor expects that it counts, and it would not.
  CERTIFICATE: [...PRIVATE_KEYS, ...PARAMETERS],
  'X509 CRL': CERTIFICATES,
  'PRIVATE KEY': [...CERTIFICATES, ...PARAMETERS],
  'PUBLIC KEY': PARAMETERS,
};

const WANTED: Readonly<Record<string, Wanted>> = {
  CERTIFICATE: 'certificate',
  'PRIVATE KEY': 'private key',
  'PUBLIC KEY': 'public key',
};

/**
 * The objects of the asked kind.
 *
 * @param label What they are called in PEM; the first is how errors call them.
 * @throws {ModelsealError} `ERR_PEM` when there is none, or one of another kind that has no business beside them;
 *   `ERR_FILE_FORMAT`
 */
export function objectsOf(
  bytes: Uint8Array,
  label: string | readonly string[],
  file: string,
): [FileObject, ...FileObject[]] {
  const labels = typeof label === 'string' ? [label] : label;
  const [name = ''] = labels;
  const wanted = WANTED[name] ?? 'other';
  const objects = readObjects(bytes, file, wanted);
  const [first, ...more] = objects.filter((o) => o.label === undefined || labels.includes(o.label));
  const other = objects.find(
    (o) => o.label !== undefined && !labels.includes(o.label) && !COMPANIONS[name]?.includes(o.label),
  );
  if (other?.label === 'CERTIFICATE' && wanted === 'public key')
    throw foreignError('certificate', file, wanted);
  const wrong = other ?? (first ? undefined : objects[0]);
  if (wrong) throw new ModelsealError('ERR_PEM', { file, problem: `holds ${wrong.label}, expected ${name}` });
  if (!first) throw new ModelsealError('ERR_PEM', { file, problem: `no ${name} in it` });
  return [first, ...more];
}

/** The DER of {@link objectsOf}. */
export function decodePemOrDer(
  bytes: Uint8Array,
  label: string | readonly string[],
  file: string,
): Uint8Array[] {
  return objectsOf(bytes, label, file).map((object) => object.bytes);
}

function fromDer(bytes: Uint8Array, file: string, wanted: Wanted): FileObject[] {
  const format = foreignBytes(bytes);
  if (format === undefined) return [{ label: undefined, bytes }];
  const carried = format === 'pkcs7' ? unpack(bytes) : undefined;
  if (carried === undefined) throw foreignError(format, file, wanted);
  return carried;
}

function unpack(bytes: Uint8Array): PemBlock[] | undefined {
  try {
    const carried = readPkcs7(bytes);
    return (
      carried && [
        ...carried.certificates.map((der) => ({ label: 'CERTIFICATE', bytes: der, headers: [] })),
        ...carried.crls.map((der) => ({ label: 'X509 CRL', bytes: der, headers: [] })),
      ]
    );
  } catch (error) {
    if (isModelsealError(error, 'ERR_DER')) return undefined;
    throw error;
  }
}

/** DER whose PEM lines got lost, as it stands in JSON and YAML: a whole SEQUENCE and nothing else. */
function fromBase64(text: string): Uint8Array | undefined {
  if (!/^\s*M/.test(text)) return undefined;
  const base64 = text.replace(/\s+/g, '');
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.toString('base64') !== base64) return undefined;
  try {
    const { tag, end } = readTlv(bytes, 0, bytes.length);
    return tag === Tag.SEQUENCE && end === bytes.length ? new Uint8Array(bytes) : undefined;
  } catch (error) {
    if (isModelsealError(error, 'ERR_DER')) return undefined;
    throw error;
  }
}
