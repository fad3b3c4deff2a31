import { ATTESTATION_NAMES, type Attestation, type AttestationType } from '../../core/attestation/index.js';
import { checkOptions, is, type OptionTable } from '../../core/options.js';
import { isoTime } from '../../core/x509/index.js';
import { MAX_CLOCK_SKEW_MS } from '../revocation/limits.js';

/** An attestation that a model must have. */
export interface AttestationDemand {
  readonly type: AttestationType;
  /** Of a scan: the version of the scanner, exactly. */
  readonly scannerVersion?: string | undefined;
  /** Of a scan: how old it may be. */
  readonly maxAgeDays?: number | undefined;
}

const DEMAND: OptionTable<AttestationDemand> = {
  type: is.one(...ATTESTATION_NAMES),
  scannerVersion: is.text,
  maxAgeDays: is.number,
};

const DAY_MS = 24 * 60 * 60 * 1000;

/** @throws {ModelsealError} `ERR_USAGE` */
export function checkDemands(demands: readonly AttestationDemand[]): void {
  for (const demand of demands) checkOptions('a demanded attestation', demand, DEMAND);
}

/** Why a verified attestation of the right type is not what is demanded; undefined where it is. */
export function unmet({ predicate }: Attestation, demand: AttestationDemand, at: Date): string | undefined {
  if (demand.type !== 'scan') return undefined;
  const { scanner, time, verdict, policy } = predicate as unknown as ScanPredicate;
  if (verdict !== 'clean') return `the scan says ${verdict}`;
  if (Object.keys(policy).length > 0) return 'the scan was made by rules other than the default ones';
  const wanted = demand.scannerVersion;
  if (scanner.name !== 'modelseal') return `the scan is of another scanner, ${scanner.name}`;
  if (wanted !== undefined && scanner.version !== wanted)
    return `the scan is of version ${scanner.version} of the scanner, not ${wanted}`;
  const age = at.getTime() - Date.parse(time);
  // Written so that what is not a number refuses.
  if (!(age >= -MAX_CLOCK_SKEW_MS)) return `the scan is of ${time}, after ${isoTime(at)}`;
  const { maxAgeDays } = demand;
  if (maxAgeDays !== undefined && !(age <= maxAgeDays * DAY_MS))
    return `the scan of ${time} is older than ${maxAgeDays} days`;
  return undefined;
}

/** As `checkPredicate` has found it. */
interface ScanPredicate {
  readonly scanner: { readonly name: string; readonly version: string };
  readonly time: string;
  readonly verdict: 'clean' | 'threat' | 'incomplete';
  readonly policy: object;
}
