import type { AuditAct, AuditData } from '../../core/audit/index.js';
import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import { userName } from '../../core/machine.js';
import type { StepObserver } from '../../core/report/index.js';
import { type Environment, flagVariable, textVariable } from '../options/environment.js';
import type { EventSink, TelemetryEvent } from './index.js';
import type { RequiredLog } from './required.js';

/** Where events of the command line go; absent parts cost nothing, not even an import. */
export interface TelemetrySettings {
  readonly auditLog?: string;
  /** The audit log is a condition: where it takes no entry, the command refuses. */
  readonly auditRequired: boolean;
  readonly logFile?: string;
  readonly webhook?: string;
  readonly webhookSecret?: string;
  /** Program started for each refusal. */
  readonly onRefusal?: string;
  readonly openTelemetry: boolean;
}

export interface Telemetry {
  readonly record: (event: TelemetryEvent) => Promise<void>;
  readonly act: Act;
  readonly observer?: StepObserver;
  /** Where the audit log is a condition: the entries around a command. */
  readonly required?: RequiredLog;
}

/** {@link recordAct} with every configured sink; the audit log alone can stop an act. */
type Act = <T extends { readonly record: AuditData }>(
  act: AuditAct,
  now: () => Date,
  work: () => Promise<T>,
) => Promise<T>;

const SILENT: Telemetry = { record: async () => {}, act: (_act, _now, work) => work() };

/**
 * Reads the settings: options of the command line first, then variables.
 *
 * @throws {ModelsealError} `ERR_USAGE`
 */
export function telemetrySettings(
  options: {
    readonly auditLog?: string | undefined;
    readonly auditRequired?: boolean | undefined;
    readonly logFile?: string | undefined;
  },
  env: Environment,
): TelemetrySettings {
  const auditLog = options.auditLog ?? textVariable(env, 'MODELSEAL_AUDIT_LOG');
  const auditRequired = options.auditRequired ?? flagVariable(env, 'MODELSEAL_AUDIT_REQUIRED') ?? false;
  if (auditRequired && !auditLog)
    throw new ModelsealError('ERR_USAGE', { problem: '--audit-required needs --audit-log' });
  const logFile = options.logFile ?? textVariable(env, 'MODELSEAL_LOG_FILE');
  const webhook = textVariable(env, 'MODELSEAL_WEBHOOK');
  const webhookSecret = textVariable(env, 'MODELSEAL_WEBHOOK_SECRET');
  const onRefusal = textVariable(env, 'MODELSEAL_ON_REFUSAL');
  return {
    ...(auditLog ? { auditLog } : {}),
    ...(logFile ? { logFile } : {}),
    auditRequired,
    ...(webhook ? { webhook } : {}),
    ...(webhookSecret ? { webhookSecret } : {}),
    ...(onRefusal ? { onRefusal } : {}),
    openTelemetry: flagVariable(env, 'MODELSEAL_OTEL') ?? false,
  };
}

/**
 * Opens the configured sinks.
 *
 * @param warn Told when a sink fails; the command's own result stands.
 * @throws {ModelsealError} `ERR_USAGE`, `ERR_OPTIONAL_PART_MISSING`
 */
export async function openTelemetrySinks(
  settings: TelemetrySettings,
  warn: (text: string) => void,
): Promise<Telemetry> {
  const { auditLog, logFile, webhook, onRefusal } = settings;
  if (!auditLog && !logFile && !webhook && !onRefusal && !settings.openTelemetry) return SILENT;
  const telemetry = await import('./index.js');
  const { AuditLog, recordAct } = await import('../../core/audit/index.js');
  const sinks: EventSink[] = [];
  const log = auditLog ? new AuditLog(auditLog, userName()) : undefined;
  const required = log && settings.auditRequired ? new telemetry.RequiredLog(log) : undefined;
  if (logFile) sinks.push(new telemetry.LogSink(logFile));
  if (webhook) sinks.push(new telemetry.WebhookSink(webhook, settings.webhookSecret));
  if (onRefusal) sinks.push(new telemetry.CommandSink(onRefusal));
  const otel = settings.openTelemetry ? await telemetry.openTelemetry() : undefined;
  if (otel) sinks.push(otel);
  const failed = (sink: string, error: unknown): void => {
    warn(`${sink}: ${error instanceof Error ? error.message : String(error)}`);
  };
  const others = new telemetry.EventHub(sinks, failed);
  const hub = new telemetry.EventHub(
    log ? [required ?? new telemetry.AuditSink(log), ...sinks] : sinks,
    failed,
  );
  const act: Act = async (what, now, work) => {
    const { event } = what;
    try {
      const done = await (log === undefined ? work() : recordAct(log, what, now, work));
      await others.record({ event, outcome: 'accepted', at: now(), data: done.record });
      return done;
    } catch (error) {
      const known = isModelsealError(error) ? error : undefined;
      const data = { ...what.intent, code: known?.code ?? 'ERR_INTERNAL' };
      await others.record({ event, outcome: known?.kind ?? 'unchecked', at: now(), data });
      throw error;
    }
  };
  const record = async (event: TelemetryEvent): Promise<void> => {
    await hub.record(event);
    required?.requireIntact();
  };
  return { record, act, ...(otel ? { observer: otel } : {}), ...(required ? { required } : {}) };
}
