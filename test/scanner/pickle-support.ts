import { type PickleRule, pickleRules, pickleScanner } from '../../scanner/pickle/index.js';
import { type ByteSource, MemorySource } from '../../core/formats/source.js';
import { type FileVerdict, HEAD_BYTES, type ScanContext } from '../../scanner/types.js';

export interface Seen {
  readonly verdict: FileVerdict | 'not-a-pickle';
  readonly rules: readonly string[];
  readonly messages: readonly string[];
  readonly unparsed: readonly string[];
  readonly spent: number;
}

/** Runs the pickle scanner alone over bytes, members included, and sums up as the whole scanner would. */
export function scanBytes(bytes: Uint8Array, budget = Number.MAX_SAFE_INTEGER): Seen {
  return scanSource(new MemorySource(bytes), budget);
}

export function scanSource(source: ByteSource, budget = Number.MAX_SAFE_INTEGER): Seen {
  const rules: string[] = [];
  const messages: string[] = [];
  const unparsed: string[] = [];
  let spent = 0;
  let members = 0;
  /** What the pickle scanner uses of a context. */
  const context = (location: string) => ({
    location,
    report(rule: string, message: string) {
      rules.push(rule);
      messages.push(message);
    },
    unparsed: (reason: string) => {
      unparsed.push(reason);
    },
    recognised: () => {},
    sidecar: () => {},
    expandable: 0,
    expand: () => false,
    member(name: string, inner: ByteSource) {
      members++;
      if (members < 100)
        pickleScanner.scan(inner, context(`${location}!/${name}`) as Partial<ScanContext> as ScanContext);
    },
    spend(units: number) {
      if (!(units >= 0)) throw new Error(`spend(${units})`);
      spent += units;
      return spent <= budget;
    },
  });
  const found = pickleScanner.detect(source.read(0, HEAD_BYTES), source, 'file');
  if (found === 'no') return { verdict: 'not-a-pickle', rules, messages, unparsed, spent };
  pickleScanner.scan(source, context('file') as Partial<ScanContext> as ScanContext);
  const severities = rules.map((rule) => pickleRules[rule as PickleRule].severity);
  const grave = severities.some((s) => s === 'critical' || s === 'high');
  const verdict = grave
    ? 'malicious'
    : rules.length > 0
      ? 'suspicious'
      : unparsed.length > 0
        ? 'unparsed'
        : 'clean';
  return { verdict, rules, messages, unparsed, spent };
}
