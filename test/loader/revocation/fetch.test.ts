import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ErrorCode } from '../../../core/errors/index.js';
import { decodeOcspRequest } from '../../../core/x509/ocsp.js';
import { isPublicAddress } from '../../../core/http/address.js';
import { checkRevocation, type FetchOptions, fetchEvidence } from '../../../loader/revocation/index.js';
import {
  AT,
  extensions,
  general,
  type Issued,
  makeChain,
  makeIntermediate,
  makeLeaf,
  testKey,
} from '../../support/pki.js';
import {
  days,
  distributionPoint,
  makeCrl,
  makeOcsp,
  pathOf,
  pointsExtension,
} from '../../support/revocation.js';
import { useTemp } from '../../support/temp.js';

const { root, issuing } = makeChain();
type Handler = (request: IncomingMessage, body: Buffer, response: ServerResponse) => void;

describe('fetching revocation evidence', () => {
  const temp = useTemp();
  let server: Server;
  let base = '';
  let asked: string[] = [];
  let routes: Record<string, Handler> = {};

  before((done) => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        asked.push(`${request.method} ${request.url}`);
        const handler = routes[request.url ?? ''];
        if (handler) handler(request, Buffer.concat(chunks), response);
        else response.writeHead(404).end();
      });
    });
    server.listen(0, '127.0.0.1', () => {
      base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      done();
    });
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    asked = [];
    routes = {};
  });

  const send =
    (bytes: Uint8Array): Handler =>
    (_request, _body, response) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(bytes);
    };
  const redirect =
    (to: string, status = 302): Handler =>
    (_request, _body, response) => {
      response.writeHead(status, { location: to }).end();
    };
  const leafFor = (crls: readonly string[], ocsp: readonly string[] = []): Issued =>
    makeLeaf(issuing, {
      extra: [
        ...(crls.length > 0 ? [extensions.crlDistributionPoints(crls)] : []),
        ...(ocsp.length > 0 ? [extensions.authorityInfoAccess(ocsp)] : []),
      ],
    });
  const fetched = (leaf: Issued, options: Partial<FetchOptions> = {}) =>
    fetchEvidence(pathOf([leaf, issuing, root]), { at: AT, allowPrivate: true, timeoutMs: 2000, ...options });
  const rejection = async (
    leaf: Issued,
    options: Partial<FetchOptions> = {},
  ): Promise<ErrorCode | undefined> => (await fetched(leaf, options)).rejected[0]?.error.code;

  it('gets a CRL and the delta CRL that it points to', async () => {
    const points = pointsExtension(
      [distributionPoint({ fullName: [general.uri(`${base}/delta.crl`)] })],
      '2.5.29.46',
    );
    routes['/a.crl'] = send(makeCrl(issuing, { number: 3, extra: Object.values(points) }));
    routes['/delta.crl'] = send(makeCrl(issuing, { number: 5, base: 3 }));
    const leaf = leafFor([`${base}/a.crl`, 'ldap://127.0.0.1/cn=crl']);
    const evidence = await fetched(leaf);
    expect(evidence.crls.map(({ list }) => list.number)).to.have.members([3n, 5n]);
    expect(evidence.rejected.map(({ error }) => error.code)).to.deep.equal(['ERR_FETCH_URL']);
    const checked = checkRevocation(pathOf([leaf, issuing, root]), { evidence, at: AT });
    expect(checked.statuses[0]?.evidence.map(({ kind }) => kind)).to.deep.equal(['crl', 'delta-crl']);
  });

  it('asks an OCSP responder with a nonce', async () => {
    const leaf = leafFor([], [`${base}/ocsp`]);
    routes['/ocsp'] = (request, body, response) => {
      expect(request.method).to.equal('POST');
      expect(request.headers['content-type']).to.equal('application/ocsp-request');
      const { nonce, items } = decodeOcspRequest(new Uint8Array(body));
      expect(Buffer.compare(items[0]?.certId.serial ?? Buffer.of(), leaf.certificate.serialBytes)).to.equal(
        0,
      );
      const answers = [{ certificate: leaf.certificate, issuer: issuing }];
      response.end(makeOcsp(issuing, { answers, ...(nonce ? { nonce } : {}) }));
    };
    const evidence = await fetched(leaf);
    const checked = checkRevocation(pathOf([leaf, issuing, root]), { evidence, at: AT });
    expect(checked.statuses[0]?.evidence[0]).to.deep.include({ kind: 'ocsp', says: 'good', nonce: true });
  });

  it('keeps a wrong nonce from counting', async () => {
    const leaf = leafFor([], [`${base}/ocsp`]);
    const answers = [{ certificate: leaf.certificate, issuer: issuing }];
    routes['/ocsp'] = send(makeOcsp(issuing, { answers, nonce: new Uint8Array(32) }));
    const evidence = await fetched(leaf);
    const options = { evidence, at: AT, mode: 'prefer' as const };
    const checked = checkRevocation(pathOf([leaf, issuing, root]), options);
    expect(checked.warnings.map(({ code }) => code)).to.include('ERR_OCSP_NONCE');
    expect(checked.statuses[0]?.status).to.equal('unknown');
  });

  it('follows redirects, up to a limit', async () => {
    const leaf = leafFor([`${base}/1`]);
    routes['/1'] = redirect('/2', 301);
    routes['/2'] = redirect(`${base}/3`);
    routes['/3'] = redirect('/4', 307);
    routes['/4'] = send(makeCrl(issuing));
    expect((await fetched(leaf)).crls).to.have.length(1);
    routes['/4'] = redirect('/5');
    expect(await rejection(leaf)).to.equal('ERR_FETCH_REDIRECTS');
  });

  it('follows no redirect to another scheme', async () => {
    for (const target of ['ldap://127.0.0.1/', 'file:///etc/passwd', 'http://user:pw@127.0.0.1/']) {
      routes['/1'] = redirect(target);
      expect(await rejection(leafFor([`${base}/1`]))).to.equal('ERR_FETCH_URL');
    }
  });

  it('repeats a POST only where it is told to', async () => {
    const leaf = leafFor([], [`${base}/old`]);
    const answers = [{ certificate: leaf.certificate, issuer: issuing }];
    routes['/old'] = redirect('/new', 307);
    routes['/new'] = send(makeOcsp(issuing, { answers }));
    expect((await fetched(leaf)).ocsp).to.have.length(1);
    expect(asked).to.deep.equal(['POST /old', 'POST /new']);
    routes['/old'] = redirect('/new', 302);
    expect(await rejection(leaf)).to.equal('ERR_FETCH_STATUS');
  });

  it('distinguishes what went wrong', async () => {
    const leaf = leafFor([`${base}/x`]);
    expect(await rejection(leaf)).to.equal('ERR_FETCH_STATUS');
    routes['/x'] = send(Buffer.from('<html>not a CRL</html>'));
    expect(await rejection(leaf)).to.equal('ERR_PEM');
    routes['/x'] = send(makeCrl(issuing).subarray(0, 60));
    expect(await rejection(leaf)).to.equal('ERR_DER');
    routes['/x'] = (_request, _body, response) => {
      response.writeHead(200, { 'content-length': '500' });
      response.write('0');
      response.destroy();
    };
    expect(await rejection(leaf)).to.equal('ERR_FETCH_CONNECTION');
    routes['/x'] = () => undefined;
    expect(await rejection(leaf, { timeoutMs: 150 })).to.equal('ERR_FETCH_TIMEOUT');
    expect(await rejection(leafFor(['http://127.0.0.1:1/x']))).to.equal('ERR_FETCH_CONNECTION');
    const nowhere = async (): Promise<never> => {
      throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
    };
    expect(await rejection(leafFor(['http://ca.invalid/x']), { resolve: nowhere })).to.equal(
      'ERR_FETCH_RESOLVE',
    );
  });

  it('stops reading at the limit, announced or not', async () => {
    const leaf = leafFor([`${base}/x`]);
    routes['/x'] = send(Buffer.alloc(5000, 0x30));
    expect(await rejection(leaf, { maxCrlBytes: 4000 })).to.equal('ERR_FETCH_TOO_LARGE');
    routes['/x'] = (_request, _body, response) => {
      const more = (): void => {
        if (!response.destroyed) response.write(Buffer.alloc(1000, 0x30), () => setImmediate(more));
      };
      more();
    };
    expect(await rejection(leaf, { maxCrlBytes: 4000 })).to.equal('ERR_FETCH_TOO_LARGE');
  });

  it('ends a slow answer at the deadline', async () => {
    routes['/x'] = (_request, _body, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('0'), 20);
      response.on('close', () => clearInterval(timer));
    };
    expect(await rejection(leafFor([`${base}/x`]), { timeoutMs: 200 })).to.equal('ERR_FETCH_TIMEOUT');
  });

  describe('private addresses', () => {
    it('are refused unless allowed, in every spelling', async () => {
      const port = new URL(base).port;
      for (const host of [
        '127.0.0.1',
        '2130706433',
        '0x7f.1',
        '[::1]',
        '[::ffff:127.0.0.1]',
        'localhost',
        '10.0.0.1',
      ]) {
        const url = `http://${host}:${port}/x`;
        expect(await rejection(leafFor([url]), { allowPrivate: false }), host).to.equal(
          'ERR_FETCH_PRIVATE_ADDRESS',
        );
      }
      expect(asked).to.deep.equal([]);
    });

    it('are refused behind a name, also as one of several', async () => {
      const resolve = async () => [
        { address: '93.184.216.34', family: 4 as const },
        { address: '192.168.1.1', family: 4 as const },
      ];
      const leaf = leafFor(['http://ca.example/x']);
      expect(await rejection(leaf, { allowPrivate: false, resolve })).to.equal('ERR_FETCH_PRIVATE_ADDRESS');
    });

    it('are connected to by the address that was checked, looked up once', async () => {
      let lookups = 0;
      const resolve = async () => {
        lookups++;
        return [{ address: '127.0.0.1', family: 4 as const }];
      };
      routes['/x'] = send(makeCrl(issuing));
      const { port } = new URL(base);
      const evidence = await fetched(leafFor([`http://ca.example:${port}/x`]), { resolve });
      expect(evidence.crls).to.have.length(1);
      expect(lookups).to.equal(1);
    });

    it('are told from public ones', () => {
      const inside =
        '0.0.0.0 10.1.2.3 100.64.0.1 127.9.9.9 169.254.169.254 172.31.0.1 192.168.0.1 198.18.0.1 224.0.0.1 255.255.255.255 :: ::1 fe80::1 fc00::1 fd12::1 ff02::1 ::ffff:8.8.8.8 64:ff9b::7f00:1 2002:7f00:1:: 2001:db8::1 nonsense';
      for (const address of inside.split(' ')) expect(isPublicAddress(address), address).to.equal(false);
      for (const address of ['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450::1']) {
        expect(isPublicAddress(address), address).to.equal(true);
      }
    });
  });

  describe('cache', () => {
    it('keeps nothing that no CA of the path has signed: a forged answer does not hide the next revocation', async () => {
      const leaf = leafFor([`${base}/list`]);
      const cache = join(temp(), 'cache');
      const forger = makeIntermediate(root, { key: testKey('ec-p256', 'forger'), subject: issuing.subject });
      const revoking = makeCrl(issuing, {
        entries: [{ serial: leaf.certificate.serialBytes }],
        thisUpdate: days(-1),
      });
      routes['/list'] = send(makeCrl(forger));
      await fetched(leaf, { cache });
      routes['/list'] = send(revoking);
      expect((await fetched(leaf, { cache })).crls.map(({ list }) => list.entryCount)).to.deep.equal([1]);
      expect(asked).to.have.length(2);
      // Nor does an older list that is genuine, once the newer one is known.
      routes['/list'] = send(makeCrl(issuing, { thisUpdate: days(-2) }));
      const later = new Date(AT.getTime() + 25 * 3_600_000);
      const lists = await fetched(leaf, { cache, at: later });
      expect(lists.crls.map(({ list }) => list.entryCount)).to.deep.equal([1]);
    });

    const setup = (spec: Parameters<typeof makeCrl>[1] = {}) => {
      routes['/c.crl'] = send(makeCrl(issuing, spec));
      return leafFor([`${base}/c.crl`]);
    };
    const hour = (n: number): Date => new Date(AT.getTime() + n * 3600_000);

    it('answers while the list is current and young', async () => {
      const leaf = setup();
      const cache = join(temp(), 'cache');
      await fetched(leaf, { cache });
      expect((await fetched(leaf, { cache, at: hour(5) })).crls).to.have.length(1);
      expect(asked).to.have.length(1);
      await fetched(leaf, { cache, at: hour(30) });
      expect(asked).to.have.length(2);
    });

    it('asks again after nextUpdate', async () => {
      const leaf = setup({ nextUpdate: hour(2) });
      const cache = join(temp(), 'cache');
      await fetched(leaf, { cache });
      await fetched(leaf, { cache, at: hour(1) });
      expect(asked).to.have.length(1);
      await fetched(leaf, { cache, at: hour(3) });
      expect(asked).to.have.length(2);
    });

    it('serves a current list when the address does not answer', async () => {
      const leaf = setup();
      const cache = join(temp(), 'cache');
      await fetched(leaf, { cache });
      routes = {};
      expect((await fetched(leaf, { cache, at: hour(30) })).crls).to.have.length(1);
      expect((await fetched(leaf, { cache, at: days(40) })).crls).to.have.length(0);
    });

    it('notices a changed file and asks again', async () => {
      const leaf = setup();
      const cache = join(temp(), 'cache');
      await fetched(leaf, { cache });
      const file = readdirSync(cache).find((each) => each.endsWith('.crl')) ?? '';
      const bytes = readFileSync(join(cache, file));
      bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1;
      writeFileSync(join(cache, file), bytes);
      await fetched(leaf, { cache });
      expect(asked).to.have.length(2);
    });

    it('keeps nothing that is no CRL', async () => {
      routes['/c.crl'] = send(Buffer.from([0x30, 0x03, 0x02, 0x01, 0x05]));
      const cache = join(temp(), 'cache');
      await fetched(leafFor([`${base}/c.crl`]), { cache });
      expect(readdirSync(temp())).to.deep.equal([]);
    });
  });

  it('asks only so many addresses', async () => {
    const many = Array.from({ length: 65 }, (_, i) => `${base}/${i}`);
    let code = '';
    await fetched(leafFor(many)).catch((error: { code: string }) => {
      code = error.code;
    });
    expect(code).to.equal('ERR_FETCH_TOO_MANY');
    expect(asked).to.deep.equal([]);
  });

  it('fails closed: what could not be fetched is no evidence', async () => {
    const leaf = leafFor([`${base}/missing`]);
    const evidence = await fetched(leaf);
    let message = '';
    try {
      checkRevocation(pathOf([leaf, issuing, root]), { evidence, at: AT });
    } catch (error) {
      message = `${(error as { code: string }).code} ${(error as Error).message}`;
    }
    expect(message).to.match(/^ERR_REVOCATION_EVIDENCE_MISSING .*HTTP status 404/);
  });
});
