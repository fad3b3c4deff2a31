import { type ByteSource, MemorySource } from '../../../core/formats/source.js';
import { judgeGlobal, type PickleRule, pickleScanner } from '../../../scanner/pickle/index.js';
import type { ScanContext } from '../../../scanner/types.js';
import { loadAll, type Outcome } from './machine.js';

/** What the scanner says of a pickle, in the words of the reference. */
export interface Verdict {
  readonly is: 'clean' | 'finding' | 'unparsed';
  readonly findings: readonly (readonly [PickleRule, string])[];
}

export function scannerVerdict(bytes: Uint8Array): Verdict {
  const findings: [PickleRule, string][] = [];
  let unparsed = false;
  let members = 0;
  const context = {
    report: (rule: string, message: string) => findings.push([rule as PickleRule, message]),
    unparsed: () => {
      unparsed = true;
    },
    recognised: () => {},
    member: (_name: string, inner: ByteSource) => {
      if (++members < 100) pickleScanner.scan(inner, context as unknown as ScanContext);
    },
    spend: () => true,
  };
  pickleScanner.scan(new MemorySource(bytes), context as unknown as ScanContext);
  return { is: findings.length > 0 ? 'finding' : unparsed ? 'unparsed' : 'clean', findings };
}

/** Where the scanner may find what the reference does not, and why. It may never be softer. */
export const STRICTER: readonly { readonly rule: PickleRule; readonly says: RegExp; readonly why: string }[] =
  [
    {
      rule: 'PKL-CALL-APPLIES',
      says: /applies its arguments/,
      why: 'whatever is not an argument of data is refused, a number in place of a class too, which Python refuses as well',
    },
    {
      rule: 'PKL-BUILD-ATTRIBUTES',
      says: /may be overwritten$/,
      why: 'what a mapping holds that a call made is not in sight: as a state it is refused where the pickle spells a special attribute, or computes a text, anywhere',
    },
    {
      rule: 'PKL-RESOURCE',
      says: /^an array asks for \d{13,} elements/,
      why: 'the type of the elements is not in sight, and may be of any size',
    },
  ];

/**
 * Where it is enough that the scanner calls a file unreadable: bytes whose first pickle begins like none, or behind one,
 * of which only what no accident makes is a finding.
 */
export const UNREADABLE: readonly { readonly finding: RegExp; readonly why: string }[] = [
  { finding: /is imported$/, why: 'a name of nothing that is known: a line of any text is one' },
  {
    finding: /^(an extension code|an object outside of the file)/,
    why: 'single bytes of any text are these opcodes',
  },
  {
    finding:
      /^(within: )?(items of|a computed object|an instance of a computed class|the state of|a logger|the factory)/,
    why: 'these need no name that is known: BUILD overwrites the state of whatever a line of text imports',
  },
  {
    finding: /^numpy\.memmap escapes$/,
    why: 'the class that a dict lends to a wrapper of joblib is asked back at the end, which a broken pickle does not reach',
  },
];

/** Names that are allowed, of which the reference knows nothing: a letter less makes one of another. */
function knownOnlyHere(why: string): boolean {
  const [, module = '', name = ''] = /^(?:within: )?(.*)\.([^.]*) is imported$/s.exec(why) ?? [];
  return judgeGlobal(module, name).allowed !== undefined;
}

/** Why the two disagree; undefined where they agree. */
export function disagreement(
  bytes: Uint8Array,
  excused: (reason: object) => void = () => {},
): string | undefined {
  const reference: Outcome = loadAll(bytes);
  const scanner = scannerVerdict(bytes);
  const shown = scanner.findings.map(([rule, message]) => `${rule} ${message}`).join('; ');
  switch (reference.is) {
    case 'finding': {
      if (scanner.is === 'finding' || knownOnlyHere(reference.why)) return undefined;
      const reason = UNREADABLE.find(({ finding }) => finding.test(reference.why));
      if (scanner.is === 'unparsed' && reason) {
        excused(reason);
        return undefined;
      }
      return `softer: ${scanner.is}, where ${reference.why}`;
    }
    case 'broken':
      return scanner.is === 'clean' ? `softer: clean, where ${reference.why}` : undefined;
    case 'raises':
      return undefined;
    case 'clean': {
      if (scanner.is === 'clean') return undefined;
      const reasons = scanner.findings.map(([rule, message]) =>
        STRICTER.find((s) => s.rule === rule && s.says.test(message)),
      );
      for (const reason of reasons) if (reason) excused(reason);
      const all = scanner.is === 'finding' && reasons.every((reason) => reason !== undefined);
      return all ? undefined : `stricter: ${scanner.is} ${shown}`;
    }
  }
}
