import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { ModelsealError } from '../../core/errors/index.js';
import { parseStrictJson } from '../../core/json/strict-json.js';
import { type Credentials, findCredentials } from './credentials.js';
import { type Answer, type Asked, ask, failed, isLoopback, parse, readBody } from './http.js';
import type { RegistryReference } from './reference.js';

/** The distribution specification lets registries refuse larger ones. */
export const MAX_MANIFEST = 4 * 1024 * 1024;
const MAX_TOKEN = 256 * 1024;
const MAX_ERROR = 64 * 1024;

export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
export const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json';

export interface RegistryOptions {
  /** Variables that say where the container tools keep their accounts. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

/** A manifest or index as received, with the digest of exactly these bytes. */
export interface ReceivedDocument {
  readonly bytes: Uint8Array;
  readonly digest: string;
  readonly json: Readonly<Record<string, unknown>>;
}

export const digestOf = (bytes: Uint8Array): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** One repository of a registry (OCI distribution specification 1.1). Trusts nothing that it receives. */
export class RegistryClient {
  readonly #base: URL;
  readonly #repository: string;
  readonly #options: RegistryOptions;
  #credentials: Promise<Credentials | undefined> | undefined;
  #authorization: string | undefined;

  constructor({ host, repository }: RegistryReference, options: RegistryOptions) {
    const real = host === 'docker.io' ? 'registry-1.docker.io' : host;
    this.#base = new URL(`${isLoopback(host) ? 'http' : 'https'}://${real}/`);
    this.#repository = repository;
    this.#options = options;
  }

