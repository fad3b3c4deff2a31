import { ModelsealError } from '../../core/errors/index.js';

// The one table of environment variables. Commands read them through the functions below; the documentation is written
// from it, and a test walks it: each variable, each command, the same effect as its option.

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Variable {
  /** `any`: set to whatever; `flag`: true, false, 1 or 0; `list`: separated by commas. */
  readonly kind: 'text' | 'flag' | 'list' | 'any';
  /** The option that does the same, and wins where both are given. */
  readonly option?: string;
  readonly commands: 'all' | readonly string[];
  readonly meaning: string;
}

/** Commands that hold files against records of the older practice. */
const RECORDS = ['metadata verify', 'metadata write', 'migrate', 'check', 'watch'] as const;

/** Commands that take `hf://ORG/NAME` for a model. */
const HUB = ['verify', 'load', 'sign', 'digest', 'scan', 'convert', 'check', 'watch', 'migrate'] as const;

export const VARIABLES = {
  MODELSEAL_AUDIT_LOG: {
    kind: 'text',
    option: '--audit-log',
    commands: 'all',
    meaning: 'Append what happens to this hash-chained log',
  },
  MODELSEAL_AUDIT_REQUIRED: {
    kind: 'flag',
    option: '--audit-required',
    commands: 'all',
    meaning: 'Refuse where the audit log takes no entry',
  },
  MODELSEAL_LOG_FILE: {
    kind: 'text',
    option: '--log-file',
    commands: 'all',
    meaning: 'Append structured logs to this file, as JSON lines',
  },
  MODELSEAL_WEBHOOK: {
    kind: 'text',
    commands: 'all',
    meaning: 'Post refusals and threats to this address, as JSON',
  },
  MODELSEAL_WEBHOOK_SECRET: {
    kind: 'text',
    commands: 'all',
    meaning: 'Authenticate these posts: `X-Modelseal-Signature: sha256=HMAC` over the body',
  },
  MODELSEAL_ON_REFUSAL: {
    kind: 'text',
    commands: 'all',
    meaning: 'Start this program for each refusal or threat; it reads the event as JSON',
  },
  MODELSEAL_OTEL: {
    kind: 'flag',
    commands: 'all',
    meaning: 'Spans and metrics through the OpenTelemetry API, if it is installed',
  },
  MODELSEAL_DEBUG: { kind: 'any', commands: 'all', meaning: 'Print the stack behind an error' },
  MODELSEAL_TRUST_STORE: {
    kind: 'text',
    option: '--trust-store',
    commands: [
      'verify',
      'load',
      'stage',
      'exec',
      'pull',
      'evidence pack',
      'lineage',
      'check',
      'watch',
      'quarantine restore',
      'trust add',
      'trust list',
      'trust show',
      'trust remove',
      'trust refresh',
    ],
    meaning: 'Folder of the trust store',
  },
  MODELSEAL_POLICY: {
    kind: 'text',
    option: '--policy',
    commands: [
      'verify',
      'load',
      'stage',
      'exec',
      'pull',
      'evidence pack',
      'lineage',
      'check',
      'watch',
      'run',
      'quarantine restore',
      'policy explain',
    ],
    meaning: 'Trust policy file',
  },
  NO_COLOR: { kind: 'any', option: '--no-color', commands: 'all', meaning: 'No colour on a terminal' },
  MODEL_TRUSTED_PATHS: {
    kind: 'list',
    option: '--trusted-path',
    commands: [...RECORDS, 'verify', 'load'],
    meaning: 'Folders that models must lie in, after resolving links',
  },
  MODEL_VERIFY_CHECKSUM: {
    kind: 'flag',
    option: '--record-checksum',
    commands: RECORDS,
    meaning: 'Hold files against the checksum of their record (default true)',
  },
  MODEL_VERIFY_SIGNATURE: {
    kind: 'flag',
    option: '--record-hmac',
    commands: RECORDS,
    meaning: 'Hold files against the HMAC of their record too (default false)',
  },
  MODEL_SIGNATURE_KEY: { kind: 'text', commands: RECORDS, meaning: 'Key of that HMAC' },
  HF_HUB_CACHE: { kind: 'text', commands: HUB, meaning: 'Where `hf://` models lie' },
  HUGGINGFACE_HUB_CACHE: { kind: 'text', commands: HUB, meaning: 'The same, by its older name' },
  HF_HOME: { kind: 'text', commands: HUB, meaning: 'Folder around it: `hub` below this one' },
  XDG_CACHE_HOME: { kind: 'text', commands: HUB, meaning: 'Folder around that: `huggingface/hub` below it' },
} as const satisfies Readonly<Record<string, Variable>>;

type Named<K extends Variable['kind']> = {
  [N in keyof typeof VARIABLES]: (typeof VARIABLES)[N]['kind'] extends K ? N : never;
}[keyof typeof VARIABLES];

/** An empty variable is an absent one, as for every program. */
export const textVariable = (env: Environment, name: Named<'text' | 'any'>): string | undefined =>
  env[name] || undefined;

/** @throws {ModelsealError} `ERR_USAGE` for a value that is neither true nor false */
export function flagVariable(env: Environment, name: Named<'flag'>): boolean | undefined {
  const value = env[name]?.trim().toLowerCase() ?? '';
  if (value === '') return undefined;
  if (value === 'true' || value === '1') return true;
  if (value === 'false' || value === '0') return false;
  throw new ModelsealError('ERR_USAGE', { problem: `${name} is "${value}", expected true or false` });
}

/** @throws {ModelsealError} `ERR_USAGE` for a list that is there and names nothing */
export function listVariable(env: Environment, name: Named<'list'>): string[] | undefined {
  const value = env[name] ?? '';
  if (value === '') return undefined;
  const entries = value
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  if (entries.length === 0) throw new ModelsealError('ERR_USAGE', { problem: `${name} names nothing` });
  return entries;
}
