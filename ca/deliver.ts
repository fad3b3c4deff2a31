import type { KeyObject } from 'node:crypto';
import { createPublicKey } from 'node:crypto';
import { join } from 'node:path';
import { ModelsealError } from '../core/errors/index.js';
import { encodePrivateKey, encryptPrivateKey, generatePrivateKey, signingKey } from '../core/keys/index.js';
import { checkOptions, is, type OptionTable } from '../core/options.js';
import { encodePem } from '../core/pem.js';
import { type Certificate, oidName, readCertificates } from '../core/x509/index.js';
import { certificatePem } from './encode/certificate.js';
import type { Authority, IssuedCertificate } from './authority.js';
import { createRequest } from './csr/create.js';
import { CertificateRequest } from './csr/request.js';
import { makeFolder, type NewFile, PUBLIC, refuseExisting, SECRET, writeNewFiles } from './home.js';
import type { Identities } from './identity.js';
import { keyType } from './profile.js';

/** How a new private key is written: plainly, or under a passphrase that is asked for when it is needed. */
export type KeyProtection = 'plain' | ((file: string) => Promise<string>);

export interface DeliveryRequest {
  /** Folder for cert.pem, chain.pem and, for a fresh key, key.pem. None of them may exist. */
  readonly out: string;
  readonly at: Date;
  readonly name?: string | undefined;
  readonly emails?: readonly string[] | undefined;
  readonly uris?: readonly string[] | undefined;
  readonly days?: number | undefined;
  /** Certify the key of this request; without one, a fresh key is made. */
  readonly csr?: CertificateRequest | undefined;
  /** Take name and identities from the request where none are stated here. */
  readonly acceptCsrIdentities?: boolean | undefined;
  readonly keyType?: string | undefined;
  readonly protection: KeyProtection;
  /** Certify the key of a request again, for the same identities. */
  readonly reuseKey?: boolean | undefined;
}

const FRESH = { out: is.text, keyType: is.text, protection: is.anything };
const DELIVERY: OptionTable<DeliveryRequest> = {
  ...FRESH,
  at: is.time,
  name: is.text,
  emails: is.list(is.text),
  uris: is.list(is.text),
  days: is.number,
  csr: is.made(CertificateRequest),
  acceptCsrIdentities: is.flag,
  reuseKey: is.flag,
};

export interface Delivery {
  readonly issued: IssuedCertificate;
  readonly files: readonly string[];
  /** What the request asked for and did not get, in words. */
  readonly ignored: readonly string[];
}

/**
 * Issues one certificate into a folder. Everything that can fail is tried before the certificate is signed; should
 * writing fail all the same, nothing stays behind but its record, from which `ca show --pem` prints it again.
 *
 * @throws {ModelsealError} `ERR_FILE_EXISTS`, `ERR_FILE_UNWRITABLE`, what {@link Authority.issue} throws
 * @example
 * const csr = readRequest('ada/request.csr');
 * await issueInto(authority, { out: 'ada', at: new Date(), csr, emails: ['ada@example.org'], protection: 'plain' });
 */
export async function issueInto(authority: Authority, request: DeliveryRequest): Promise<Delivery> {
  checkOptions('issueInto', request, DELIVERY);
  const { out, at, csr } = request;
  const path = (name: string): string => join(out, name);
  refuseExisting(['cert.pem', 'chain.pem', ...(csr ? [] : ['key.pem'])].map(path));
  const { ignored, ...wishes } = csr === undefined ? stated(request) : requested(request, csr);
  const fresh = csr === undefined ? await freshKey(request, path('key.pem')) : undefined;
  const publicKey = csr?.publicKey ?? createPublicKey((fresh as FreshKey).key);
  const delivered = await deliver(out, fresh === undefined ? [] : [fresh.file], () =>
    authority.issue({ ...wishes, publicKey, at, days: request.days, reuseKey: request.reuseKey }),
  );
  return { ...delivered, ignored };
}

