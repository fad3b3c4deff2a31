import { closeSync, fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { ReportBuilder } from '../../core/report/index.js';
import { OPEN_FLAGS } from '../../core/digest/index.js';
import type { TrustPolicy } from '../policy/policy.js';
import type { ScanOptions } from '../../scanner/options.js';
import { judgeFormats, reportScan } from '../pipeline/scan.js';

/**
 * Looks for threats in a copy that nobody else can change, file by file and without holding one in memory.
 *
 * @throws {ModelsealError} `ERR_THREAT_FOUND`, `ERR_SCAN_INCOMPLETE`, `ERR_POLICY_FORMAT`
 */
export async function scanCopy(
  folder: string,
  names: readonly string[],
  subject: string,
  options: ScanOptions | undefined,
  policy: TrustPolicy,
  report: ReportBuilder,
): Promise<void> {
  await report.step('scan', async () => {
    const [{ ScannedModel }, { DescriptorSource }] = await Promise.all([
      import('../../scanner/scanned-model.js'),
      import('../../core/formats/source.js'),
    ]);
    let open: number | undefined;
    const close = (): void => {
      if (open !== undefined) closeSync(open);
      open = undefined;
    };
    const model = {
      names,
      read: (name: string) => {
        close();
        open = openSync(join(folder, ...name.split('/')), OPEN_FLAGS);
        return new DescriptorSource(open, fstatSync(open).size);
      },
    };
    try {
      const scanned = await ScannedModel.from(model, subject, { ...options, onResult: reportScan(report) });
      judgeFormats(scanned.result, policy, report);
    } finally {
      close();
    }
  });
}
