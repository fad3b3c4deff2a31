import { ModelsealError } from '../../core/errors/index.js';
import { snapshotOf } from '../../core/hub/index.js';
import { checkOptions, is, type OptionTable } from '../../core/options.js';
import { findRecord, type RecordPolicy, readRecord, verifyRecord } from '../../core/records/index.js';
import {
  type CheckSummary,
  type Report,
  ReportBuilder,
  type StepObserver,
  summarize,
} from '../../core/report/index.js';
import { VERSION } from '../../core/version.js';
import { checkScanOptions, type ScanOptions } from '../../scanner/options.js';
import { applyPolicy } from '../../scanner/policy.js';
import { RULES, type RuleId } from '../../scanner/rules.js';
import { type FileScan, scanPaths } from '../../scanner/scan.js';
import { requireClean } from '../../scanner/scanned-model.js';
import { checkVerifyOptions, type VerifyOptions } from '../pipeline/options.js';
import { scanModel } from '../pipeline/scan.js';
import { runVerification } from '../pipeline/verify.js';
import { requireTrustedStorage } from '../store/storage.js';
import { oddDependencies } from './dependencies.js';
import { type FoundModel, findModels } from './find.js';
import { sizeOf } from './size.js';

export interface CheckOptions {
  /** How signed models are verified; `report` is made per model. */
  readonly verify: Omit<VerifyOptions, 'report' | 'hold'>;
  readonly scan?: ScanOptions | undefined;
  /** Accept models without a signature, with a warning. */
  readonly allowUnsigned?: boolean | undefined;
  /** How records of the older practice are held against files without a signature. */
  readonly records?: RecordPolicy | undefined;
  /** Folders that every model must lie in, after resolving links; anywhere without them. */
  readonly trustedPaths?: readonly string[] | undefined;
  /** Resolved folders to leave out. */
  readonly skip?: readonly string[] | undefined;
  /** Paths relative to the folder that are not looked at, inside a model as well: `lost+found`. */
  readonly ignorePaths?: readonly string[] | undefined;
  /** Warnings refuse as well: nothing may be left unexplained. */
  readonly strict?: boolean | undefined;
  /** Packages that metadata may name besides the well-known ones. */
  readonly knownDependencies?: readonly string[] | undefined;
  readonly observer?: StepObserver | undefined;
  /** Told of each model as it is done. */
  readonly onModel?: ((report: Report, done: number, total: number) => void | Promise<void>) | undefined;
}

const CHECK: OptionTable<CheckOptions> = {
  verify: is.object,
  scan: is.object,
  allowUnsigned: is.flag,
  records: is.object,
  trustedPaths: is.list(is.text),
  skip: is.list(is.text),
  ignorePaths: is.list(is.text),
  strict: is.flag,
  knownDependencies: is.list(is.text),
  observer: is.anything,
  onModel: is.call,
};

function checkCheckOptions(of: string, options: CheckOptions): void {
  checkOptions(of, options, CHECK);
  checkVerifyOptions(of, options.verify);
  if (options.scan) checkScanOptions(of, options.scan);
}

/**
 * Judges every model below a folder: signature, integrity, threats. One model's refusal never stops the others.
 *
 * @throws {ModelsealError} `ERR_FILE_NOT_FOUND`, `ERR_FILE_UNREADABLE` for the folder itself, `ERR_CHECK_EMPTY`
 * @example
 * const { verdict, models } = await checkFolder('models', { verify: { trustRoots, at: new Date() } });
 */
export async function checkFolder(root: string, options: CheckOptions): Promise<CheckSummary> {
  checkCheckOptions('checkFolder', options);
  const { models, notFollowed } = findModels(root, options.skip, options.ignorePaths);
  if (models.length + notFollowed.length === 0) throw new ModelsealError('ERR_CHECK_EMPTY', { folder: root });
  const reports: Report[] = [];
  for (const model of models) {
    const report = await checkModel(model, options);
    reports.push(report);
    await options.onModel?.(report, reports.length, models.length);
  }
  if (notFollowed.length > 0) reports.push(notFollowedReport(root, notFollowed, options));
  return summarize(root, options.verify.at, reports, { name: 'modelseal', version: VERSION });
}

/**
 * Judges one model; every outcome is in the report, nothing is thrown.
 * @example
 * for (const model of findModels('models').models) {
 *   const { verdict } = await checkModel(model, { verify: { trustRoots, at: new Date() } });
 *   console.log(model.path, verdict);
 * }
 */
