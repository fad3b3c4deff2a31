import type { Counter, Tracer } from '@opentelemetry/api';
import { ModelsealError } from '../../core/errors/index.js';
import type { StepObserver } from '../../core/report/index.js';
import type { EventSink, TelemetryEvent } from './event.js';

const SCOPE = 'modelseal';

/**
 * Reports through the OpenTelemetry API, whose SDK and exporter the operator registers (for instance with
 * `node --import ./instrumentation.mjs`). The API is an optional peer: without it this says what is missing.
 *
 * @throws {ModelsealError} `ERR_OPTIONAL_PART_MISSING`
 */
export async function openTelemetry(): Promise<OpenTelemetrySink> {
  try {
    const api = await import('@opentelemetry/api');
    return new OpenTelemetrySink(
      api.trace.getTracer(SCOPE),
      api.metrics
        .getMeter(SCOPE)
        .createCounter('modelseal.events', { description: 'Events by name and outcome' }),
      api.SpanStatusCode.ERROR,
    );
  } catch (error) {
    const details = { part: '@opentelemetry/api', needed: 'OpenTelemetry spans and metrics' };
    throw new ModelsealError('ERR_OPTIONAL_PART_MISSING', details, { cause: error });
  }
}

/** Counts events, and turns the steps of the pipeline into spans. */
export class OpenTelemetrySink implements EventSink, StepObserver {
  readonly name = 'OpenTelemetry';
  readonly #tracer: Tracer;
  readonly #counter: Counter;
  readonly #error: number;

  constructor(tracer: Tracer, counter: Counter, error: number) {
    this.#tracer = tracer;
    this.#counter = counter;
    this.#error = error;
  }

  record(event: TelemetryEvent): void {
    const attributes = { 'modelseal.event': event.event, 'modelseal.outcome': event.outcome };
    this.#counter.add(1, attributes);
    const span = this.#tracer.startSpan(`modelseal.${event.event}`, { attributes });
    if (event.outcome !== 'accepted') span.setStatus({ code: this.#error });
    span.end();
  }

  step(name: string, subject: string): (error?: unknown) => void {
    const span = this.#tracer.startSpan(`modelseal.step.${name}`, {
      attributes: { 'modelseal.subject': subject },
    });
    return (error) => {
      if (error !== undefined) {
        span.setStatus({ code: this.#error });
        span.setAttribute('error.type', (error as { code?: string }).code ?? 'unknown');
      }
      span.end();
    };
  }
}