/** A time-stamp authority to be made. */
export interface TsaOrder {
  /** Folder for cert.pem, chain.pem and key.pem. None of them may exist. */
  readonly out: string;
  readonly at: Date;
  readonly name: string;
  readonly days?: number | undefined;
  readonly keyType?: string | undefined;
  readonly protection: KeyProtection;
}

const TSA: OptionTable<TsaOrder> = { ...FRESH, at: is.time, name: is.text, days: is.number };

/**
 * Makes the key and certificate of a time-stamp authority, in the manner of {@link issueInto}.
 *
 * @throws {ModelsealError} `ERR_FILE_EXISTS`, `ERR_FILE_UNWRITABLE`, what {@link Authority.issueTsa} throws
 * @example
 * await issueTsaInto(authority, { out: 'tsa', at: new Date(), name: 'Example time stamps', protection: passphrase });
 */
export async function issueTsaInto(
  authority: Authority,
  order: TsaOrder,
): Promise<Pick<Delivery, 'issued' | 'files'>> {
  checkOptions('issueTsaInto', order, TSA);
  const { out, at, name, days } = order;
  const path = (file: string): string => join(out, file);
  refuseExisting(['cert.pem', 'chain.pem', 'key.pem'].map(path));
  const { key, file } = await freshKey(order, path('key.pem'));
  return deliver(out, [file], () => authority.issueTsa({ publicKey: createPublicKey(key), name, at, days }));
}

/** Has a certificate issued and writes it beside the files given; a folder that was made for it does not stay empty. */
export async function deliver(
  out: string,
  before: readonly NewFile[],
  issue: () => Promise<IssuedCertificate>,
): Promise<Pick<Delivery, 'issued' | 'files'>> {
  const removeFolder = makeFolder(out);
  try {
    const issued = await issue();
    const files: NewFile[] = [
      ...before,
      { path: join(out, 'chain.pem'), data: issued.chainPem, mode: PUBLIC },
      { path: join(out, 'cert.pem'), data: issued.pem, mode: PUBLIC },
    ];
    writeNewFiles(files);
    return { issued, files: files.map((file) => file.path) };
  } catch (error) {
    removeFolder();
    throw error;
  }
}

export interface CrossOrder {
  /** File that holds the certificate of the other issuing CA, first. */
  readonly certificate: string;
  /** New file for the cross-certificate. */
  readonly out: string;
  readonly at: Date;
}

const CROSS: OptionTable<CrossOrder> = { certificate: is.text, out: is.text, at: is.time };

/**
 * Has the issuing CA of another authority certified and writes the cross-certificate.
 *
 * @throws {ModelsealError} `ERR_FILE_…`, what {@link Authority.crossCertify} throws
 * @example
 * await crossCertifyInto(authority, { certificate: 'old/issuing.pem', out: 'cross.pem', at: new Date() });
 */
export async function crossCertifyInto(authority: Authority, order: CrossOrder): Promise<Certificate> {
  checkOptions('crossCertifyInto', order, CROSS);
  const { certificate: file, out, at } = order;
  refuseExisting([out]);
  const [other] = readCertificates(file, 'certificate of a CA');
  if (other === undefined) throw new ModelsealError('ERR_CROSS_NOT_CA', { certificate: file });
  const made = await authority.crossCertify(other, at);
  writeNewFiles([{ path: out, data: certificatePem(made.raw), mode: PUBLIC }]);
  return made;
}

export interface RequestFiles {
  readonly request: string;
  readonly key: string;
}

/**
 * Makes a key and a request for it: what a developer does whose key the authority shall never see.
 *
 * @throws {ModelsealError} `ERR_FILE_EXISTS`, `ERR_FILE_UNWRITABLE`, `ERR_CA_NAME`, `ERR_CA_IDENTITY…`
 * @example
 * await requestInto({ out: 'ada', name: 'Ada Lovelace', emails: ['ada@example.org'], protection: passphrase });
 */
