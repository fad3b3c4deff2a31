import { checkOptions, is, type OptionTable } from '../../core/options.js';
import { checkVerifyOptions, type VerifyOptions } from '../pipeline/options.js';
import { checkStageOptions, type StageOptions } from '../stage/options.js';

/** Who is asked, and by which account. */
export interface RegistryAccess {
  /** Variables that say where the container tools keep their accounts (HOME, DOCKER_CONFIG, REGISTRY_AUTH_FILE, PATH …). */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

export interface RegistryVerifyOptions extends Omit<VerifyOptions, 'hold'>, RegistryAccess {}

export interface PullOptions extends StageOptions, RegistryAccess {}

export interface PushOptions extends RegistryAccess {
  /** Signature file; the one in its usual place without it. */
  readonly signature?: string | undefined;
  /** Paths relative to the model that are not part of it. */
  readonly ignorePaths?: readonly string[] | undefined;
  readonly onProgress?: StageOptions['onProgress'];
}

const ACCESS: OptionTable<RegistryAccess> = { env: is.object, signal: is.made(AbortSignal) };

/** @throws {ModelsealError} `ERR_USAGE` */
export function checkRegistryVerifyOptions(of: string, options: RegistryVerifyOptions): void {
  const { env, signal, ...verify } = objectOr(options, (it) => checkVerifyOptions(of, it));
  checkVerifyOptions(of, verify);
  checkOptions(of, { env, signal }, ACCESS);
}

/** @throws {ModelsealError} `ERR_USAGE` */
export function checkPullOptions(of: string, options: PullOptions): void {
  const { env, ...stage } = objectOr(options, (it) => checkStageOptions(of, it));
  checkStageOptions(of, stage);
  checkOptions(of, { env }, ACCESS);
}

/** @throws {ModelsealError} `ERR_USAGE` */
export function checkPushOptions(of: string, options: PushOptions): void {
  checkOptions(of, options, {
    ...ACCESS,
    signature: is.text,
    ignorePaths: is.list(is.text),
    onProgress: is.call,
  });
}

/** What is no object is refused by the check that knows how to say so. */
function objectOr<T extends object>(value: T, refuse: (value: T) => void): T {
  if (typeof value !== 'object' || value === null) refuse(value);
  return value;
}
