import { isModelsealError } from '../../core/errors/index.js';
import { checkOptions, is } from '../../core/options.js';
import type { ReportBuilder } from '../../core/report/index.js';
import { borrow } from '../../core/model/lend.js';
import { detectRuntimeFormat } from '../runtime/choose.js';
import { manifestName } from '../runtime/onnx/external.js';
import { findExternalTensors } from '../runtime/onnx/model.js';
import type { ScanResult } from '../../scanner/scan.js';
import type { ScannedModel } from '../../scanner/scanned-model.js';
import type { MatchedModel } from './matched-model.js';
import type { LoadOptions } from './options.js';
import { judgeDemands } from './account.js';
import { requireFormats } from './policy-demands.js';
import type { TrustPolicy } from '../policy/policy.js';

/**
 * The scan step: threats refuse, and so does what could not be understood; findings below the threshold stand in the
 * report.
 *
 * @throws {ModelsealError} `ERR_THREAT_FOUND`, `ERR_SCAN_INCOMPLETE`, `ERR_POLICY_FORMAT`
 * @example
 * const { model } = await verifyModel('model', { trustRoots, at: new Date(), hold: true });
 * const scanned = await scanModel(model, 'model', {}, new ReportBuilder('model', new Date()));
 */
export function scanModel(
  model: MatchedModel,
  subject: string,
  options: Pick<LoadOptions, 'scan'>,
  report: ReportBuilder,
): Promise<ScannedModel<MatchedModel>> {
  checkOptions('scanModel', options, { scan: is.object });
  return report.step('scan', async () => {
    // The scanners are many modules; only who loads a model pays for them.
    const { ScannedModel } = await import('../../scanner/scanned-model.js');
    const scanned = await ScannedModel.from(model, subject, {
      ...options.scan,
      tensorFiles: await tensorFiles(model),
      onResult: reportScan(report),
    });
    judgeFormats(scanned.result, model.manifest.signer.policy, report);
    return scanned;
  });
}

/**
 * Holds the formats that a scan met against the policy: names promise, content decides.
 *
 * @throws {ModelsealError} `ERR_POLICY_FORMAT`
 */
export function judgeFormats(result: ScanResult, policy: TrustPolicy, report: ReportBuilder): void {
  const found = result.files.flatMap(({ file, formats }) =>
    (formats.length > 0 ? formats : ['unknown']).map((format) => [file, format] as const),
  );
  judgeDemands(policy, report, ({ formats }) => {
    if (formats) requireFormats(found, formats);
  });
}

/** Writes what a scan found into a report. */
export const reportScan =
  (report: ReportBuilder) =>
  ({ files, coverage, verdict }: ScanResult): void => {
    for (const file of files) {
      for (const { rule, severity, message, location } of file.findings) {
        report.threat({ file: location, rule, severity, message });
      }
    }
    if (verdict !== 'clean') return;
    const unknown = files.filter((file) => file.unparsed.length > 0).map((file) => file.file);
    if (unknown.length > 0) report.warning('scan.unparsed', `not understood, allowed: ${unknown.join(', ')}`);
    report.passed('scan', `${coverage.files} files, ${coverage.members} parts, no threat`);
  };

/** Files that ONNX models of this manifest name as external tensor data: numbers without a format of their own. */
async function tensorFiles(model: MatchedModel): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (const file of model.files) {
    const bytes = await borrow(model, file);
    if (detectRuntimeFormat(bytes) !== 'onnx') continue;
    try {
      for (const tensor of findExternalTensors(bytes, file)) names.add(manifestName(file, tensor));
    } catch (error) {
      // A malformed model, or one that points outside, is refused by the scanner or by the runtime.
      if (!isModelsealError(error)) throw error;
    }
  }
  return names;
}
