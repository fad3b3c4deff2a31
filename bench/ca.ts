import { spawnSync } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { RecordedCertificate } from '../ca/certify.js';
import { DeveloperTemplate } from '../ca/developer.js';
import { encodeRevokedEntry } from '../ca/encode/crl.js';
import { spkiOf } from '../ca/encode/spki.js';
import { createAuthority, openAuthority } from '../ca/index.js';
import { openDatabase } from '../ca/store/database.js';
import type { CaStore } from '../ca/store/store.js';
import { requireUnbroken } from '../ca/weak-keys.js';
import { signingKey } from '../core/keys/index.js';

export interface CaFigures {
  /** Bare RSA-2048 signatures a second over bytes as long as a certificate. */
  readonly signatures: number;
  /** Certificates a second without the database: keys checked, encoded, linted, signed, verified. */
  readonly inProcess: number;
  /** Certificates a second, recorded durably before and after signing. */
  readonly withDatabase: number;
  /** Seconds for a CRL of `crlEntries` from a database of that many revocations, and the process's peak memory. */
  readonly crlSeconds: number;
  readonly crlEntries: number;
  readonly crlPeakMiB: number;
}

/** Short rounds that take turns: whatever else the machine does then hurts all three alike. */
const ROUNDS = 25;
const PER_ROUND = 100;
/** Certificates encoded and linted before anything is timed, as a server has that runs for a minute. */
const WARM_UP = 4000;
/** Requests that a busy server has in flight; they share their commits. */
const CONCURRENT = 100;

