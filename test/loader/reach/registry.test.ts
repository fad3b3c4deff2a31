import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { Oid } from '../../../core/x509/index.js';
import type { ErrorCode } from '../../../core/errors/index.js';
import { encodePem } from '../../../core/pem.js';
import type { Report } from '../../../core/report/index.js';
import { pullModel, pushModel, TrustPolicy, verifyArtifact, verifyModel } from '../../../loader/index.js';
import { findCredentials } from '../../../loader/registry/credentials.js';
import { parseReference } from '../../../loader/registry/reference.js';
import { cli } from '../../support/cli.js';
import { expectCode, expectCodeAsync } from '../../support/errors.js';
import { AT, extensions, general } from '../../support/pki.js';
import { type Hostile, sha256, TestRegistry } from '../../support/registry.js';
import { publisher, writeModel } from '../../support/signed-model.js';
import { useTemp } from '../../support/temp.js';

const BIN = fileURLToPath(new URL('../../../dist/bin/modelseal.cjs', import.meta.url));
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const TITLE = 'org.opencontainers.image.title';

describe('OCI registries', () => {
  const temp = useTemp();
  const alice = publisher();
  const mallory = publisher({
    extensions: { [Oid.subjectAltName]: extensions.subjectAltName([general.email('mallory@example.com')]) },
  });
  const base = { at: AT, trustRoots: alice.trustRoots, revocation: 'off' as const, env: {} };
  let registry: TestRegistry;
  let tag: string;

  beforeEach(async () => {
    registry = new TestRegistry();
    tag = `oci://${await registry.start()}/acme/tiny:v1`;
  });
  afterEach(() => registry.stop());

  const signed = async (more: Record<string, string> = {}, options = {}): Promise<string> => {
    const folder = writeModel(join(temp(), 'model'), more);
    await alice.sign(folder, options);
    return folder;
  };
  const pushed = async (more: Record<string, string> = {}, options = {}): Promise<string> => {
    const folder = await signed(more, options);
    await pushModel(folder, tag, { env: {} });
    return folder;
  };
  const trust = (): string[] => {
    const root = join(temp(), 'root.pem');
    writeFileSync(root, encodePem('CERTIFICATE', alice.root.certificate.raw));
    return ['--trust-root', root, '--at', AT.toISOString(), '--revocation', 'off'];
  };
  /** A pull that must be refused, and leave nothing. */
  const refused = async (code: ErrorCode, reference = tag): Promise<void> => {
    const before = readdirSync(temp()).sort();
    await expectCodeAsync(code, () => pullModel(reference, join(temp(), 'out'), base));
    expect(readdirSync(temp()).sort()).to.deep.equal(before);
  };

  describe('references', () => {
    it('name host, repository, tag and digest', () => {
      const digest = sha256('x');
      expect(parseReference('oci://ghcr.io/acme/tiny:v1')).to.deep.equal({
        host: 'ghcr.io',
        repository: 'acme/tiny',
        tag: 'v1',
        digest: undefined,
      });
      expect(parseReference(`oci://localhost:5000/a/b/c:t@${digest}`)).to.include({
        host: 'localhost:5000',
        tag: 't',
        digest,
      });
      expect(parseReference(`oci://[::1]:5000/a@${digest}`)).to.include({
        host: '[::1]:5000',
        repository: 'a',
      });
    });

    for (const text of [
      'ghcr.io/acme/tiny:v1',
      'oci://ghcr.io',
      'oci://ghcr.io/acme/tiny',
      'oci://ghcr.io/Acme/tiny:v1',
      'oci://ghcr.io/../tiny:v1',
      'oci://ghcr.io/acme/tiny:',
      'oci://ghcr.io/acme/tiny:v/1',
      'oci://ghcr.io/acme/tiny@sha256:00',
      'oci://user:pass@ghcr.io/acme/tiny:v1',
      `oci://ghcr.io/acme/tiny@${sha256('x')}@${sha256('x')}`,
      'oci://ghcr.io:port/acme/tiny:v1',
    ])
      it(`refuses ${text}`, () => {
        expectCode('ERR_REGISTRY_REFERENCE', () => parseReference(text));
      });
  });

  it('push, verify from the manifest alone, pull: the same bytes, and nothing is sent for verifying', async () => {
    const folder = await signed({ 'big.txt': 'x'.repeat(3_000_000), 'empty.txt': '' });
    const push = await pushModel(folder, tag, { env: {} });
    expect(push).to.include({ files: 5, sent: 5 });
    const manifest = registry.manifest('v1') as {
      artifactType: string;
      layers: { mediaType: string; annotations: object }[];
    };
    expect(manifest.artifactType).to.equal('application/vnd.cncf.model.manifest.v1+json');
    expect(manifest.layers.at(-1)).to.deep.include({
      mediaType: 'application/vnd.cncf.model.weight.v1.raw',
      annotations: { [TITLE]: 'model.onnx', 'org.cncf.model.filepath': 'model.onnx' },
    });
    registry.sent = 0;
    const { reference, files, report } = await verifyArtifact(tag, base);
    expect(reference).to.equal(push.reference);
    expect(report.artifact).to.deep.equal({ reference, digest: push.digest });
    expect(report.files?.bytes).to.be.greaterThan(3_000_000);
    expect(files).to.have.length(5);
    expect(registry.sent).to.be.lessThan(20_000);
    const { path } = await pullModel(reference, join(temp(), 'out'), base);
    for (const { name } of files)
      expect(readFileSync(join(path, name))).to.deep.equal(readFileSync(join(folder, name)));
    expect(
      (await verifyModel(path, { at: AT, trustRoots: alice.trustRoots, revocation: 'off' })).report.verdict,
    ).to.equal('accepted');
    // What is there already is not sent again.
    expect(await pushModel(folder, tag, { env: {} })).to.include({ sent: 0, digest: push.digest });
  });

  it('a registry without a list of referrers gets one under a tag', async () => {
    registry.referrers = false;
    await pushed();
    expect([...registry.manifests.keys()].some((name) => /^sha256-[0-9a-f]{64}$/.test(name))).to.equal(true);
    expect((await verifyArtifact(tag, base)).report.verdict).to.equal('accepted');
  });

  it('a single file, shards and another hash: verified where the manifest says enough, and else when pulled', async () => {
    mkdirSync(join(temp(), 'one'));
    const file = join(temp(), 'one/config.json');
    writeFileSync(file, '{}');
    await alice.sign(file);
    await pushModel(file, tag, { env: {} });
    expect((await verifyArtifact(tag, base)).files).to.have.length(1);
    await pullModel(tag, join(temp(), 'a'), base);
    for (const [i, options] of [{ method: 'shards', shardSize: 100 }, { hash: 'blake2b' }].entries()) {
      const folder = writeModel(join(temp(), `m${i}`), { '__init__.py': '' });
      await alice.sign(folder, options as object);
      const other = tag.replace('v1', `x${i}`);
      await pushModel(folder, other, { env: {} });
      await expectCodeAsync('ERR_REGISTRY_DIGESTS', () => verifyArtifact(other, base));
      const { path } = await pullModel(other, join(temp(), `out${i}`), base);
      expect(existsSync(join(path, '__init__.py'))).to.equal(true);
    }
  });

  it('push refuses what its signature is not over, before anything is sent', async () => {
    const folder = await signed();
    writeFileSync(join(folder, 'config.json'), '{}');
    await expectCodeAsync('ERR_FILE_CHANGED', () => pushModel(folder, tag, { env: {} }));
    writeFileSync(join(folder, 'config.json'), '{"classes": 2}');
    writeFileSync(join(folder, 'more.txt'), '');
    await expectCodeAsync('ERR_FILE_UNSIGNED', () => pushModel(folder, tag, { env: {} }));
    await expectCodeAsync('ERR_SIGNATURE_MISSING', () =>
      pushModel(writeModel(join(temp(), 'plain')), tag, { env: {} }),
    );
    expect(registry.log).to.deep.equal([]);
  });

  it('a foreign signature beside it neither passes nor hides the right one', async () => {
    const folder = writeModel(join(temp(), 'model'));
    await mallory.sign(folder);
    const foreign = await pushModel(folder, tag, { env: {} });
    const policy = TrustPolicy.accepting([{ identity: 'email:dev@example.com' }]);
    await expectCodeAsync('ERR_SIGNER_NOT_ACCEPTED', () => verifyArtifact(tag, { ...base, policy }));
    await alice.sign(folder, { overwrite: true });
    expect(await pushModel(folder, tag, { env: {} })).to.include({ digest: foreign.digest, sent: 0 });
    expect((await verifyArtifact(tag, { ...base, policy })).report.verdict).to.equal('accepted');
  });

  it('what other tools push is read: a title a layer, the signature among the files', async () => {
    const folder = await signed();
    const layers = ['config.json', 'labels/names.txt', 'model.onnx', 'model.sig'].map((name) => ({
      mediaType: 'application/vnd.oci.image.layer.v1.tar',
      ...registry.blob(readFileSync(join(folder, name))),
      annotations: { [TITLE]: name },
    }));
    registry.put('v1', { schemaVersion: 2, mediaType: MANIFEST, layers });
    expect((await verifyArtifact(tag, base)).report.verdict).to.equal('accepted');
    await pullModel(tag, join(temp(), 'first'), base);
    const tar = [{ ...layers[0], mediaType: 'application/vnd.cncf.model.weight.v1.tar' }];
    registry.put('v1', { schemaVersion: 2, mediaType: MANIFEST, layers: tar });
    await refused('ERR_REGISTRY_LAYER');
    registry.put('v1', {
      schemaVersion: 2,
      mediaType: MANIFEST,
      layers: [{ ...layers[0], annotations: {} }],
    });
    await refused('ERR_REGISTRY_LAYER');
    registry.put('v1', { schemaVersion: 2, manifests: [] });
    await refused('ERR_REGISTRY_MANIFEST');
  });

  describe('a hostile registry', () => {
    type Layer = { digest: string; size: number; annotations: Record<string, string> };
    /** Rewrites the manifest and moves the signature along, as whoever owns the registry can. */
    const rewrite = (change: (layers: Layer[]) => Layer[]): void => {
      const manifest = registry.manifest('v1') as { layers: Layer[] };
      const old = sha256(registry.manifests.get('v1') as Buffer);
      const digest = registry.put('v1', { ...manifest, layers: change(manifest.layers) });
      for (const [name, bytes] of [...registry.manifests]) {
        const json = JSON.parse(String(bytes)) as { subject?: { digest: string } };
        if (json.subject?.digest !== old) continue;
        registry.put(`moved-${name.slice(7, 20)}`, { ...json, subject: { ...json.subject, digest } });
      }
    };
    const evil = (): { digest: string; size: number } => registry.blob('{"classes": 3}');
    const layerOf = (name: string) => (layer: Layer) => layer.annotations[TITLE] === name;

    const changes: [string, ErrorCode, (layers: Layer[]) => Layer[]][] = [
      [
        'another file',
        'ERR_FILE_CHANGED',
        (l) => l.map((x) => (layerOf('config.json')(x) ? { ...x, ...evil() } : x)),
      ],
      ['a file less', 'ERR_FILE_MISSING', (l) => l.filter((x) => !layerOf('config.json')(x))],
      [
        'a file more',
        'ERR_FILE_UNSIGNED',
        (l) => [...l, { ...evil(), mediaType: 'x/y', annotations: { [TITLE]: 'evil.py' } } as Layer],
      ],
      [
        'another size',
        'ERR_FILE_CHANGED',
        (l) => l.map((x) => (layerOf('config.json')(x) ? { ...x, size: x.size + 1 } : x)),
      ],
      ['a name twice', 'ERR_NAME_DUPLICATE', (l) => [...l, ...l.filter(layerOf('config.json'))]],
      [
        'two names that some systems cannot tell apart',
        'ERR_NAME_TWIN',
        (l) => [...l, { ...l[0], annotations: { [TITLE]: 'Config.json' } } as Layer],
      ],
      [
        'a name that leads out',
        'ERR_NAME_PARENT',
        (l) => l.map((x) => ({ ...x, annotations: { [TITLE]: `../${x.annotations[TITLE]}` } })),
      ],
      [
        'an absolute name',
        'ERR_NAME_ABSOLUTE',
        (l) => l.map((x) => ({ ...x, annotations: { [TITLE]: `/etc/${x.annotations[TITLE]}` } })),
      ],
      [
        'two names for a layer',
        'ERR_REGISTRY_LAYER',
        (l) => l.map((x) => ({ ...x, annotations: { ...x.annotations, [TITLE]: 'other' } })),
      ],
      [
        'a digest that is none',
        'ERR_REGISTRY_MANIFEST',
        (l) => l.map((x) => ({ ...x, digest: 'sha256:../../x' })),
      ],
      ['a negative size', 'ERR_REGISTRY_MANIFEST', (l) => l.map((x) => ({ ...x, size: -1 }))],
    ];
    for (const [what, code, change] of changes)
      it(`${what} in the manifest`, async () => {
        await pushed();
        rewrite(change);
        const calls = registry.log.length;
        await refused(code);
        // Nothing of the model was asked for.
        expect(registry.log.slice(calls).filter((line) => line.includes('/blobs/')).length).to.be.lessThan(2);
      });

    const config = sha256('{"classes": 2}');
    const onBlob = (
      answer: (response: import('node:http').ServerResponse, times: number) => void,
    ): Hostile => {
      let times = 0;
      return (request, response) => {
        if (!request.url?.endsWith(`/blobs/${config}`)) return false;
        answer(response, times++);
        return true;
      };
    };
    const downloads: [string, ErrorCode, Hostile][] = [
      ['other bytes of the same size', 'ERR_REGISTRY_DIGEST', onBlob((r) => r.end('{"classes": 3}'))],
      ['more bytes', 'ERR_REGISTRY_SIZE', onBlob((r) => r.end('{"classes": 2} and more'))],
      ['fewer bytes', 'ERR_REGISTRY_SIZE', onBlob((r) => r.end('{"cl'))],
      [
        'bytes without an end',
        'ERR_REGISTRY_SIZE',
        onBlob((r) => {
          const go = (): void => {
            if (r.destroyed) return;
            r.write('x'.repeat(65_536));
            setImmediate(go);
          };
          go();
        }),
      ],
      ['a cut connection, again and again', 'ERR_REGISTRY_FAILED', onBlob((r) => r.destroy())],
      ['an error', 'ERR_REGISTRY_FAILED', onBlob((r) => r.writeHead(500).end('x'.repeat(1_000_000)))],
      ['nothing', 'ERR_REGISTRY_NOT_FOUND', onBlob((r) => r.writeHead(404).end())],
      [
        'a redirection to a file',
        'ERR_REGISTRY_FAILED',
        onBlob((r) => r.writeHead(307, { location: 'file:///etc/passwd' }).end()),
      ],
      [
        'a redirection without TLS',
        'ERR_REGISTRY_FAILED',
        onBlob((r) => r.writeHead(307, { location: 'http://169.254.169.254/x' }).end()),
      ],
      [
        'a circle',
        'ERR_REGISTRY_FAILED',
        onBlob((r) => r.writeHead(307, { location: `/v2/acme/tiny/blobs/${config}` }).end()),
      ],
      [
        'another part',
        'ERR_REGISTRY_FAILED',
        onBlob((r, n) =>
          n === 0
            ? r.writeHead(200, { 'content-length': 14 }).write('{"cl', () => r.destroy())
            : r.writeHead(206, { 'content-range': 'bytes 0-13/14' }).end('asses": 2}'),
        ),
      ],
    ];
    for (const [what, code, hostile] of downloads)
      it(`${what} in the place of a file`, async function () {
        this.timeout(20_000);
        await pushed();
        registry.hostile = hostile;
        await refused(code);
      });

    const answers: [string, ErrorCode, RegExp, (response: import('node:http').ServerResponse) => void][] = [
      [
        'a manifest without an end',
        'ERR_REGISTRY_FAILED',
        /manifests\/v1/,
        (r) => void r.end('['.repeat(5_000_000)),
      ],
      ['a manifest that is no JSON', 'ERR_JSON_SYNTAX', /manifests\/v1/, (r) => void r.end('<html>')],
      [
        'a manifest with keys twice',
        'ERR_JSON_DUPLICATE_KEY',
        /manifests\/v1/,
        (r) => void r.end('{"layers":[],"layers":[]}'),
      ],
      [
        'headers without an end',
        'ERR_REGISTRY_FAILED',
        /manifests\/v1/,
        (r) => void r.writeHead(200, { x: 'y'.repeat(60_000) }).end(),
      ],
      [
        'a manifest elsewhere',
        'ERR_REGISTRY_FAILED',
        /manifests\/v1/,
        (r) => void r.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
      ],
      [
        'a token from elsewhere without TLS',
        'ERR_REGISTRY_FAILED',
        /manifests\/v1/,
        (r) => void r.writeHead(401, { 'www-authenticate': 'Bearer realm="http://169.254.169.254/"' }).end(),
      ],
      [
        'a question for an account',
        'ERR_REGISTRY_DENIED',
        /manifests\/v1/,
        (r) => void r.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(),
      ],
      [
        'another manifest for the digest',
        'ERR_REGISTRY_DIGEST',
        /manifests\/sha256/,
        (r) => void r.end('{}'),
      ],
    ];
    for (const [what, code, at, answer] of answers)
      it(what, async () => {
        const folder = await signed();
        const { reference } = await pushModel(folder, tag, { env: {} });
        registry.hostile = (request, response) => {
          if (!at.test(request.url ?? '')) return false;
          answer(response);
          return true;
        };
        await refused(code, at.source.includes('sha256') ? reference : tag);
      });

    it('a signature that was taken away, is too large, or is of another artifact', async () => {
      await pushed();
      const referrer = [...registry.manifests].find(([, bytes]) => String(bytes).includes('"subject"')) as [
        string,
        Buffer,
      ];
      registry.manifests.delete(referrer[0]);
      await refused('ERR_REGISTRY_UNSIGNED');
      const json = JSON.parse(String(referrer[1])) as { layers: Layer[]; subject: object };
      registry.put('x', { ...json, layers: [{ ...json.layers[0], size: 2 ** 40 }] });
      await refused('ERR_FILE_TOO_LARGE');
    });
  });

  it('a download that was cut off goes on where it ended', async () => {
    const text = 'good '.repeat(200_000);
    await pushed({ 'big.txt': text });
    const digest = sha256(text);
    const ranges: (string | undefined)[] = [];
    registry.hostile = (request, response) => {
      if (!request.url?.endsWith(digest)) return false;
      ranges.push(request.headers.range);
      if (ranges.length > 1) return false;
      response.writeHead(200, { 'content-length': text.length });
      response.write(text.slice(0, 300_000), () => setTimeout(() => response.destroy(), 50));
      return true;
    };
    await pullModel(tag, join(temp(), 'out'), base);
    expect(ranges[0]).to.equal(undefined);
    expect(ranges[1]).to.match(/^bytes=[1-9]\d*-$/);
    expect(readFileSync(join(temp(), 'out/big.txt'), 'utf8')).to.equal(text);
  });

  describe('accounts', () => {
    const config = (json: object): Record<string, string> => {
      writeFileSync(join(temp(), 'config.json'), JSON.stringify(json));
      return { DOCKER_CONFIG: temp() };
    };
    const auth = Buffer.from('ann:s3cret').toString('base64');

    it('come from the configuration of the container tools, and from helpers', async () => {
      const ann = { user: 'ann', secret: 's3cret' };
      expect(await findCredentials('r.example', config({ auths: { 'r.example': { auth } } }))).to.deep.equal(
        ann,
      );
      expect(await findCredentials('other.example', config({ auths: { 'r.example': { auth } } }))).to.equal(
        undefined,
      );
      mkdirSync(join(temp(), 'bin'));
      const helper = join(temp(), 'bin/docker-credential-test');
      writeFileSync(
        helper,
        '#!/bin/sh\nread -r host\n[ "$host" = r.example ] || { echo "credentials not found in native keychain"; exit 1; }\necho "{\\"ServerURL\\":\\"$host\\",\\"Username\\":\\"ann\\",\\"Secret\\":\\"s3cret\\"}"\n',
      );
      chmodSync(helper, 0o755);
      const path = { PATH: `${join(temp(), 'bin')}:${process.env.PATH}` };
      const store = { ...config({ credsStore: 'test' }), ...path };
      expect(await findCredentials('r.example', store)).to.deep.equal(ann);
      expect(await findCredentials('other.example', store)).to.equal(undefined);
      expect(
        await findCredentials('r.example', { ...config({ credHelpers: { 'r.example': 'test' } }), ...path }),
      ).to.deep.equal(ann);
      for (const name of ['../evil', 'missing'])
        await expectCodeAsync('ERR_REGISTRY_CREDENTIALS', () =>
          findCredentials('r.example', { ...config({ credsStore: name }), ...path }),
        );
      expect(await findCredentials('r.example', {})).to.equal(undefined);
    });

    it('go to the registry that asks, by Basic or for a token, and never to its storage', async () => {
      await pushed();
      const env = config({ auths: { [registry.host]: { auth } } });
      const storage = new TestRegistry();
      const at = await storage.start();
      for (const [digest, bytes] of registry.blobs) storage.blobs.set(digest, bytes);
      try {
        registry.hostile = (request, response) => {
          if (request.url?.startsWith('/token')) {
            const right =
              request.headers.authorization === `Basic ${auth}` &&
              request.url.includes('scope=repository%3Aacme%2Ftiny%3Apull');
            response.writeHead(right ? 200 : 401).end('{"token":"t0ken"}');
            return true;
          }
          if (request.headers.authorization !== 'Bearer t0ken') {
            response
              .writeHead(401, {
                'www-authenticate': `Bearer realm="http://${registry.host}/token",service="r"`,
              })
              .end();
            return true;
          }
          if (!request.url?.includes('/blobs/')) return false;
          response.writeHead(307, { location: `http://${at}${request.url}` }).end();
          return true;
        };
        await pullModel(tag, join(temp(), 'out'), { ...base, env });
        expect(storage.seen.length).to.be.greaterThan(0);
        expect(storage.seen.every((headers) => headers.authorization === undefined)).to.equal(true);
        await expectCodeAsync('ERR_REGISTRY_DENIED', () => verifyArtifact(tag, base));
      } finally {
        await storage.stop();
      }
    });
  });

  it('is three commands: reports, exit codes, JSON', async () => {
    const folder = await signed();
    const push = await cli(['push', folder, tag, '--json']);
    expect(push.code, push.stderr).to.equal(0);
    const { reference } = JSON.parse(push.stdout) as { reference: string };
    const verify = await cli(['verify', tag, ...trust(), '--json']);
    expect(verify.code, verify.stdout).to.equal(0);
    expect((JSON.parse(verify.stdout) as Report).artifact?.reference).to.equal(reference);
    // As it is installed, where the command that verifies has a smaller bundle of its own.
    const installed = await promisify(execFile)(process.execPath, [BIN, 'verify', tag, ...trust()]);
    expect(installed.stdout).to.match(/accepted/i);
    const pull = await cli(['pull', tag, join(temp(), 'out'), ...trust()]);
    expect(pull.code, pull.stdout).to.equal(0);
    expect(existsSync(join(temp(), 'out.report.json'))).to.equal(true);
    expect((await cli(['verify', tag.replace('v1', 'v2'), ...trust()])).code).to.equal(3);
    expect((await cli(['verify', 'oci://nothing', ...trust()])).code).to.equal(64);
    registry.manifests.clear();
    writeFileSync(join(folder, 'config.json'), '{}');
    expect((await cli(['push', folder, tag])).code).to.equal(1);
  });
});
