import { isModelsealError } from '../core/errors/index.js';
import { MAX_FINDINGS, MAX_UNPARSED, type ScanLimits } from './limits.js';
import { mismatch } from './names.js';
import { searchPickles } from './pickle/index.js';
import { RULES, type RuleId } from './rules.js';
import type { ByteSource } from '../core/formats/source.js';
import {
  type Finding,
  type FormatScanner,
  HEAD_BYTES,
  type MemberOptions,
  type ScanContext,
  type Unparsed,
} from './types.js';

/** Why a file of unknown content is unparsed. */
export const UNKNOWN_CONTENT = 'the content is of no known format';
/** A file that reaches the expansion limit at more than this ratio was made to. */
const BOMB_RATIO = 100;

/** The scan of one file: what it has found and what it may still spend. Containers and members share it. */
export class FileRun {
  readonly findings: Finding[] = [];
  readonly unparsed: Unparsed[] = [];
  readonly formats = new Set<string>();
  readonly sidecars = new Set<string>();
  members = 0;
  expanded = 0;
  readonly #scanners: readonly FormatScanner[];
  readonly #limits: ScanLimits;
  readonly #size: number;
  #units: number;
  #exhausted = false;
  readonly #rules = new Set<RuleId>();

  constructor(size: number, scanners: readonly FormatScanner[], limits: ScanLimits) {
    this.#scanners = scanners;
    this.#limits = limits;
    this.#size = size;
    this.#units = limits.units + size * limits.unitsPerByte;
  }

  /** Recognises the content of one location and runs every scanner that it is certainly for. */
  scan(location: string, source: ByteSource, depth = 0, options: MemberOptions = {}): void {
    if (this.#exhausted) return;
    if (depth > this.#limits.depth) {
      this.miss(location, `archives are nested more than ${this.#limits.depth} deep`);
      return;
    }
    this.members++;
    if (this.members > this.#limits.members) {
      this.#exhaust(location, 'it has too many members');
      return;
    }
    if (source.size === 0) {
      this.formats.add('empty');
      return;
    }
    const raw = options.as === 'raw' || options.as === 'residue';
    const context = new LocationContext(this, location, depth, raw);
    const scanners = this.#recognise(location, source, options);
    if (scanners.length === 0) {
      if (!raw) this.miss(location, UNKNOWN_CONTENT);
      if (options.as !== 'raw') searchPickles(source, context);
      return;
    }
    const names = scanners.map((s) => s.format);
    if (scanners.length > 1 && !raw) {
      context.report('FILE-POLYGLOT', `it is valid as ${names.join(' and as ')}`);
    }
    const wrong = raw ? undefined : mismatch(location, names);
    if (wrong) context.report('FILE-TYPE-MISMATCH', wrong);
    for (const scanner of scanners) {
      this.formats.add(scanner.format);
      try {
        scanner.scan(source, context);
      } catch (error) {
        context.unparsed(reasonOf(error));
      }
    }
  }

  #recognise(location: string, source: ByteSource, options: MemberOptions): FormatScanner[] {
    if (options.format !== undefined) return this.#scanners.filter((s) => s.format === options.format);
    const head = Uint8Array.from(source.read(0, HEAD_BYTES));
    const name = location.slice(Math.max(location.lastIndexOf('/'), location.lastIndexOf('\\')) + 1);
    const certain: FormatScanner[] = [];
    let possible: FormatScanner | undefined;
    for (const scanner of this.#scanners) {
      const how = scanner.detect(head, source, name);
      if (how === 'certain') certain.push(scanner);
      else if (how === 'possible') possible ??= scanner;
    }
    // The "P" that a zip starts with is also a pickle opcode (PERSID), which stops every plain unpickler at once.
    if (head[0] === 0x50 && head[1] === 0x4b && certain.some((s) => s.format === 'zip')) {
      return certain.filter((s) => s.format !== 'pickle');
    }
    if (options.as === 'raw' || options.as === 'residue') return certain;
    // A format that is only recognised says nothing about what else is in the file.
    if (certain.some((s) => s.format !== 'unsupported')) return certain;
    if (certain.length > 0) return possible && possible.format !== 'text' ? [...certain, possible] : certain;
    return possible ? [possible] : [];
  }

  report(rule: RuleId, location: string, message: string, offset?: number): void {
    const at = offset === undefined ? {} : { offset };
    const finding = { rule, severity: RULES[rule].severity, message, location, ...at };
    // However many there are, the first of every rule is kept: a flood of small ones must not hide a grave one.
    if (this.findings.length < MAX_FINDINGS || !this.#rules.has(rule)) this.findings.push(finding);
    this.#rules.add(rule);
  }

  miss(location: string, reason: string, offset?: number): void {
    if (this.unparsed.length >= MAX_UNPARSED) return;
    this.unparsed.push({ location, reason, ...(offset === undefined ? {} : { offset }) });
  }

  spend(location: string, units: number): boolean {
    this.#units -= units;
    if (this.#units < 0) this.#exhaust(location, 'it takes more work than its size allows');
    return !this.#exhausted;
  }

  get expandable(): number {
    return Math.max(0, this.#limits.expandedBytes - this.expanded);
  }

  expand(location: string, bytes: number): boolean {
    this.expanded += bytes;
    if (this.expanded > this.#limits.expandedBytes) {
      if (this.expanded > this.#size * BOMB_RATIO) {
        const times = Math.round(this.expanded / this.#size);
        this.report('ARC-BOMB', location, `the file expands more than ${times} times`);
      }
      this.#exhaust(location, 'it expands beyond the limit');
    }
    return !this.#exhausted;
  }

  #exhaust(location: string, reason: string): void {
    if (!this.#exhausted) this.miss(location, reason);
    this.#exhausted = true;
  }
}

/** The view that one scanner has of the run: one location, one depth. */
class LocationContext implements ScanContext {
  readonly location: string;
  readonly #run: FileRun;
  readonly #depth: number;
  readonly #raw: boolean;

  constructor(run: FileRun, location: string, depth: number, raw: boolean) {
    this.#run = run;
    this.location = location;
    this.#depth = depth;
    this.#raw = raw;
  }

  report(rule: RuleId, message: string, offset?: number): void {
    this.#run.report(rule, this.location, message, offset);
  }

  unparsed(reason: string, offset?: number): void {
    if (!this.#raw) this.#run.miss(this.location, reason, offset);
  }

  sidecar(path: string): void {
    // Only the file itself has neighbours; a member of an archive has none.
    if (this.#depth === 0 && this.#run.sidecars.size < MAX_UNPARSED) this.#run.sidecars.add(path);
  }

  recognised(format: string): void {
    this.#run.formats.add(format);
  }

  member(name: string, source: ByteSource, options?: MemberOptions): void {
    const inherited = this.#raw ? { ...options, as: 'raw' as const } : options;
    this.#run.scan(`${this.location}!/${name}`, source, this.#depth + 1, inherited);
  }

  spend(units: number): boolean {
    return this.#run.spend(this.location, units);
  }

  get expandable(): number {
    return this.#run.expandable;
  }

  expand(bytes: number): boolean {
    return this.#run.expand(this.location, bytes);
  }
}

function reasonOf(error: unknown): string {
  if (isModelsealError(error)) return error.message;
  return `the scanner failed: ${error instanceof Error ? error.message : String(error)}`;
}