/** Measures issuing against bare signatures, alternating, and a large CRL. */
export async function benchCa(crlEntries = 1_000_000): Promise<CaFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'modelseal-bench-'));
  try {
    const home = join(folder, 'certs');
    const at = new Date(Math.floor(Date.now() / 1000) * 1000);
    await createAuthority({ home, at, protection: 'plain' });
    const crl = await largeCrl(home, at, crlEntries);
    const ca = await openAuthority(home, async () => '');
    const key = createPrivateKey(readFileSync(join(home, 'issuing.key')));
    const signer = signingKey(key);
    // Subjects bring keys of their own; a few, in turn, since making one costs more than a hundred certificates.
    const keys = Array.from(
      { length: 8 },
      () => generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey,
    );
    const bytes = randomBytes(800);
    const template = new DeveloperTemplate(ca.profile, ca.issuing);
    const memory: CaStore = noStore();
    const samples = { signatures: [] as number[], inProcess: [] as number[], withDatabase: [] as number[] };
    const rate = async (work: () => Promise<void>): Promise<number> => {
      const started = performance.now();
      await work();
      return PER_ROUND / ((performance.now() - started) / 1000);
    };
    const developer = (i: number) => ({
      name: `Developer ${i}`,
      emails: [`dev${i}@example.org`],
      uris: [],
      at,
      notBefore: at,
      notAfter: new Date(at.getTime() + 90 * 86_400_000),
      spki: spkiOf(keys[i % keys.length] as (typeof keys)[0]),
    });
    for (let i = 0; i < WARM_UP; i++) {
      template.lint(developer(i));
      requireUnbroken(keys[i % keys.length] as (typeof keys)[0], 'key');
    }
    for (let round = 0; round < ROUNDS; round++) {
      samples.signatures.push(
        await rate(async () => {
          for (let i = 0; i < PER_ROUND; i++) sign('sha256', bytes, key);
        }),
      );
      samples.inProcess.push(
        await rate(async () => {
          for (let i = 0; i < PER_ROUND; i++) {
            const publicKey = keys[i % keys.length] as (typeof keys)[0];
            requireUnbroken(publicKey, 'key');
            const linted = template.lint(developer(i));
            await (await RecordedCertificate.record(linted, memory, at)).sign(signer, memory);
          }
        }),
      );
      samples.withDatabase.push(
        await rate(async () => {
          for (let done = 0; done < PER_ROUND; done += CONCURRENT) {
            await Promise.all(
              Array.from({ length: CONCURRENT }, (_, i) =>
                ca.issue({
                  publicKey: keys[i % keys.length] as (typeof keys)[0],
                  name: `Developer ${done + i}`,
                  emails: ['dev@example.org'],
                  reuseKey: true,
                  at,
                }),
              ),
            );
          }
        }),
      );
    }
    await ca.close();
    return {
      signatures: median(samples.signatures),
      inProcess: median(samples.inProcess),
      withDatabase: median(samples.withDatabase),
      ...crl,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Fills the revocation table directly, as years of operation would, and times `crl` on it. */
async function largeCrl(
  home: string,
  at: Date,
  entries: number,
): Promise<Pick<CaFigures, 'crlSeconds' | 'crlEntries' | 'crlPeakMiB'>> {
  const db = openDatabase(join(home, 'ca.db'));
  const certificate = db.prepare(
    `INSERT INTO certificate (serial, issuer, subject, not_before, not_after, key_fingerprint, requested_at)
      VALUES (?, 'issuing', '', 0, 0, '', 0)`,
  );
  const insert = db.prepare(
    `INSERT INTO revocation (serial, issuer, revoked_at, reason, entry) VALUES (?, 'issuing', ?, 'keyCompromise', ?)`,
  );
  db.transaction(() => {
    for (let i = 0; i < entries; i++) {
      const serial = Buffer.from(`50${i.toString(16).padStart(38, '0')}`, 'hex');
      const hex = serial.toString('hex');
      const entry = encodeRevokedEntry(hex, {
        revokedAt: at,
        reason: 'keyCompromise',
        invalidityDate: undefined,
      });
      certificate.run(hex);
      insert.run(hex, at.getTime(), Buffer.from(entry));
    }
  })();
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
  // In a process of its own, whose peak memory is that of opening the authority and making one CRL.
  const run = spawnSync(process.execPath, ['--import', 'tsx', fileURLToPath(import.meta.url), 'crl', home], {
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(run.stderr);
  const measured = JSON.parse(run.stdout) as { seconds: number; entries: number; peakMiB: number };
  if (measured.entries !== entries) throw new Error(`${measured.entries} entries instead of ${entries}`);
  return { crlSeconds: measured.seconds, crlEntries: entries, crlPeakMiB: measured.peakMiB };
}

/** One CRL, as `modelseal ca crl` makes it. */
async function measureCrl(home: string): Promise<{ seconds: number; entries: number; peakMiB: number }> {
  const ca = await openAuthority(home, async () => '');
  const started = performance.now();
  const { entries } = await ca.crl({ at: new Date() });
  const seconds = (performance.now() - started) / 1000;
  await ca.close();
  return { seconds, entries, peakMiB: Math.round(process.resourceUsage().maxRSS / 1024) };
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** A store that keeps nothing, to see what issuing costs without one. */
function noStore(): CaStore {
  const nothing = async (): Promise<never> => {
    throw new Error('not used here');
  };
  return {
    profile: {},
    activeIssuing: 'issuing',
    activateIssuing: nothing,
    recordPending: async () => {},
    recordIssued: async () => {},
    find: nothing,
    list: nothing,
    count: nothing,
    revoke: nothing,
    live: nothing,
    revokeAll: nothing,
    isRevoked: async () => false,
    importFound: nothing,
    findByKey: nothing,
    blockKey: nothing,
    lastCrlNumber: nothing,
    raiseCrlNumber: nothing,
    crlSnapshot: nothing,
    lastCrls: nothing,
    chores: nothing,
    recordBackup: nothing,
    markRestored: nothing,
    awaitsList: async () => false,
    requireConsistent: nothing,
    close: async () => {},
  };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [mode, home] = process.argv.slice(2);
  if (mode === 'crl' && home !== undefined) console.log(JSON.stringify(await measureCrl(home)));
  else print(await benchCa());
}

function print(f: CaFigures): void {
  const line = (label: string, value: number, target: string): void =>
    console.log(
      `${label.padEnd(34)} ${Math.round(value)}/s  ${(value / f.signatures).toFixed(2)} ×  ${target}`,
    );
  line('bare RSA-2048 signatures', f.signatures, '');
  line('certificates in process', f.inProcess, '(at least 0.6 ×)');
  line('certificates with the database', f.withDatabase, '(at least 0.4 ×)');
  console.log(
    `CRL of ${f.crlEntries} entries: ${f.crlSeconds.toFixed(2)} s, ${f.crlPeakMiB} MiB (at most 1 s, 250 MiB)`,
  );
}
