import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { ModelsealError } from '../errors/index.js';

/** One address that a host name stands for. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Turns a host name into addresses; replaced in tests. */
export type Resolve = (host: string) => Promise<readonly ResolvedAddress[]>;

export const systemResolve: Resolve = async (host) => {
  const found = await lookup(host, { all: true, verbatim: true });
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
};

/** IPv4 ranges that are not the public Internet (RFC 6890 and the IANA special-purpose registry). */
const SPECIAL_IPV4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/** Of IPv6 only 2000::/3 is public; inside it, ranges that are not, or that tunnel to some IPv4 address. */
const SPECIAL_IPV6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const special = new BlockList();
for (const [network, prefix] of SPECIAL_IPV4) special.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of SPECIAL_IPV6) special.addSubnet(network, prefix, 'ipv6');
const global6 = new BlockList();
global6.addSubnet('2000::', 3, 'ipv6');

/** Whether an address is on the public Internet: not private, loopback, link-local, multicast or reserved. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !special.check(address, 'ipv4');
  return family === 6 && global6.check(address, 'ipv6') && !special.check(address, 'ipv6');
}

/**
 * The address to connect to. It is looked up once and then used as it is: a name that answers differently the next
 * time cannot lead the connection elsewhere.
 *
 * @throws {ModelsealError} `ERR_FETCH_RESOLVE`, `ERR_FETCH_PRIVATE_ADDRESS` where any of the addresses is not public
 */
export async function chooseAddress(
  url: URL,
  resolve: Resolve,
  allowPrivate: boolean,
): Promise<ResolvedAddress> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const family = isIP(host);
  const addresses: readonly ResolvedAddress[] =
    family === 0 ? await resolveName(url, host, resolve) : [{ address: host, family: family === 6 ? 6 : 4 }];
  const [first] = addresses;
  if (!first) throw new ModelsealError('ERR_FETCH_RESOLVE', { url: url.href, problem: 'it has no address' });
  const inside = allowPrivate ? undefined : addresses.find(({ address }) => !isPublicAddress(address));
  if (inside) {
    throw new ModelsealError('ERR_FETCH_PRIVATE_ADDRESS', { url: url.href, address: inside.address });
  }
  return first;
}

async function resolveName(url: URL, host: string, resolve: Resolve): Promise<readonly ResolvedAddress[]> {
  try {
    return await resolve(host);
  } catch (error) {
    const problem = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new ModelsealError('ERR_FETCH_RESOLVE', { url: url.href, problem }, { cause: error });
  }
}
