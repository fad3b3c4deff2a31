import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { ioError } from '../core/files.js';
import { DEFAULT_LIMITS } from './limits.js';
import { checkScanOptions, type ScanOptions } from './options.js';
import { applyPolicy, atLeast, DEFAULT_MAX_PICKLE_BYTES, type ScanPolicy, verdictOf } from './policy.js';
import { RULES } from './rules.js';
import { FileRun, UNKNOWN_CONTENT } from './run.js';
import { SCANNERS } from './scanners.js';
import { type ByteSource, DescriptorSource } from '../core/formats/source.js';
import type { FileVerdict, Finding, Unparsed } from './types.js';
import { type FoundFile, findFiles } from './walk.js';

/** What is known of one file after its scan. */
export interface FileScan {
  /** As the caller named it. */
  readonly file: string;
  readonly size: number;
  readonly verdict: FileVerdict;
  readonly findings: readonly Finding[];
  /** Everything that could not be understood, or why the file was not looked at. */
  readonly unparsed: readonly Unparsed[];
  /** Formats met in the file and in its members. */
  readonly formats: readonly string[];
  /** Locations looked at: the file itself, archive members, embedded streams. */
  readonly members: number;
  /** Bytes that decompression produced. */
  readonly expanded: number;
  /** Other files, relative to this one, that it reads as plain numbers: the weights of an ONNX model. */
  readonly sidecars: readonly string[];
}

/** What was looked at; a report without it would not say what "clean" covers. */
export interface ScanCoverage {
  readonly files: number;
  readonly bytes: number;
  readonly members: number;
  readonly expanded: number;
  /** How many files contain each format. */
  readonly formats: Readonly<Record<string, number>>;
  /** Folders that were not entered: version control data. */
  readonly omitted: readonly string[];
}

export interface ScanResult {
  /** `threat` outweighs `incomplete`, which outweighs `clean`. */
  readonly verdict: 'clean' | 'threat' | 'incomplete';
  readonly files: readonly FileScan[];
  readonly verdicts: Readonly<Record<FileVerdict, number>>;
  readonly coverage: ScanCoverage;
}

/**
 * Scans the bytes of one file; `name` is how it appears in the report and a hint for text formats, no more.
 * @example
 * const { findings, unparsed } = scanSource('model.pkl', new MemorySource(bytes));
 */
export function scanSource(name: string, source: ByteSource, options: ScanOptions = {}): FileScan {
  checkScanOptions('scanSource', options);
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const run = new FileRun(source.size, options.scanners ?? SCANNERS, limits);
  run.scan(name, source);
  return finish(name, source.size, run, options.policy ?? {});
}

function finish(name: string, size: number, run: FileRun, policy: ScanPolicy): FileScan {
  const limit = policy.maxPickleBytes ?? DEFAULT_MAX_PICKLE_BYTES;
  // A PyTorch archive is mostly tensors and legitimately large; a bare pickle is not.
  if (run.formats.has('pickle') && !run.formats.has('zip') && size > limit) {
    run.report('STORE-SIZE', name, `it has ${size} bytes, more than the ${limit} expected of a pickle`);
  }
  if (run.unparsed.length > 0) {
    run.report('STORE-INSPECTION-FAILED', name, run.unparsed[0]?.reason ?? 'it could not be read');
  }
  const findings = applyPolicy(run.findings, policy);
  return {
    file: name,
    size,
    verdict: verdictOf(findings, run.unparsed),
    findings,
    unparsed: run.unparsed,
    formats: [...run.formats].sort(),
    members: run.members,
    expanded: run.expanded,
    sidecars: [...run.sidecars],
  };
}

/**
 * Scans files and folders on disk. Folders are walked in full; nothing is left out without appearing in the result.
 *
 * @throws {ModelsealError} `ERR_FILE_NOT_FOUND`, `ERR_FILE_UNREADABLE` for a path that was named; what is unreadable
 *   below a folder appears as skipped instead.
 * @example
 * const { verdict, files } = scanPaths(['models']);
 */
export function scanPaths(paths: readonly string[], options: ScanOptions = {}): ScanResult {
  checkScanOptions('scanPaths', options);
  const omitted: string[] = [];
  const found = paths.flatMap((path) => findFiles(path, omitted));
  const total = found.reduce((sum, f) => sum + f.size, 0);
  let bytes = 0;
  const files = found.map((f, i) => {
    const report = (reached: number, done: number): void =>
      options.progress?.({ bytes: bytes + reached, total, files: done, totalFiles: found.length });
    const scan = scanFound(f, options, (reached) => report(Math.min(reached, f.size), i));
    report(f.size, i + 1);
    bytes += f.size;
    return scan;
  });
  return summarize(acceptSidecars(files, options.policy ?? {}), options.policy ?? {}, omitted);
}

