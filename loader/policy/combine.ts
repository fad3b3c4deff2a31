import type { RevocationMode } from '../revocation/index.js';
import type { Demands } from './fields.js';
import { compareVersions } from './version.js';

type Combine<V> = (a: V, b: V) => V;

const both = <T>(a: readonly T[], b: readonly T[]): readonly T[] => [...a, ...b];
const each = (a: readonly string[], b: readonly string[]): readonly string[] => [...new Set([...a, ...b])];
const common = (a: readonly string[], b: readonly string[]): readonly string[] =>
  a.filter((one) => b.includes(one));

const ORDER: readonly RevocationMode[] = ['off', 'prefer', 'require'];

/** How two demands become one that is as strict as either. */
const STRICTER: { readonly [D in keyof Demands]-?: Combine<NonNullable<Demands[D]>> } = {
  signers: both,
  anchors: common,
  timestampAnchors: common,
  timestampPolicies: common,
  timestamp: (a, b) => (a === 'require' ? a : b),
  extendedKeyUsages: each,
  certificatePolicies: common,
  minRsaBits: Math.max,
  minEcBits: Math.max,
  minHashBits: Math.max,
  hashes: common,
  revocation: (a, b) => (ORDER.indexOf(a) >= ORDER.indexOf(b) ? a : b),
  threshold: Math.max,
  distinctRoots: (a, b) => a || b,
  formats: common,
  maxFiles: Math.min,
  maxBytes: Math.min,
  storage: both,
  minimumVersion: (a, b) => ((compareVersions(a, b) ?? 0) >= 0 ? a : b),
  manifestIgnores: (a, b) => (a === 'refuse' ? a : b),
  ignorePaths: common,
  unsignedFiles: (a, b) => (a === 'refuse' ? a : b),
  signatures: (a, b) => (a === 'all' ? a : b),
  legacy: (a, b) => (a === 'refuse' ? a : b),
};

/** Both at once; where they differ, the stricter. What only one demands is demanded. */
export function stricter(a: Demands, b: Demands): Demands {
  return Object.fromEntries(
    (Object.keys(STRICTER) as (keyof Demands)[]).map((name) => {
      const [one, other] = [a[name], b[name]];
      const combine = STRICTER[name] as Combine<unknown>;
      return [name, one === undefined || other === undefined ? (one ?? other) : combine(one, other)];
    }),
  );
}
