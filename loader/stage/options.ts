import { checkOptions, is, type OptionTable } from '../../core/options.js';
import { checkVerifyOptions, type VerifyOptions } from '../pipeline/options.js';
import { checkScanOptions, type ScanOptions } from '../../scanner/options.js';

/** How a model is verified, copied and scanned. */
export interface StageOptions extends Omit<VerifyOptions, 'hold'> {
  /** Which findings are threats, and what may stay unread. */
  readonly scan?: ScanOptions | undefined;
  /** Copy without looking for threats: whoever signed is trusted not to mean harm. */
  readonly skipScan?: boolean | undefined;
  /** Ends the work; nothing is left behind. */
  readonly signal?: AbortSignal | undefined;
}

export interface ExecOptions extends StageOptions {
  /** Variables of the program; secrets among them are not passed on. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Names of variables that are passed on although they look like secrets. */
  readonly passEnv?: readonly string[] | undefined;
  /** Folder that the private copy is made in, such as one in memory; that of the system for temporary files without it. */
  readonly in?: string | undefined;
  /** File that gets the report before the program starts. */
  readonly reportFile?: string | undefined;
  /** Told when the program runs; what it gets sends a signal to it. */
  readonly onStart?: ((kill: (signal: NodeJS.Signals) => void) => void) | undefined;
}

const STAGE: OptionTable<Pick<StageOptions, 'scan' | 'skipScan' | 'signal'>> = {
  scan: is.object,
  skipScan: is.flag,
  signal: is.made(AbortSignal),
};

const EXEC: OptionTable<Pick<ExecOptions, 'env' | 'passEnv' | 'in' | 'reportFile' | 'onStart'>> = {
  env: is.object,
  passEnv: is.list(is.text),
  in: is.text,
  reportFile: is.text,
  onStart: is.call,
};

/** @throws {ModelsealError} `ERR_USAGE` */
export function checkStageOptions(of: string, options: StageOptions): void {
  const { scan, skipScan, signal, ...verify } = isObject(options) ? options : ({} as StageOptions);
  // What is no object at all is refused there as well.
  checkVerifyOptions(of, isObject(options) ? verify : options);
  checkOptions(of, { scan, skipScan, signal }, STAGE);
  if (scan) checkScanOptions(of, scan);
}

/** @throws {ModelsealError} `ERR_USAGE` */
export function checkExecOptions(of: string, options: ExecOptions): void {
  const {
    env,
    passEnv,
    in: parent,
    reportFile,
    onStart,
    ...stage
  } = isObject(options) ? options : ({} as ExecOptions);
  checkStageOptions(of, isObject(options) ? stage : options);
  checkOptions(of, { env, passEnv, in: parent, reportFile, onStart }, EXEC);
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
