import { createHash, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { der } from '../../core/der/index.js';
import { IN_TOTO_PAYLOAD_TYPE, preAuthEncoding } from '../../core/dsse.js';
import { Certificate } from '../../core/x509/index.js';
import type { Editable } from './edit-bundle.js';
import {
  type CertificateSpec,
  extensions,
  general,
  type Issued,
  makeIntermediate,
  makeLeaf,
  makeRoot,
  type TestKey,
  testKey,
} from './pki.js';

/** A Sigstore instance in miniature: authority, certificate log, transparency log. It shares no code with a verifier. */

export const IDENTITY = 'dev@example.com';
export const PROVIDER = 'https://accounts.example.com';
/** When everything below is logged. */
export const LOGGED = new Date('2026-03-01T12:00:00Z');

const ISSUER_V1 = '1.3.6.1.4.1.57264.1.1';
const ISSUER_V2 = '1.3.6.1.4.1.57264.1.8';
const SCT_LIST = '1.3.6.1.4.1.11129.2.4.2';

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const ecdsa = (key: TestKey, bytes: Uint8Array): Buffer => sign('sha256', bytes, key.privateKey);

const root = makeRoot({ subject: 'Test Sigstore', key: testKey('ec-p256', 'fulcio root') });
const fulcio = makeIntermediate(root, { subject: 'Test Fulcio', key: testKey('ec-p256', 'fulcio') });
const ctLog = testKey('ec-p256', 'ct log');
const rekor = testKey('ec-p256', 'rekor');
const logId = (key: TestKey): string => base64(sha256(key.spki));

/** The instance's trusted_root.json. */
export function trustedRoot(): Editable {
  const log = (key: TestKey, baseUrl: string): object => ({
    baseUrl,
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      rawBytes: base64(key.spki),
      keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      validFor: { start: '2026-01-01T00:00:00Z' },
    },
    logId: { keyId: logId(key) },
  });
  return {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [log(rekor, 'https://rekor.test')],
    certificateAuthorities: [
      {
        subject: { organization: 'test', commonName: 'Test Sigstore' },
        uri: 'https://fulcio.test',
        certChain: { certificates: [{ rawBytes: base64(fulcio.der) }, { rawBytes: base64(root.der) }] },
        validFor: { start: '2026-01-01T00:00:00Z' },
      },
    ],
    ctlogs: [log(ctLog, 'https://ct.test')],
    timestampAuthorities: [],
  };
}

/** What a signing may do differently. */
export interface Differently {
  readonly leaf?: CertificateSpec;
  readonly issuer?: Issued;
  readonly provider?: string;
  readonly withoutSct?: boolean;
  readonly ctKey?: TestKey;
  readonly rekorKey?: TestKey;
  readonly loggedAt?: Date;
  /** Changes the log entry after it was made. */
  readonly editEntry?: (entry: Editable) => void;
  /** Changes what is logged, before the log signs it. */
  readonly editBody?: (body: Editable) => void;
}

/** An issuing CA that the trusted root does not know, with the same name. */
export const impostor = (): Issued =>
  makeIntermediate(makeRoot({ subject: 'Test Sigstore', key: testKey('ec-p256', 'impostor root') }), {
    subject: 'Test Fulcio',
    key: testKey('ec-p256', 'impostor'),
  });

/** Turns a signature file of any method into one of the sigstore method, over the same payload. */
export function signWithSigstore(file: string, differently: Differently = {}): void {
  const bundle: Editable = JSON.parse(readFileSync(file, 'utf8'));
  const payload = new Uint8Array(Buffer.from(bundle.dsseEnvelope.payload, 'base64'));
  const leaf = issue(differently);
  const sig = base64(ecdsa(leaf.key, preAuthEncoding(IN_TOTO_PAYLOAD_TYPE, payload)));
  bundle.dsseEnvelope.signatures = [{ sig }];
  const entry = logEntry(payload, sig, leaf, differently);
  bundle.verificationMaterial = {
    certificate: { rawBytes: base64(leaf.der) },
    tlogEntries: [entry],
  };
  writeFileSync(file, JSON.stringify(bundle));
}

