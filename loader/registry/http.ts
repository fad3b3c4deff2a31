import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Readable } from 'node:stream';
import { ModelsealError } from '../../core/errors/index.js';

/** Nothing arrives for so long: the connection counts as lost. */
const IDLE_MS = 30_000;
/** Until the head of an answer is there; a registry that hashes a large upload first needs a while. */
const HEAD_MS = 120_000;
const MAX_HEADERS = 32 * 1024;
/** Registries redirect a blob once, to their storage. */
const MAX_REDIRECTS = 3;

export interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | (() => Readable) | undefined;
  /** Only downloads of blobs are redirected. */
  readonly redirects?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** To be read to its end or destroyed. */
  readonly body: IncomingMessage;
  /** Where it came from in the end. */
  readonly url: URL;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i;

export const isLoopback = (host: string): boolean => LOOPBACK.test(host.replace(/:\d+$/, ''));

/** TLS, or plain HTTP to this machine where the registry itself is on it. */
function requireSafe(url: URL, from: URL): void {
  const safe =
    url.protocol === 'https:' ||
    (url.protocol === 'http:' && isLoopback(url.hostname) && isLoopback(from.hostname));
  if (!safe || url.username !== '' || url.password !== '')
    throw failed(from, `it leads to ${url.protocol}//${url.host}, which is not asked`);
}

export const failed = (url: URL, problem: string, cause?: unknown): ModelsealError =>
  new ModelsealError('ERR_REGISTRY_FAILED', { registry: url.host, problem }, { cause });

/**
 * One request. Everything a hostile server could draw out has an end: headers, time without bytes, redirections.
 *
 * @throws {ModelsealError} `ERR_REGISTRY_FAILED`, `ERR_INTERRUPTED`
 */
export async function ask(asked: Asked): Promise<Answer> {
  let { url } = asked;
  let headers = asked.headers;
  requireSafe(url, url);
  for (let hop = 0; ; hop++) {
    const answer = await once({ ...asked, url, headers });
    const { location } = answer.headers;
    const moved = [301, 302, 303, 307, 308].includes(answer.status) && location !== undefined;
    if (!moved || !asked.redirects) return answer;
    answer.body.destroy();
    if (hop === MAX_REDIRECTS) throw failed(url, `it redirects more than ${MAX_REDIRECTS} times`);
    const next = parse(location, url);
    requireSafe(next, url);
    // Storage gets its permission in the address, and never our account.
    if (next.host !== url.host || next.protocol !== url.protocol) {
      const { authorization: _, ...rest } = headers;
      headers = rest;
    }
    url = next;
  }
}

export function parse(location: string, base: URL): URL {
  try {
    return new URL(location, base);
  } catch {
    throw failed(base, 'it names an address that is none');
  }
}

function once({ method, url, headers, body, signal }: Asked): Promise<Answer> {
  return new Promise((answered, rejected) => {
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    const request: ClientRequest = send(url, {
      method,
      headers,
      maxHeaderSize: MAX_HEADERS,
      ...(signal ? { signal } : {}),
    });
    const late = setTimeout(() => request.destroy(new Error('no answer came')), HEAD_MS);
    request.setTimeout(IDLE_MS, () => request.destroy(new Error('nothing arrives any more')));
    request.once('error', (error) => {
      clearTimeout(late);
      if (signal?.aborted)
        rejected(new ModelsealError('ERR_INTERRUPTED', { work: 'talking to the registry' }));
      else rejected(failed(url, error.message || 'the connection failed', error));
    });
    request.once('response', (response) => {
      clearTimeout(late);
      answered({ status: response.statusCode ?? 0, headers: response.headers, body: response, url });
    });
    if (typeof body === 'function') {
      const stream = body();
      stream.once('error', (error) => request.destroy(error));
      stream.pipe(request);
    } else request.end(body);
  });
}

/** @throws {ModelsealError} `ERR_REGISTRY_FAILED` beyond `limit` bytes or `ms` */
export async function readBody({ body, url }: Answer, limit: number, ms = HEAD_MS): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  const end = setTimeout(() => body.destroy(new Error('it takes too long')), ms);
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) throw failed(url, `an answer has more than the ${limit} bytes that it may have`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof ModelsealError ? error : failed(url, 'an answer was cut short', error);
  } finally {
    clearTimeout(end);
    body.destroy();
  }
  return new Uint8Array(Buffer.concat(chunks));
}
