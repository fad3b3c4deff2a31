export { AuditSink } from './audit.js';
export { EventHub, type EventSink, type TelemetryEvent } from './event.js';
export { LogSink } from './log.js';
export { CommandSink, WebhookSink } from './notify.js';
export { OpenTelemetrySink, openTelemetry } from './open-telemetry.js';
export { RequiredLog } from './required.js';