/** A ten-minute certificate with an embedded certificate timestamp (RFC 6962 §3.2, §3.3). */
function issue({
  leaf,
  issuer = fulcio,
  provider = PROVIDER,
  withoutSct,
  ctKey = ctLog,
}: Differently): Issued {
  const spec: CertificateSpec = {
    subject: [],
    key: testKey('ec-p256', 'ephemeral'),
    serial: 4711,
    notBefore: new Date(LOGGED.getTime() - 60_000),
    notAfter: new Date(LOGGED.getTime() + 540_000),
    ...leaf,
    extensions: {
      '2.5.29.17': extensions.subjectAltName([general.email(IDENTITY)], true),
      [ISSUER_V1]: extensions.raw(ISSUER_V1, false, Buffer.from(provider)),
      [ISSUER_V2]: extensions.raw(ISSUER_V2, false, der.utf8String(provider)),
      ...leaf?.extensions,
    },
  };
  const bare = makeLeaf(issuer, spec);
  if (withoutSct) return bare;
  const { tbs } = Certificate.decode(bare.der);
  const timestamp = Buffer.alloc(8);
  timestamp.writeBigUInt64BE(BigInt(LOGGED.getTime()));
  const length = Buffer.from([tbs.length >> 16, (tbs.length >> 8) & 255, tbs.length & 255]);
  const signature = ecdsa(
    ctKey,
    Buffer.concat([
      Buffer.from([0, 0]),
      timestamp,
      Buffer.from([0, 1]),
      sha256(issuer.key.spki),
      length,
      tbs,
      Buffer.from([0, 0]),
    ]),
  );
  const sct = Buffer.concat([
    Buffer.from([0]),
    sha256(ctKey.spki),
    timestamp,
    Buffer.from([0, 0, 4, 3]),
    uint16(signature.length),
    signature,
  ]);
  const list = Buffer.concat([uint16(sct.length + 2), uint16(sct.length), sct]);
  return makeLeaf(issuer, { ...spec, extra: [extensions.raw(SCT_LIST, false, der.octetString(list))] });
}

/** Entry 0 of a log of two, with signed promise, proof and checkpoint. */
function logEntry(payload: Uint8Array, sig: string, leaf: Issued, differently: Differently): Editable {
  const key = differently.rekorKey ?? rekor;
  const body: Editable = {
    apiVersion: '0.0.1',
    kind: 'dsse',
    spec: {
      payloadHash: { algorithm: 'sha256', value: sha256(payload).toString('hex') },
      signatures: [{ signature: sig, verifier: base64(Buffer.from(leaf.pem)) }],
    },
  };
  differently.editBody?.(body);
  const canonicalizedBody = Buffer.from(JSON.stringify(body));
  const integratedTime = Math.floor((differently.loggedAt ?? LOGGED).getTime() / 1000);
  const promise = JSON.stringify({
    body: base64(canonicalizedBody),
    integratedTime,
    logID: sha256(key.spki).toString('hex'),
    logIndex: 0,
  });
  const leafHash = sha256(Buffer.concat([Buffer.from([0]), canonicalizedBody]));
  const sibling = sha256(Buffer.from('the other entry'));
  const rootHash = sha256(Buffer.concat([Buffer.from([1]), leafHash, sibling]));
  const note = `rekor.test\n2\n${base64(rootHash)}\n`;
  const noteSignature = Buffer.concat([sha256(key.spki).subarray(0, 4), ecdsa(key, Buffer.from(note))]);
  const entry: Editable = {
    logIndex: '0',
    logId: { keyId: logId(key) },
    kindVersion: { kind: 'dsse', version: '0.0.1' },
    integratedTime: String(integratedTime),
    inclusionPromise: { signedEntryTimestamp: base64(ecdsa(key, Buffer.from(promise))) },
    inclusionProof: {
      logIndex: '0',
      treeSize: '2',
      rootHash: base64(rootHash),
      hashes: [base64(sibling)],
      checkpoint: { envelope: `${note}\n\u2014 rekor.test ${base64(noteSignature)}\n` },
    },
    canonicalizedBody: base64(canonicalizedBody),
  };
  differently.editEntry?.(entry);
  return entry;
}

function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255]);
}
