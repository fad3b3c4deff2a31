import type { Severity } from './rule.js';
import type { RuleId } from './rules.js';
import type { ByteSource } from '../core/formats/source.js';

export type { Severity };

/**
 * What is known of one file. `unparsed` (it could not be understood) and `skipped` (it was not looked at) are never
 * `clean`. `malicious` needs a finding of severity `critical` or `high`, `suspicious` any other finding.
 */
export type FileVerdict = 'clean' | 'suspicious' | 'malicious' | 'unparsed' | 'skipped';

/** One thing found, by one rule. */
export interface Finding {
  /** Identifier of the rule in the rule table, for instance `PKL-GLOBAL-DANGEROUS`. */
  readonly rule: RuleId;
  readonly severity: Severity;
  /** One sentence with the data of this occurrence. */
  readonly message: string;
  /** Where inside the file: archive members joined with `!/`, as in `model.pt!/archive/data.pkl`. */
  readonly location: string;
  /** Byte offset within that location, where there is one. */
  readonly offset?: number;
}

/** Something that could not be understood, and why. */
export interface Unparsed {
  readonly location: string;
  readonly reason: string;
  readonly offset?: number;
}

/** How a member is looked at. */
export interface MemberOptions {
  /**
   * `raw`: numbers that the surrounding format only ever reads as numbers (a tensor's storage). Threats recognised in
   * them with certainty count; not being understood does not. `residue`: bytes that the surrounding format does not
   * account for, reported as such already; they are searched for pickles at any offset as well.
   */
  readonly as?: 'any' | 'raw' | 'residue';
  /** Only this format, even where its content alone would not be enough to recognise it. */
  readonly format?: string;
}

/** What a scanner may spend and how it reports. One context serves one location of one file. */
export interface ScanContext {
  readonly location: string;
  /** Records a finding of a rule; severity and documentation come from the rule table. */
  report(rule: RuleId, message: string, offset?: number): void;
  /** Records that (a part of) this location could not be understood; the file can no longer be clean. */
  unparsed(reason: string, offset?: number): void;
  /** Names a more special format than the scanner's own, for the report: `pytorch` where the scanner reads zip. */
  recognised(format: string): void;
  /** Names another file, relative to this one, from which the format reads plain numbers and nothing else. */
  sidecar(path: string): void;
  /** Scans what this location contains (an archive member, an embedded stream) by its own content. */
  member(name: string, source: ByteSource, options?: MemberOptions): void;
  /**
   * Takes `units` (about one byte looked at, one opcode run, one entry listed) from the budget that the whole scan
   * of this file shares, containers and members together.
   *
   * @returns False when the budget is spent: the scanner must stop; the file has been marked unparsed already.
   */
  spend(units: number): boolean;
  /** How many bytes decompression may still produce for this file; never produce more at once. */
  readonly expandable: number;
  /** Takes decompressed bytes from {@link expandable}; false, and marked unparsed, when they exceed it. */
  expand(bytes: number): boolean;
}

/** Reads one family of formats. Decides by content: `detect` sees bytes, and a name only as a hint for text formats. */
export interface FormatScanner {
  readonly format: string;
  /**
   * @param head The first {@link HEAD_BYTES} bytes, fewer for a smaller file.
   * @returns How surely the content is this format. Several scanners may claim one file (a polyglot): all of them
   *   that say `certain` run, and the best `possible` one where none is certain.
   */
  detect(head: Uint8Array, source: ByteSource, name: string): 'certain' | 'possible' | 'no';
  /** Malformed content may be thrown as `ERR_FORMAT_MALFORMED`; the engine records it as unparsed. */
  scan(source: ByteSource, context: ScanContext): void;
}

/** Enough for every magic number in use (tar's stands at 257) and for the first lines of a text. */
export const HEAD_BYTES = 4096;
