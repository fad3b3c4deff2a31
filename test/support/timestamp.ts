import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TimestampAuthority, type TimestampAuthorityOptions } from '../../ca/index.js';
import { signingKey } from '../../core/keys/index.js';
import { encodeTimestampRequest, imprintOf } from '../../core/timestamp/index.js';
import { Oid } from '../../core/x509/index.js';
import { TrustAnchors } from '../../loader/path/index.js';
import { AT, type CertificateSpec, extensions, type Issued, makeLeaf, makeRoot, testKey } from './pki.js';

/** A time-stamp authority for tests, with a root of its own. */
export interface TestTsa {
  readonly root: Issued;
  readonly issued: Issued;
  readonly anchors: TrustAnchors;
  readonly authority: TimestampAuthority;
  /** A TimeStampResp over bytes. */
  stamp(bytes: Uint8Array, at?: Date, hash?: 'sha256' | 'sha384' | 'sha512'): Promise<Uint8Array>;
}

export const TSA_EXTENSIONS = {
  [Oid.keyUsage]: extensions.keyUsage(['digitalSignature']),
  [Oid.extKeyUsage]: extensions.extKeyUsage([Oid.timeStamping], true),
  [Oid.subjectAltName]: undefined,
};

export function testTsa(
  spec: CertificateSpec = {},
  root: Issued = makeRoot({ subject: 'Test TSA Root', key: testKey('ec-p256', 'tsa root') }),
  options: Partial<TimestampAuthorityOptions> = {},
): TestTsa {
  const issued = makeLeaf(root, {
    subject: 'Test TSA',
    ...spec,
    extensions: { ...TSA_EXTENSIONS, ...spec.extensions },
  });
  const authority = new TimestampAuthority({
    key: signingKey(issued.key.privateKey),
    certificate: issued.certificate,
    ...options,
  });
  return {
    root,
    issued,
    authority,
    anchors: TrustAnchors.from([root.certificate]),
    stamp: async (bytes, at = AT, hash = 'sha256') => {
      const request = encodeTimestampRequest({ imprint: imprintOf(hash, bytes), certReq: true });
      return (await authority.answer(request, at)).der;
    },
  };
}

/** Serves one authority over HTTP on this machine; `answer` may spoil what it says. */
export async function serveTsa(
  tsa: Pick<TestTsa, 'authority'>,
  at: () => Date,
  answer: (der: Uint8Array) => Uint8Array = (der) => der,
): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      void tsa.authority.answer(new Uint8Array(Buffer.concat(chunks)), at()).then(({ der }) => {
        response.setHeader('content-type', 'application/timestamp-reply').end(answer(der));
      });
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/tsa`, close: () => void server.close() };
}
