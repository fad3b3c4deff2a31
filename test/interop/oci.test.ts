import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { pullModel, pushModel, verifyArtifact } from '../../loader/index.js';
import { expectCodeAsync } from '../support/errors.js';
import { AT } from '../support/pki.js';
import { publisher, writeModel } from '../support/signed-model.js';
import { useTemp } from '../support/temp.js';

/** A program by its variable, by its name, or where `go install` puts it. */
const find = (variable: string, name: string): string | undefined =>
  [process.env[variable], name, join(homedir(), 'go/bin', name)].find(
    (path) => path !== undefined && spawnSync(path, ['--version']).error === undefined,
  );

describe('a real registry, and ORAS as the foreign client', () => {
  const temp = useTemp();
  const alice = publisher();
  const base = { at: AT, trustRoots: alice.trustRoots, revocation: 'off' as const, env: {} };
  const server = find('MODELSEAL_REGISTRY', 'docker-registry');
  const oras = find('MODELSEAL_ORAS', 'oras');
  let running: ChildProcess | undefined;
  let host = '';

  before(function () {
    if (server !== undefined && oras !== undefined) return;
    const missing = [server === undefined ? 'docker-registry' : '', oras === undefined ? 'oras' : ''].filter(
      Boolean,
    );
    console.log(
      `      skipped: ${missing.join(' and ')} not installed (MODELSEAL_REGISTRY, MODELSEAL_ORAS name them)`,
    );
    this.skip();
  });
  beforeEach(async function () {
    this.timeout(20_000);
    const port = await freePort();
    host = `127.0.0.1:${port}`;
    const config = join(temp(), 'registry.yml');
    writeFileSync(
      config,
      `version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: ${join(temp(), 'storage')}\nhttp:\n  addr: ${host}\nlog:\n  level: error\n`,
    );
    running = spawn(server as string, ['serve', config], { stdio: 'ignore' });
    for (let tries = 0; tries < 200; tries++) {
      if (
        await fetch(`http://${host}/v2/`).then(
          (r) => r.ok,
          () => false,
        )
      )
        return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('the registry does not start');
  });
  afterEach(() => running?.kill('SIGKILL'));

  const run = (args: string[], cwd: string): string => {
    const result = spawnSync(oras as string, args, { cwd, encoding: 'utf8' });
    expect(result.status, result.stderr + result.stdout).to.equal(0);
    return result.stdout;
  };
  const files = (folder: string): string[] =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(folder, name)).isFile())
      .sort();

  it('what we push, ORAS pulls byte for byte, and finds the signature by its fallback tag', async function () {
    this.timeout(30_000);
    const folder = writeModel(join(temp(), 'model'), { 'big.txt': 'x'.repeat(5_000_000), 'empty.txt': '' });
    await alice.sign(folder);
    const { reference, digest } = await pushModel(folder, `oci://${host}/acme/tiny:v1`, { env: {} });
    expect((await verifyArtifact(reference, base)).report.verdict).to.equal('accepted');
    const out = join(temp(), 'out');
    mkdirSync(out);
    run(['pull', '--plain-http', `${host}/acme/tiny:v1`], out);
    expect(files(out)).to.deep.equal(files(folder).filter((name) => name !== 'model.sig'));
    for (const name of files(out))
      expect(readFileSync(join(out, name))).to.deep.equal(readFileSync(join(folder, name)));
    const found = run(['discover', '--plain-http', '--format', 'json', `${host}/acme/tiny@${digest}`], out);
    expect(found).to.contain('application/vnd.dev.sigstore.bundle.v0.3+json');
    await pullModel(reference, join(temp(), 'pulled'), base);
  });

  it('what ORAS pushed and attached verifies and is pulled', async function () {
    this.timeout(30_000);
    const folder = writeModel(join(temp(), 'model'));
    await alice.sign(folder);
    const all = files(folder);
    run(['push', '--plain-http', `${host}/acme/plain:v1`, ...all], folder);
    await verifyArtifact(`oci://${host}/acme/plain:v1`, base);
    const { path } = await pullModel(`oci://${host}/acme/plain:v1`, join(temp(), 'a'), base);
    expect(files(path)).to.deep.equal(all);
    // The signature attached, as a referrer.
    run(
      ['push', '--plain-http', `${host}/acme/attached:v1`, ...all.filter((name) => name !== 'model.sig')],
      folder,
    );
    await expectCodeAsync('ERR_REGISTRY_UNSIGNED', () =>
      verifyArtifact(`oci://${host}/acme/attached:v1`, base),
    );
    const type = 'application/vnd.dev.sigstore.bundle.v0.3+json';
    run(
      ['attach', '--plain-http', '--artifact-type', type, `${host}/acme/attached:v1`, `model.sig:${type}`],
      folder,
    );
    await verifyArtifact(`oci://${host}/acme/attached:v1`, base);
    await pullModel(`oci://${host}/acme/attached:v1`, join(temp(), 'b'), base);
    // A folder is packed, and its files have no digests in the manifest.
    run(['push', '--plain-http', `${host}/acme/packed:v1`, 'labels', 'model.sig'], folder);
    await expectCodeAsync('ERR_REGISTRY_LAYER', () => verifyArtifact(`oci://${host}/acme/packed:v1`, base));
  });
});

function freePort(): Promise<number> {
  return new Promise((found) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => found(port));
    });
  });
}