/** Scans one file that {@link findFiles} found. @throws {ModelsealError} as {@link scanPaths} does */
export function scanFound(
  found: FoundFile,
  options: ScanOptions,
  onReach: (bytes: number) => void,
): FileScan {
  const { path, size } = found;
  if (found.skip !== undefined) return skippedFile(path, size, found.skip, options.policy ?? {});
  let fd: number;
  try {
    // A pipe that took the place of the file since it was looked at must not make this wait for its other end.
    fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (found.named) throw ioError(error, path, 'model');
    return skippedFile(path, size, ioError(error, path, 'model').message, options.policy ?? {});
  }
  try {
    const stat = fstatSync(fd);
    const skip = unreadable(fd, stat);
    if (skip !== undefined) return skippedFile(path, stat.size, skip, options.policy ?? {});
    const scan = scanSource(path, new DescriptorSource(fd, stat.size, onReach), options);
    return found.outside === undefined ? scan : linked(scan, found.outside, options.policy ?? {});
  } finally {
    closeSync(fd);
  }
}

/** Why an open file says nothing about what a reader will see; undefined for an ordinary one. */
function unreadable(fd: number, stat: Stats): string | undefined {
  if (!stat.isFile()) return 'it is a device, a pipe or a socket';
  if (stat.size > 0) return undefined;
  // Files that the kernel makes up while they are read have no size.
  return readSync(fd, Buffer.alloc(1), 0, 1, 0) > 0 ? 'it holds more than its size says' : undefined;
}

function linked(scan: FileScan, target: string, policy: ScanPolicy): FileScan {
  const rule = 'FILE-LINK-OUTSIDE';
  const message = `it is a link to ${target}`;
  const own = applyPolicy([{ rule, severity: RULES[rule].severity, message, location: scan.file }], policy);
  const findings = [...scan.findings, ...own];
  return { ...scan, findings, verdict: verdictOf(findings, scan.unparsed) };
}

function skippedFile(file: string, size: number, reason: string, policy: ScanPolicy): FileScan {
  const rule = 'STORE-INSPECTION-FAILED';
  const findings = applyPolicy(
    [{ rule, severity: RULES[rule].severity, message: reason, location: file }],
    policy,
  );
  const unparsed = [{ location: file, reason }];
  const verdict = verdictOf(findings, unparsed, true);
  return { file, size, verdict, findings, unparsed, formats: [], members: 0, expanded: 0, sidecars: [] };
}

/**
 * Clears files of no known format that a neighbour reads as plain numbers. Nothing else makes unknown content clean:
 * the neighbour was understood, and what was recognised in the file with certainty has been scanned as that.
 */
export function acceptSidecars(files: readonly FileScan[], policy: ScanPolicy): FileScan[] {
  const named = new Set<string>();
  for (const { file, sidecars } of files) {
    const folder = file.slice(0, Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);
    for (const path of sidecars) named.add(folder + path);
  }
  return files.map((scan) => {
    if (!named.has(scan.file)) return scan;
    if (scan.findings.some((f) => f.rule === 'FILE-LINK-OUTSIDE')) return escaped(scan, policy);
    const unknown = scan.unparsed.length > 0 && scan.unparsed.every((u) => u.reason === UNKNOWN_CONTENT);
    if (!unknown || scan.formats.length > 0) return scan;
    const findings = scan.findings.filter((f) => f.rule !== 'STORE-INSPECTION-FAILED');
    const verdict = verdictOf(applyPolicy(findings, policy), []);
    return { ...scan, verdict, findings, unparsed: [], formats: ['tensor-data'] };
  });
}

/** External data that are a link to elsewhere are read from elsewhere, as if the model had named that path. */
function escaped(scan: FileScan, policy: ScanPolicy): FileScan {
  const rule = 'ONNX-EXTERNAL-ESCAPE';
  const message = 'a model reads its data through this link, from outside the folder';
  const own = applyPolicy([{ rule, severity: RULES[rule].severity, message, location: scan.file }], policy);
  const findings = [...scan.findings, ...own];
  return { ...scan, findings, verdict: verdictOf(findings, scan.unparsed) };
}

/** Sums up the scans of several files under a policy. */
export function summarize(
  files: readonly FileScan[],
  policy: ScanPolicy,
  omitted: readonly string[] = [],
): ScanResult {
  const verdicts: Record<FileVerdict, number> = {
    clean: 0,
    suspicious: 0,
    malicious: 0,
    unparsed: 0,
    skipped: 0,
  };
  const formats: Record<string, number> = {};
  const floor = policy.failOn ?? 'medium';
  let threat = false;
  let incomplete = false;
  let [bytes, members, expanded] = [0, 0, 0];
  for (const file of files) {
    verdicts[file.verdict]++;
    for (const format of file.formats) formats[format] = (formats[format] ?? 0) + 1;
    if (file.findings.some((f) => atLeast(f.severity, floor))) threat = true;
    // A suspicious file can be only half understood as well; its verdict alone would not tell.
    if (file.unparsed.length > 0) incomplete = true;
    if (file.verdict !== 'skipped') bytes += file.size;
    members += file.members;
    expanded += file.expanded;
  }
  const verdict = threat ? 'threat' : incomplete && !policy.allowUnparsed ? 'incomplete' : 'clean';
  return {
    verdict,
    files,
    verdicts,
    coverage: { files: files.length, bytes, members, expanded, formats, omitted },
  };
}