export async function requestInto(
  options: Pick<DeliveryRequest, 'out' | 'keyType' | 'protection'> &
    Partial<Identities> & { readonly name: string },
): Promise<RequestFiles> {
  checkOptions('requestInto', options, {
    ...FRESH,
    name: is.text,
    emails: is.list(is.text),
    uris: is.list(is.text),
  });
  const files = { request: join(options.out, 'request.csr'), key: join(options.out, 'key.pem') };
  refuseExisting([files.request, files.key]);
  const { key, file } = await freshKey(options, files.key);
  const removeFolder = makeFolder(options.out);
  try {
    const { name, emails = [], uris = [] } = options;
    const csr = await createRequest(signingKey(key), name, { emails, uris });
    // Read back as the authority will: a request that it would refuse is not worth sending.
    CertificateRequest.verify(csr, files.request);
    writeNewFiles([file, { path: files.request, data: encodePem('CERTIFICATE REQUEST', csr), mode: PUBLIC }]);
    return files;
  } catch (error) {
    removeFolder();
    throw error;
  }
}

export interface FreshKey {
  readonly key: KeyObject;
  readonly file: NewFile;
}

/** Makes a key, and the file that it is to be written into. */
export async function freshKey(
  request: Pick<DeliveryRequest, 'keyType' | 'protection'>,
  path: string,
): Promise<FreshKey> {
  const { protection } = request;
  const type = keyType(request.keyType ?? 'rsa-2048');
  const passphrase = protection === 'plain' ? undefined : await protection(path);
  const key = await generatePrivateKey(type);
  const data = passphrase === undefined ? encodePrivateKey(key) : await encryptPrivateKey(key, passphrase);
  return { key, file: { path, data, mode: SECRET } };
}

interface Wishes {
  readonly name: string;
  readonly emails: readonly string[];
  readonly uris: readonly string[];
  readonly ignored: readonly string[];
}

function stated(request: DeliveryRequest): Wishes {
  return { name: nameOf(request), emails: request.emails ?? [], uris: request.uris ?? [], ignored: [] };
}

/**
 * What becomes of a request's wishes. The operator's word goes first; without `acceptCsrIdentities` the request
 * contributes its key and nothing else, since anyone can write any name into one.
 */
function requested(request: DeliveryRequest, csr: CertificateRequest): Wishes {
  const { commonName, emails, uris, otherNames, extensions } = csr.requested;
  const accept = request.acceptCsrIdentities === true;
  const own: Identities = { emails: request.emails ?? [], uris: request.uris ?? [] };
  const named = own.emails.length > 0 || own.uris.length > 0;
  const wishes = {
    name: nameOf(request, accept ? commonName : undefined),
    emails: named || !accept ? own.emails : emails,
    uris: named || !accept ? own.uris : uris,
  };
  const ignored = [
    ...(commonName !== undefined && commonName !== wishes.name ? [`name ${commonName}`] : []),
    ...[...emails, ...uris]
      .filter((identity) => !wishes.emails.includes(identity) && !wishes.uris.includes(identity))
      .map((identity) => `identity ${identity}`),
    ...otherNames.map((identity) => `identity ${identity}`),
    ...extensions.filter((oid) => oid !== SUBJECT_ALT_NAME).map((oid) => `extension ${oidName(oid)}`),
  ];
  return { ...wishes, ignored };
}

/** Its contents are accounted for one by one. */
const SUBJECT_ALT_NAME = '2.5.29.17';

/** The operator's word first, then the identity that the operator vouched for; an accepted request's own name last. */
function nameOf(request: DeliveryRequest, requested?: string): string {
  const name = request.name ?? request.emails?.[0] ?? request.uris?.[0] ?? requested;
  if (name !== undefined) return name;
  throw new ModelsealError('ERR_CA_NAME', { field: 'name', problem: 'none was given' });
}
