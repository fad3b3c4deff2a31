import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const sha256 = (bytes: Uint8Array | string): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** Answers a request itself, in the place of the registry, where it returns true. */
export type Hostile = (request: IncomingMessage, response: ServerResponse, registry: TestRegistry) => boolean;

/** A registry in memory (OCI distribution 1.1), as good or as hostile as a test wants it. */
export class TestRegistry {
  readonly blobs = new Map<string, Buffer>();
  readonly manifests = new Map<string, Buffer>();
  readonly types = new Map<string, string>();
  readonly log: string[] = [];
  readonly seen: IncomingMessage['headers'][] = [];
  referrers = true;
  hostile: Hostile | undefined;
  /** Bytes of answers. */
  sent = 0;
  #server: Server | undefined;

  async start(): Promise<string> {
    this.#server = createServer((request, response) => void this.#handle(request, response));
    await new Promise<void>((done) => this.#server?.listen(0, '127.0.0.1', done));
    return this.host;
  }

  get host(): string {
    const address = this.#server?.address() as AddressInfo | undefined;
    return `127.0.0.1:${address?.port}`;
  }

  stop(): Promise<void> {
    this.#server?.closeAllConnections();
    return new Promise((done) => (this.#server ? this.#server.close(() => done()) : done()));
  }

  manifest(name: string): Record<string, unknown> {
    return JSON.parse(String(this.manifests.get(name))) as Record<string, unknown>;
  }

  /** Puts a manifest of these files under a tag, as a hostile or a foreign client may. */
  put(tag: string, document: object): string {
    const bytes = Buffer.from(JSON.stringify(document));
    const digest = sha256(bytes);
    this.manifests.set(tag, bytes).set(digest, bytes);
    return digest;
  }

  blob(content: string | Uint8Array): { digest: string; size: number } {
    const bytes = Buffer.from(content);
    this.blobs.set(sha256(bytes), bytes);
    return { digest: sha256(bytes), size: bytes.length };
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.log.push(`${request.method} ${request.url}`);
    this.seen.push(request.headers);
    if (this.hostile?.(request, response, this)) return;
    const url = new URL(request.url ?? '/', 'http://x');
    const [, kind = '', name = ''] =
      /^\/v2\/.+?\/(manifests|blobs\/uploads|blobs|referrers)\/(.*)$/.exec(url.pathname) ?? [];
    const body = async (): Promise<Buffer> => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      return Buffer.concat(chunks);
    };
    const end = (
      status: number,
      headers: Record<string, string> = {},
      bytes: Buffer = Buffer.alloc(0),
    ): void => {
      this.sent += bytes.length;
      response.writeHead(status, {
        ...headers,
        ...(request.method === 'HEAD' ? {} : { 'content-length': bytes.length }),
      });
      response.end(request.method === 'HEAD' ? undefined : bytes);
    };
    if (kind === 'blobs/uploads' && request.method === 'POST')
      return end(202, { location: `${url.pathname}1?state=x` });
    if (kind === 'blobs/uploads' && request.method === 'PUT') {
      const bytes = await body();
      if (sha256(bytes) !== url.searchParams.get('digest')) return end(400);
      this.blobs.set(sha256(bytes), bytes);
      return end(201);
    }
    if (kind === 'blobs') {
      const bytes = this.blobs.get(name);
      if (!bytes) return end(404);
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
      if (from === 0) return end(200, {}, bytes);
      return end(
        206,
        { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` },
        bytes.subarray(from),
      );
    }
    if (kind === 'manifests' && request.method === 'PUT') {
      const bytes = await body();
      const digest = sha256(bytes);
      this.manifests.set(name, bytes).set(digest, bytes);
      this.types.set(digest, String(request.headers['content-type']));
      const { subject } = JSON.parse(String(bytes)) as { subject?: { digest: string } };
      return end(201, this.referrers && subject ? { 'oci-subject': subject.digest } : {});
    }
    if (kind === 'manifests') {
      const bytes = this.manifests.get(name);
      return bytes
        ? end(200, { 'content-type': this.types.get(sha256(bytes)) ?? 'application/json' }, bytes)
        : end(404);
    }
    if (kind === 'referrers' && this.referrers) {
      const manifests = [...this.manifests]
        .filter(([key]) => key.startsWith('sha256:'))
        .flatMap(([digest, bytes]) => {
          const json = JSON.parse(String(bytes)) as { subject?: { digest: string }; artifactType?: string };
          const mediaType = 'application/vnd.oci.image.manifest.v1+json';
          return json.subject?.digest === name
            ? [{ mediaType, digest, size: bytes.length, artifactType: json.artifactType }]
            : [];
        });
      const type = 'application/vnd.oci.image.index.v1+json';
      return end(
        200,
        { 'content-type': type },
        Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: type, manifests })),
      );
    }
    end(404);
  }
}