export async function checkModel(model: FoundModel, options: CheckOptions): Promise<Report> {
  checkCheckOptions('checkModel', options);
  const report = new ReportBuilder(model.path, options.verify.at, options.observer);
  const snapshot = snapshotOf(model.path);
  if (snapshot) report.model({ ...snapshot, bytes: sizeOf(model.path) });
  if (model.links.length > 0) report.passed('links', `also reached through ${model.links.join(', ')}`);
  // Links lead out of a folder that is trusted itself.
  const { trustedPaths = [] } = options;
  if (trustedPaths.length > 0)
    await report
      .step('storage', () => requireTrustedStorage(model.path, trustedPaths))
      .catch(() => undefined);
  if (model.kind === 'signed') await checkSigned(model, options, report);
  else await checkUnsigned(model.path, options, report);
  if (options.strict) refuseWarnings(report);
  return report.build();
}

async function checkSigned(
  { path, ignorePaths }: FoundModel,
  options: CheckOptions,
  report: ReportBuilder,
): Promise<void> {
  const ignore = [...(options.verify.ignorePaths ?? []), ...ignorePaths];
  const verified = await runVerification(
    path,
    { ...options.verify, ignorePaths: ignore, report },
    report,
  ).catch(() => undefined);
  if (verified === undefined) {
    // What cannot be trusted is looked at all the same: the report should say whether it is dangerous.
    await scanOnDisk(path, options, report);
    return;
  }
  checkDependencies(path, verified.manifest.metadata?.dependencies, options, report);
  await scanModel(verified, path, { scan: options.scan }, report).catch(() => undefined);
}

async function checkUnsigned(path: string, options: CheckOptions, report: ReportBuilder): Promise<void> {
  const { records } = options;
  const recorded = records ? await holdAgainstRecord(path, records, options, report) : 'none';
  const unsigned = new ModelsealError('ERR_MODEL_UNSIGNED', { file: path });
  const known = recorded === 'matched' ? '; its checksum record matches' : '';
  // One fact, said once: an error where it refuses, else a finding under the policy for its rule.
  if (options.allowUnsigned) {
    report.skipped('signature', 'it has none, which was allowed');
    storeFinding('STORE-UNSIGNED', path, `${unsigned.message}${known}`, options, report);
  } else report.failed('signature', unsigned);
  await scanOnDisk(path, options, report);
}

/** A finding about how the model is kept, under the operator's policy for its rule. It explains; it decides nothing. */
function storeFinding(
  rule: RuleId,
  path: string,
  message: string,
  options: CheckOptions,
  report: ReportBuilder,
): void {
  const finding = { rule, severity: RULES[rule].severity, message, location: path };
  for (const { severity } of applyPolicy([finding], options.scan?.policy ?? {})) {
    report.threat({ file: path, rule, severity, message });
  }
}

function checkDependencies(
  path: string,
  dependencies: unknown,
  options: CheckOptions,
  report: ReportBuilder,
): void {
  for (const odd of oddDependencies(dependencies, options.knownDependencies)) {
    storeFinding('STORE-DEPENDENCY-UNKNOWN', path, odd, options, report);
  }
}

/** A record is no signature, but a record that does not match is a refusal in every case. */
async function holdAgainstRecord(
  path: string,
  policy: RecordPolicy,
  options: CheckOptions,
  report: ReportBuilder,
): Promise<'none' | 'matched' | 'refused'> {
  let file: string;
  try {
    file = findRecord(path);
  } catch {
    return 'none';
  }
  return report
    .step('record', () => {
      const record = readRecord(file);
      verifyRecord(path, record, policy);
      checkDependencies(path, record.description.dependencies, options, report);
      report.passed('record', `matches ${file}; a checksum proves no origin`);
      return 'matched' as const;
    })
    .catch(() => 'refused' as const);
}

async function scanOnDisk(path: string, options: CheckOptions, report: ReportBuilder): Promise<void> {
  await report
    .step('scan', () => {
      const result = scanPaths([path], options.scan ?? {});
      addThreats(report, result.files);
      requireClean(path, result, options.scan?.policy ?? {});
      report.passed('scan', 'no threat found');
    })
    .catch(() => undefined);
}

function addThreats(report: ReportBuilder, files: readonly FileScan[]): void {
  for (const { findings } of files) {
    for (const { rule, severity, message, location } of findings)
      report.threat({ file: location, rule, severity, message });
  }
}

function refuseWarnings(report: ReportBuilder): void {
  const warnings = report.build().checks.filter((c) => c.outcome === 'warning');
  for (const w of warnings)
    report.failed(w.name, new ModelsealError('ERR_CHECK_WARNING', { warning: w.detail }));
}

function notFollowedReport(root: string, paths: readonly string[], options: CheckOptions): Report {
  const report = new ReportBuilder(root, options.verify.at);
  report.failed('walk', new ModelsealError('ERR_CHECK_UNREAD', { paths: [...paths] }));
  return report.build();
}
