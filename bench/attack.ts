import { fileURLToPath } from 'node:url';
import { isModelsealError } from '../core/errors/index.js';
import { findPath, TrustAnchors } from '../loader/path/index.js';
import { AT, type Issued, makeIntermediate, makeLeaf, makeRoot, testKey } from '../test/support/pki.js';

/** How long one hostile set of certificates keeps the path builder busy before a budget ends the search. */
export interface AttackResult {
  readonly attack: string;
  /** Error code of the refusal. */
  readonly code: string;
  /** Milliseconds, one value a run. */
  readonly milliseconds: readonly number[];
}

/** Measures refusals of certificate sets that are made to make path building explode. */
export function benchAttacks(runs = 9): AttackResult[] {
  const key = (name: string) => testKey('ec-p256', `attack ${name}`);
  const top = makeRoot({ subject: 'Top', key: key('top') });
  const stranger = makeRoot({ subject: 'Stranger', key: key('stranger') });
  const impostor = makeRoot({ subject: 'Top', key: key('stranger') });
  const bag: Issued[] = [];
  let issuers = [top, top];
  for (let level = 0; level < 14; level++) {
    const spec = { subject: `Level ${level}`, key: key(`level ${level}`) };
    issuers = issuers.map((issuer) => makeIntermediate(issuer, spec));
    bag.push(...issuers);
  }
  const last = issuers[0] as Issued;
  const [a, b] = [
    { subject: 'A', key: key('a') },
    { subject: 'B', key: key('b') },
  ];
  const loop = [makeIntermediate(makeRoot(b), a), makeIntermediate(makeRoot(a), b)];
  const expired = makeLeaf(last, { notAfter: new Date('2026-02-01T00:00:00Z') });
  return [
    measure('2^14 same-name paths to no anchor', makeLeaf(last), stranger, bag, runs),
    measure('2^14 same-name paths to an anchor with another key', makeLeaf(last), impostor, bag, runs),
    measure('2^14 same-name paths, all failing at the leaf', expired, top, bag, runs),
    measure('cross-certificates A <-> B', makeLeaf(makeRoot(a)), stranger, loop, runs),
  ];
}

function measure(
  attack: string,
  leaf: Issued,
  anchor: Issued,
  bag: readonly Issued[],
  runs: number,
): AttackResult {
  const anchors = TrustAnchors.from([anchor.certificate]);
  const intermediates = bag.map((issued) => issued.certificate);
  const milliseconds: number[] = [];
  let code = '';
  for (let i = 0; i < runs; i++) {
    const started = performance.now();
    try {
      findPath(leaf.certificate, { anchors, intermediates, at: AT, purpose: 'any' });
      throw new Error(`${attack}: accepted`);
    } catch (error) {
      if (!isModelsealError(error)) throw error;
      code = error.code;
    }
    milliseconds.push(performance.now() - started);
  }
  return { attack, code, milliseconds };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { attack, code, milliseconds } of benchAttacks()) {
    const sorted = [...milliseconds].sort((x, y) => x - y);
    console.log(
      `${attack.padEnd(52)} ${code.padEnd(28)} ${(sorted[sorted.length >> 1] as number).toFixed(1)} ms`,
    );
  }
}
