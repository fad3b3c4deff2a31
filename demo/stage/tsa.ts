import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openAuthority, TimestampAuthority } from '../../ca/index.js';
import { signingKey } from '../../core/keys/index.js';
import type { World } from './world.js';

/** Options of a verification that believes the authority of the demonstration for the time as well. */
export const TSA_TRUST = '--tsa-root ca/root.pem';

/**
 * Serves a time-stamp authority of the organisation on this machine while something is done with its address.
 *
 * @param work Gets the address, for `--timestamp-url`.
 */
export async function withTsa<T>(world: World, work: (url: string) => Promise<T>): Promise<T> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const authority = await openAuthority(world.authority, async () => '', { acceptClock: true });
  const issued = await authority
    .issueTsa({ publicKey: createPublicKey(privateKey), name: 'Time-Stamp Authority', at: world.now() })
    .finally(() => authority.close());
  const tsa = new TimestampAuthority({
    key: signingKey(privateKey),
    certificate: issued.certificate,
    chain: [authority.issuing.certificate],
  });
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      tsa.answer(new Uint8Array(Buffer.concat(chunks)), world.now()).then(
        ({ der }) => response.setHeader('content-type', 'application/timestamp-reply').end(der),
        () => response.writeHead(500).end(),
      );
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  } finally {
    server.close();
  }
}
