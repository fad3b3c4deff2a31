import { ModelsealError } from '../core/errors/index.js';
import { borrow } from '../core/model/lend.js';
import { checkScanOptions, type ScanOptions } from './options.js';
import { atLeast, type ScanPolicy } from './policy.js';
import { acceptSidecars, type FileScan, type ScanResult, scanSource, summarize } from './scan.js';
import { SCANNERS } from './scanners.js';
import { type ByteSource, MemorySource } from '../core/formats/source.js';
import type { FormatScanner } from './types.js';

/** A model whose bytes are verified and held: the scan reads those bytes, never a path. */
export interface ScannableModel {
  readonly names: Iterable<string>;
  /** The verified bytes of one file, in memory or through a descriptor that is held open. */
  read(name: string): Uint8Array | ByteSource | Promise<Uint8Array | ByteSource>;
}

/** A model in which no threat was found. Only the scan makes one, so an unscanned model does not compile as one. */
export class ScannedModel<M extends ScannableModel = ScannableModel> {
  readonly #model: M;
  readonly #result: ScanResult;

  private constructor(model: M, result: ScanResult) {
    this.#model = model;
    this.#result = result;
  }

  /** The verified model that was scanned. */
  get model(): M {
    return this.#model;
  }

  /** What was looked at, and what remained below the policy's threshold. */
  get result(): ScanResult {
    return this.#result;
  }

  /**
   * Scans every file of a verified model.
   *
   * @param subject How the model is called in errors and reports.
   * @throws {ModelsealError} `ERR_THREAT_FOUND` for findings at or above the policy's `failOn`,
   *   `ERR_SCAN_INCOMPLETE` where something was not understood and the policy does not allow that
   */
  static async from<M extends ScannableModel>(
    model: M,
    subject: string,
    options: ScanOptions & {
      readonly onResult?: (result: ScanResult) => void;
      /** Files that others of the model read as plain numbers. */
      readonly tensorFiles?: ReadonlySet<string>;
    } = {},
  ): Promise<ScannedModel<M>> {
    const { onResult, tensorFiles, ...scan } = options;
    checkScanOptions('ScannedModel.from', scan);
    const policy = scan.policy ?? {};
    const scanners = [rawTensors(tensorFiles ?? new Set()), ...(scan.scanners ?? SCANNERS)];
    const scans: FileScan[] = [];
    for (const name of model.names) {
      // Scanners that a caller brought get bytes of their own; ours do not write.
      const bytes = scan.scanners ? await model.read(name) : await borrow(model, name);
      scans.push(
        scanSource(name, bytes instanceof Uint8Array ? new MemorySource(bytes) : bytes, {
          ...scan,
          scanners,
        }),
      );
    }
    const files = acceptSidecars(scans, policy);
    const result = summarize(files, policy);
    onResult?.(result);
    requireClean(subject, result, policy);
    return new ScannedModel(model, result);
  }
}

/**
 * Turns a result that is not clean into its error.
 *
 * @throws {ModelsealError} `ERR_THREAT_FOUND`, `ERR_SCAN_INCOMPLETE`
 */
export function requireClean(subject: string, result: ScanResult, policy: ScanPolicy): void {
  if (result.verdict === 'threat') throw threat(subject, result.files, policy.failOn ?? 'medium');
  if (result.verdict === 'incomplete') throw incomplete(subject, result.files);
}

function threat(
  subject: string,
  files: readonly FileScan[],
  floor: NonNullable<NonNullable<ScanOptions['policy']>['failOn']>,
): ModelsealError {
  const findings = files.flatMap((f) => f.findings).filter((f) => atLeast(f.severity, floor));
  return new ModelsealError('ERR_THREAT_FOUND', {
    subject,
    rules: [...new Set(findings.map((f) => f.rule))],
    findings: findings.map((f) => `${f.location}: ${f.message}`),
  });
}

function incomplete(subject: string, files: readonly FileScan[]): ModelsealError {
  const missed = files.filter((f) => f.unparsed.length > 0);
  return new ModelsealError('ERR_SCAN_INCOMPLETE', {
    subject,
    files: missed.map((f) => f.file),
    reason: missed[0]?.unparsed[0]?.reason ?? 'unknown content',
  });
}

/**
 * Accounts for raw tensor data, which nothing but a runtime reads, as numbers. A file whose content is certainly of
 * another format is scanned as that format too.
 */
function rawTensors(names: ReadonlySet<string>): FormatScanner {
  return {
    format: 'onnx-external-data',
    detect: (_head, _source, name) => (names.has(name) ? 'certain' : 'no'),
    scan: () => {},
  };
}
