import { createHash, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TimestampAuthority, type TimestampAuthorityOptions } from '../../ca/index.js';
import { context, der, Tag } from '../../core/der/index.js';
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

/** What a hand-made token says, right or wrong; it shares no code with the authority of the product. */
export interface TokenSpec {
  readonly signature: Uint8Array;
  readonly issued: Issued;
  readonly at?: Date;
  /** The certificate that comes along, where it is another. */
  readonly bring?: Issued;
  /** Without it the signed attributes do not say which certificate signed. */
  readonly bound?: boolean;
}

/** A token signed by a key of P-256, by hand. */
export async function signToken(spec: TokenSpec): Promise<Uint8Array> {
  const { issued, bring = issued, at = AT, bound = true } = spec;
  const sha256 = der.sequence(der.oid('2.16.840.1.101.3.4.2.1'));
  const hash = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
  const content = der.sequence(
    der.integer(1),
    der.oid('1.2.3.4'),
    der.sequence(sha256, der.octetString(hash(spec.signature))),
    der.integer(42),
    der.generalizedTime(at),
  );
  const attribute = (oid: string, value: Uint8Array): Uint8Array =>
    der.sequence(der.oid(oid), der.setOf(value));
  const attributes = der.setOf(
    attribute('1.2.840.113549.1.9.3', der.oid('1.2.840.113549.1.9.16.1.4')),
    attribute('1.2.840.113549.1.9.4', der.octetString(hash(content))),
    ...(bound
      ? [
          attribute(
            '1.2.840.113549.1.9.16.2.47',
            der.sequence(der.sequence(der.sequence(der.octetString(hash(issued.der))))),
          ),
        ]
      : []),
  );
  const implicit = attributes.slice();
  implicit[0] = context(0);
  const { issuer, serialBytes } = bring.certificate;
  const signer = der.sequence(
    der.integer(1),
    der.sequence(issuer.raw, der.element(Tag.INTEGER, serialBytes)),
    sha256,
    implicit,
    der.sequence(der.oid('1.2.840.10045.4.3.2')),
    der.octetString(sign('sha256', attributes, issued.key.privateKey)),
  );
  const data = der.sequence(
    der.integer(3),
    der.setOf(sha256),
    der.sequence(der.oid('1.2.840.113549.1.9.16.1.4'), der.element(context(0), der.octetString(content))),
    der.element(context(0), bring.der),
    der.setOf(signer),
  );
  return der.sequence(der.oid('1.2.840.113549.1.7.2'), der.element(context(0), data));
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