  /**
   * @param name Tag or digest.
   * @returns Undefined where there is none.
   * @throws {ModelsealError} `ERR_REGISTRY_FAILED`, `ERR_REGISTRY_DIGEST`, `ERR_REGISTRY_REFUSED`
   */
  async manifest(name: string): Promise<ReceivedDocument | undefined> {
    const answer = await this.#ask('GET', `manifests/${name}`, {
      headers: {
        accept: `${MANIFEST_TYPE}, ${INDEX_TYPE}, application/vnd.docker.distribution.manifest.v2+json`,
      },
    });
    if (answer.status === 404) return void answer.body.destroy();
    await this.#require(answer, 200, `the manifest ${name}`);
    return this.#document(answer, name);
  }

  /** The referrers of a manifest by the registry's own list; undefined where it keeps none. */
  async referrers(digest: string): Promise<ReceivedDocument | undefined> {
    const answer = await this.#ask('GET', `referrers/${digest}`, { headers: { accept: INDEX_TYPE } });
    const listed = answer.status === 200 && String(answer.headers['content-type']).startsWith(INDEX_TYPE);
    if (!listed) return void answer.body.destroy();
    return this.#document(answer, undefined);
  }

  async #document(answer: Answer, name: string | undefined): Promise<ReceivedDocument> {
    const bytes = await readBody(answer, MAX_MANIFEST);
    const digest = digestOf(bytes);
    if (name?.startsWith('sha256:') && digest !== name)
      throw new ModelsealError('ERR_REGISTRY_DIGEST', {
        what: 'the manifest',
        expected: name,
        found: digest,
      });
    const json = parseStrictJson(bytes, { what: `manifest ${digest}`, maxBytes: MAX_MANIFEST, maxDepth: 16 });
    if (typeof json !== 'object' || json === null || Array.isArray(json))
      throw new ModelsealError('ERR_REGISTRY_MANIFEST', { problem: 'it is not an object' });
    return { bytes, digest, json: json as Readonly<Record<string, unknown>> };
  }

  /**
   * A small blob, whole.
   *
   * @throws {ModelsealError} as {@link manifest}
   */
  async blob(digest: string, size: number): Promise<Uint8Array> {
    const answer = await this.openBlob(digest, 0);
    const bytes = await readBody(answer, size);
    const found = digestOf(bytes);
    if (found !== digest)
      throw new ModelsealError('ERR_REGISTRY_DIGEST', { what: 'a blob', expected: digest, found });
    return bytes;
  }

  /** @param from Where to begin, for a download that was cut off; the answer is 206 only where the registry can. */
  async openBlob(digest: string, from: number): Promise<Answer> {
    const answer = await this.#ask('GET', `blobs/${digest}`, {
      headers: from > 0 ? { range: `bytes=${from}-` } : {},
      redirects: true,
    });
    if (answer.status !== 206 || from === 0) await this.#require(answer, 200, `the blob ${digest}`);
    return answer;
  }

  /** Uploads a blob unless the registry has it, and returns whether it was sent. */
  async putBlob(digest: string, size: number, body: () => Readable): Promise<boolean> {
    const head = await this.#ask('HEAD', `blobs/${digest}`);
    head.body.destroy();
    if (head.status === 200) return false;
    const started = await this.#ask('POST', 'blobs/uploads/', {
      headers: { 'content-length': '0' },
      push: true,
    });
    await this.#require(started, 202, 'an upload');
    started.body.destroy();
    const { location } = started.headers;
    if (location === undefined) throw failed(this.#base, 'it names no place for an upload');
    const url = parse(location, started.url);
    if (url.host !== this.#base.host || url.protocol !== this.#base.protocol)
      throw failed(this.#base, `it wants the upload at ${url.host}`);
    url.searchParams.set('digest', digest);
    const headers = { 'content-length': String(size), 'content-type': 'application/octet-stream' };
    const done = await this.#send({ method: 'PUT', url, headers: this.#headers(headers), body });
    await this.#require(done, 201, `the blob ${digest}`);
    done.body.destroy();
    return true;
  }

  /** @returns Whether the registry keeps the list of referrers itself. */
  async putManifest(name: string, type: string, bytes: Uint8Array): Promise<boolean> {
    const headers = { 'content-type': type, 'content-length': String(bytes.length) };
    const answer = await this.#ask('PUT', `manifests/${name}`, { headers, body: bytes, push: true });
    await this.#require(answer, 201, `the manifest ${name}`);
    answer.body.destroy();
    return answer.headers['oci-subject'] !== undefined;
  }

  async #ask(
    method: string,
    path: string,
    {
      headers = {},
      push = false,
      ...rest
    }: Partial<Pick<Asked, 'headers' | 'body' | 'redirects'>> & { readonly push?: boolean } = {},
  ): Promise<Answer> {
    const url = new URL(`v2/${this.#repository}/${path}`, this.#base);
    const first = await this.#send({ method, url, headers: this.#headers(headers), ...rest });
    if (first.status !== 401) return first;
    first.body.destroy();
    await this.#authorize(first, push || method === 'HEAD');
    return this.#send({ method, url, headers: this.#headers(headers), ...rest });
  }

  #send(asked: Asked): Promise<Answer> {
    return ask({ ...asked, signal: this.#options.signal });
  }

  #headers(headers: Readonly<Record<string, string>>): Record<string, string> {
    return { ...headers, ...(this.#authorization ? { authorization: this.#authorization } : {}) };
  }

  /** Answers a challenge (RFC 9110 §11.6.1), with the token protocol of Docker's registry where it is asked for. */
  async #authorize(answer: Answer, push: boolean): Promise<void> {
    this.#credentials ??= findCredentials(this.#base.host, this.#options.env);
    const credentials = await this.#credentials;
    const basic =
      credentials && `Basic ${Buffer.from(`${credentials.user}:${credentials.secret}`).toString('base64')}`;
    const challenge = String(answer.headers['www-authenticate'] ?? '');
    if (/^basic/i.test(challenge)) {
      if (!basic) throw new ModelsealError('ERR_REGISTRY_DENIED', { registry: this.#base.host });
      this.#authorization = basic;
      return;
    }
    const values = Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, k, v]) => [k, v]));
    if (!/^bearer/i.test(challenge) || values.realm === undefined)
      throw new ModelsealError('ERR_REGISTRY_DENIED', { registry: this.#base.host });
    const realm = parse(values.realm, this.#base);
    if (realm.protocol !== 'https:' && !(isLoopback(realm.hostname) && isLoopback(this.#base.hostname)))
      throw failed(this.#base, 'it sends us for a token to an address without TLS');
    if (values.service !== undefined) realm.searchParams.set('service', values.service);
    realm.searchParams.set('scope', `repository:${this.#repository}:${push ? 'pull,push' : 'pull'}`);
    const given = await this.#send({
      method: 'GET',
      url: realm,
      headers: basic && credentials?.user !== '<token>' ? { authorization: basic } : {},
    });
    if (given.status === 401 || given.status === 403) {
      given.body.destroy();
      throw new ModelsealError('ERR_REGISTRY_DENIED', { registry: this.#base.host });
    }
    const bytes = await readBody(given, MAX_TOKEN);
    const json = parseStrictJson(bytes, { what: 'token', maxBytes: MAX_TOKEN, maxDepth: 8 }) as {
      token?: unknown;
      access_token?: unknown;
    } | null;
    const token = json?.token ?? json?.access_token;
    if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token))
      throw failed(this.#base, 'it gave no token');
    this.#authorization = `Bearer ${token}`;
  }

  async #require(answer: Answer, status: number, what: string): Promise<void> {
    if (answer.status === status) return;
    if (answer.status === 401 || answer.status === 403) {
      answer.body.destroy();
      throw new ModelsealError('ERR_REGISTRY_DENIED', { registry: this.#base.host });
    }
    await readBody(answer, MAX_ERROR).catch(() => undefined);
    if (answer.status === 404)
      throw new ModelsealError('ERR_REGISTRY_NOT_FOUND', { registry: this.#base.host, what });
    throw failed(this.#base, `it answers ${answer.status} for ${what}`);
  }
}
