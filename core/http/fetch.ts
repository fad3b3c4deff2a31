import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isModelsealError, ModelsealError } from '../errors/index.js';
import { chooseAddress, type Resolve, type ResolvedAddress } from './address.js';

/** Redirects followed. A published address moves once or twice; more is a loop. */
export const MAX_REDIRECTS = 3;

/** Longest address taken from a certificate. */
const MAX_URL_LENGTH = 2048;

export interface HttpOptions {
  /** For the whole exchange, redirects and name resolution included. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly allowPrivate: boolean;
  readonly resolve: Resolve;
}

/** What is sent: a GET without a body, else a POST. */
export interface HttpBody {
  readonly type: string;
  readonly bytes: Uint8Array;
}

/**
 * Fetches one small object over http or https. What comes back is signed, so plain http is no weakness; the address may
 * come from a certificate and is not trusted at all.
 *
 * @throws {ModelsealError} `ERR_FETCH_*`
 */
export async function fetchBytes(
  address: string,
  options: HttpOptions,
  body?: HttpBody,
): Promise<Uint8Array> {
  const deadline = AbortSignal.timeout(options.timeoutMs);
  const timedOut = new Promise<never>((_, reject) => {
    const fail = (): void => {
      reject(new ModelsealError('ERR_FETCH_TIMEOUT', { url: address, milliseconds: options.timeoutMs }));
    };
    if (deadline.aborted) fail();
    else deadline.addEventListener('abort', fail, { once: true });
  });
  // The loser of the race must not become an unhandled rejection.
  timedOut.catch(() => undefined);
  return Promise.race([follow(address, options, body, deadline), timedOut]);
}

async function follow(
  address: string,
  options: HttpOptions,
  body: HttpBody | undefined,
  deadline: AbortSignal,
): Promise<Uint8Array> {
  let url = checkedUrl(address);
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const target = await chooseAddress(url, options.resolve, options.allowPrivate);
    deadline.throwIfAborted();
    const response = await send(url, target, body, deadline);
    const next = redirectOf(response, body !== undefined);
    if (next === undefined) return read(response, url, options.maxBytes);
    response.destroy();
    url = checkedUrl(next, url);
  }
  throw new ModelsealError('ERR_FETCH_REDIRECTS', { url: address, limit: MAX_REDIRECTS });
}

function checkedUrl(address: string, base?: URL): URL {
  const fail = (problem: string): never => {
    throw new ModelsealError('ERR_FETCH_URL', { url: address.slice(0, 200), problem });
  };
  if (address.length > MAX_URL_LENGTH) fail('it is too long');
  if (!URL.canParse(address, base)) fail('it is not an address');
  const url = new URL(address, base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') fail(`${url.protocol} is not fetched`);
  if (url.username !== '' || url.password !== '') fail('it carries a user name or password');
  url.hash = '';
  return url;
}

function send(
  url: URL,
  target: ResolvedAddress,
  body: HttpBody | undefined,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const options: RequestOptions = {
    method: body ? 'POST' : 'GET',
    // No pool: connections are few, and a kept one would outlive the check of its address.
    agent: false,
    signal,
    family: target.family,
    lookup: (_host, how, done) => {
      if (how.all) done(null, [{ address: target.address, family: target.family }]);
      else done(null, target.address, target.family);
    },
    headers: {
      'accept-encoding': 'identity',
      'user-agent': 'modelseal',
      ...(body ? { 'content-type': body.type, 'content-length': String(body.bytes.length) } : {}),
    },
  };
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options, resolve);
    request.on('error', (error: NodeJS.ErrnoException) => {
      const problem = error.code ?? error.message;
      reject(new ModelsealError('ERR_FETCH_CONNECTION', { url: url.href, problem }, { cause: error }));
    });
    request.end(body?.bytes);
  });
}

/** A POST is repeated only where the server says so (RFC 9110 §15.4.8, §15.4.9). */
function redirectOf(response: IncomingMessage, post: boolean): string | undefined {
  const followed = post ? [307, 308] : [301, 302, 303, 307, 308];
  return followed.includes(response.statusCode ?? 0) ? response.headers.location : undefined;
}

async function read(response: IncomingMessage, url: URL, limit: number): Promise<Uint8Array> {
  try {
    if (response.statusCode !== 200) {
      throw new ModelsealError('ERR_FETCH_STATUS', { url: url.href, status: response.statusCode ?? 0 });
    }
    const encoding = response.headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity') {
      throw new ModelsealError('ERR_FETCH_CONNECTION', {
        url: url.href,
        problem: 'it answers compressed, which was not asked for',
      });
    }
    const tooLarge = new ModelsealError('ERR_FETCH_TOO_LARGE', { url: url.href, limit });
    if (Number(response.headers['content-length'] ?? 0) > limit) throw tooLarge;
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) throw tooLarge;
      chunks.push(chunk);
    }
    return new Uint8Array(Buffer.concat(chunks));
  } catch (error) {
    if (isModelsealError(error)) throw error;
    const problem = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new ModelsealError('ERR_FETCH_CONNECTION', { url: url.href, problem }, { cause: error });
  } finally {
    response.destroy();
  }
}
