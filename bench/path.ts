import { spawnSync } from 'node:child_process';
import { createPublicKey, verify, webcrypto, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Certificate } from '../core/x509/index.js';
import { findPath, TrustAnchors } from '../loader/path/index.js';
import {
  AT,
  type Issued,
  makeIntermediate,
  makeLeaf,
  makeRoot,
  type TestKeyKind,
  testKey,
} from '../test/support/pki.js';

/** How often one contestant validates a leaf below an issuing CA below a root. */
export interface PathBenchResult {
  readonly contestant: string;
  readonly key: TestKeyKind;
  readonly validationsPerSecond: number;
  /** Time per validation against parsing and bare signature checks alone; undefined for that contestant itself. */
  readonly timesBare: number | undefined;
}

interface Chain {
  readonly root: Issued;
  readonly issuing: Issued;
  readonly leaf: Issued;
}

function chain(kind: TestKeyKind): Chain {
  const key = (name: string) => ({ key: testKey(kind, `bench ${name}`) });
  const root = makeRoot(key('root'));
  const issuing = makeIntermediate(root, key('issuing'));
  return { root, issuing, leaf: makeLeaf(issuing, key('leaf')) };
}

/**
 * Runs every contestant on RSA-2048 and P-256 chains, in turns, and takes the best of many short rounds: a busy machine hurts all alike.
 *
 * @param milliseconds Time for each contestant and round.
 */
export async function benchPath(milliseconds = 60, rounds = 25): Promise<PathBenchResult[]> {
  const results: PathBenchResult[] = [];
  for (const kind of ['rsa-2048', 'ec-p256'] as const) {
    const made = chain(kind);
    const contestants: Record<string, () => unknown> = {
      'own decoder + bare signature checks': bare(made),
      modelseal: modelseal(made),
      'node:crypto parse + signature checks': node(made),
      pkijs: await pkijs(made),
    };
    const best = new Map<string, number>();
    for (let round = 0; round < rounds; round++) {
      for (const [name, run] of Object.entries(contestants)) {
        const rate = await ratePerSecond(run, milliseconds);
        best.set(name, Math.max(best.get(name) ?? 0, rate));
      }
    }
    const openssl = opensslRate(made);
    if (openssl !== undefined) best.set('openssl verify (one process for all)', openssl);
    const base = best.get('own decoder + bare signature checks') as number;
    for (const [contestant, rate] of best) {
      results.push({
        contestant,
        key: kind,
        validationsPerSecond: Math.round(rate),
        timesBare: rate === base ? undefined : Math.round((base / rate) * 100) / 100,
      });
    }
  }
  return results;
}

async function ratePerSecond(run: () => unknown, milliseconds: number): Promise<number> {
  await run();
  const start = performance.now();
  let count = 0;
  while (performance.now() - start < milliseconds) {
    await run();
    count++;
  }
  return (count * 1000) / (performance.now() - start);
}

/** What nobody can go below: read three certificates and their keys, check two signatures. */
function bare({ root, issuing, leaf }: Chain): () => void {
  const hash = 'sha256';
  const anchorKey = createPublicKey({ key: Buffer.from(root.key.spki), format: 'der', type: 'spki' });
  return () => {
    const [a, b] = [Certificate.decode(leaf.der), Certificate.decode(issuing.der)];
    if (!verify(hash, b.tbs, anchorKey, b.signature)) throw new Error('signature');
    if (!verify(hash, a.tbs, b.publicKey(), a.signature)) throw new Error('signature');
    a.publicKey();
  };
}

function modelseal({ root, issuing, leaf }: Chain): () => void {
  const anchors = TrustAnchors.from([root.certificate]);
  return () => {
    findPath(Certificate.decode(leaf.der), {
      anchors,
      intermediates: [Certificate.decode(issuing.der)],
      at: AT,
      purpose: 'code-signing',
    });
  };
}

function node({ root, issuing, leaf }: Chain): () => void {
  const anchorKey = new X509Certificate(root.der).publicKey;
  return () => {
    const [a, b] = [new X509Certificate(leaf.der), new X509Certificate(issuing.der)];
    if (!b.verify(anchorKey) || !a.verify(b.publicKey)) throw new Error('signature');
  };
}

async function pkijs({ root, issuing, leaf }: Chain): Promise<() => Promise<void>> {
  const lib = await import('pkijs');
  lib.setEngine('node', new lib.CryptoEngine({ name: 'node', crypto: webcrypto as unknown as Crypto }));
  const parse = (der: Uint8Array) => lib.Certificate.fromBER(der.slice().buffer);
  const trusted = parse(root.der);
  return async () => {
    const engine = new lib.CertificateChainValidationEngine({
      trustedCerts: [trusted],
      // It takes the last certificate for the leaf.
      certs: [parse(issuing.der), parse(leaf.der)],
      checkDate: AT,
    });
    const { result, resultMessage } = await engine.verify();
    if (!result) throw new Error(resultMessage);
  };
}

/** One process that verifies the leaf many times over, so that its start-up does not count. */
function opensslRate({ root, issuing, leaf }: Chain): number | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'modelseal-bench-'));
  try {
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const fixed = [
      ...['verify', '-x509_strict', '-attime', String(AT.getTime() / 1000)],
      ...['-CAfile', file('root.pem', root.pem), '-untrusted', file('issuing.pem', issuing.pem)],
    ];
    const leafFile = file('leaf.pem', leaf.pem);
    const time = (count: number): number | undefined => {
      const start = performance.now();
      const run = spawnSync('openssl', [...fixed, ...Array<string>(count).fill(leafFile)], {
        encoding: 'utf8',
      });
      return run.error || run.status !== 0 ? undefined : performance.now() - start;
    };
    const few = time(1);
    const many = time(2001);
    return few === undefined || many === undefined ? undefined : (2000 * 1000) / (many - few);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Lines of a table for people. */
export function pathBenchTable(results: readonly PathBenchResult[]): string {
  return results
    .map(
      ({ contestant, key, validationsPerSecond, timesBare }) =>
        `${key.padEnd(9)} ${contestant.padEnd(38)} ${String(validationsPerSecond).padStart(7)} /s` +
        (timesBare === undefined ? '' : `  ${timesBare.toFixed(2)} x bare`),
    )
    .join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const results = await benchPath();
  console.log(pathBenchTable(results));
  console.log(JSON.stringify({ bench: 'path', results }));
}
