import { userName } from '../../core/machine.js';
import type { StepObserver } from '../../core/report/index.js';
import type { EventSink, TelemetryEvent } from './index.js';

/** Where events of the command line go; absent parts cost nothing, not even an import. */
export interface TelemetrySettings {
  readonly auditLog?: string;
  readonly logFile?: string;
  readonly webhook?: string;
  readonly webhookSecret?: string;
  /** Program started for each refusal. */
  readonly onRefusal?: string;
  readonly openTelemetry: boolean;
}

export interface Telemetry {
  readonly record: (event: TelemetryEvent) => Promise<void>;
  readonly observer?: StepObserver;
}

const SILENT: Telemetry = { record: async () => {} };

/** Reads the settings: options of the command line first, then `MODELSEAL_*` variables. */
export function telemetrySettings(
  options: { readonly auditLog?: string | undefined; readonly logFile?: string | undefined },
  env: Readonly<Record<string, string | undefined>>,
): TelemetrySettings {
  const auditLog = options.auditLog ?? env.MODELSEAL_AUDIT_LOG;
  const logFile = options.logFile ?? env.MODELSEAL_LOG_FILE;
  return {
    ...(auditLog ? { auditLog } : {}),
    ...(logFile ? { logFile } : {}),
    ...(env.MODELSEAL_WEBHOOK ? { webhook: env.MODELSEAL_WEBHOOK } : {}),
    ...(env.MODELSEAL_WEBHOOK_SECRET ? { webhookSecret: env.MODELSEAL_WEBHOOK_SECRET } : {}),
    ...(env.MODELSEAL_ON_REFUSAL ? { onRefusal: env.MODELSEAL_ON_REFUSAL } : {}),
    openTelemetry: env.MODELSEAL_OTEL === '1' || env.MODELSEAL_OTEL === 'true',
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
  const { AuditLog } = await import('../../core/audit/index.js');
  const sinks: EventSink[] = [];
  if (auditLog) sinks.push(new telemetry.AuditSink(new AuditLog(auditLog, userName())));
  if (logFile) sinks.push(new telemetry.LogSink(logFile));
  if (webhook) sinks.push(new telemetry.WebhookSink(webhook, settings.webhookSecret));
  if (onRefusal) sinks.push(new telemetry.CommandSink(onRefusal));
  const otel = settings.openTelemetry ? await telemetry.openTelemetry() : undefined;
  if (otel) sinks.push(otel);
  const hub = new telemetry.EventHub(sinks, (sink, error) => {
    warn(`${sink}: ${error instanceof Error ? error.message : String(error)}`);
  });
  return { record: (event) => hub.record(event), ...(otel ? { observer: otel } : {}) };
}
