import { createHmac } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { SpanStatusCode } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { expect } from 'chai';
import { AuditLog, verifyAuditLog } from '../../core/audit/index.js';
import { ModelsealError } from '../../core/errors/index.js';
import { ReportBuilder } from '../../core/report/index.js';
import {
  AuditSink,
  CommandSink,
  EventHub,
  LogSink,
  OpenTelemetrySink,
  type TelemetryEvent,
  WebhookSink,
} from '../../commands/telemetry/index.js';
import { expectCode } from '../support/errors.js';
import { useTemp } from '../support/temp.js';

const AT = new Date('2026-03-01T12:00:00Z');
const REFUSED: TelemetryEvent = {
  event: 'refuse',
  outcome: 'refused',
  at: AT,
  data: { model: 'm', codes: ['ERR_PEM'] },
};
const ACCEPTED: TelemetryEvent = { event: 'verify', outcome: 'accepted', at: AT, data: { model: 'm' } };

describe('telemetry', () => {
  const temp = useTemp();

  it('writes structured logs and the audit log', async () => {
    const log = join(temp(), 'log.jsonl');
    const audit = join(temp(), 'audit.jsonl');
    const hub = new EventHub(
      [new LogSink(log), new AuditSink(new AuditLog(audit, 'tester'))],
      (sink, error) => {
        throw new Error(`${sink}: ${error}`);
      },
    );
    await hub.record(ACCEPTED);
    await hub.record(REFUSED);
    const lines = readFileSync(log, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { level: string });
    expect(lines.map((l) => l.level)).to.deep.equal(['info', 'warn']);
    expect(verifyAuditLog(audit).entries).to.equal(2);
  });

  it('reports a sink that fails and still serves the others', async () => {
    const failed: string[] = [];
    const log = join(temp(), 'log.jsonl');
    const broken = { name: 'broken', record: () => Promise.reject(new Error('no')) };
    await new EventHub([broken, new LogSink(log)], (sink) => failed.push(sink)).record(REFUSED);
    expect(failed).to.deep.equal(['broken']);
    expect(existsSync(log)).to.equal(true);
  });

  it('posts refusals, authenticated, and nothing else', async () => {
    const received: { body: string; signature: string | undefined }[] = [];
    const server = createServer(async (request: IncomingMessage, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      received.push({
        body: Buffer.concat(chunks).toString(),
        signature: request.headers['x-modelseal-signature'] as string | undefined,
      });
      response.statusCode = received.length > 1 ? 500 : 204;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const sink = new WebhookSink(`http://127.0.0.1:${port}/hook`, 'secret');
      await sink.record(ACCEPTED);
      await sink.record(REFUSED);
      expect(received).to.have.length(1);
      const body = received[0]?.body ?? '';
      expect(JSON.parse(body)).to.deep.include({ event: 'refuse', outcome: 'refused', model: 'm' });
      expect(received[0]?.signature).to.equal(
        `sha256=${createHmac('sha256', 'secret').update(body).digest('hex')}`,
      );
      const error = await sink.record(REFUSED).then(
        () => undefined,
        (e: unknown) => e,
      );
      expect(String(error)).to.include('500');
    } finally {
      server.close();
    }
    expectCode('ERR_USAGE', () => new WebhookSink('file:///etc/passwd'));
  });

  it('starts a program on refusal, with the event on its input', async () => {
    const program = join(temp(), 'alarm');
    writeFileSync(program, `#!/bin/sh\ncat > '${temp()}/seen.json'\n`);
    chmodSync(program, 0o755);
    await new CommandSink(program).record(ACCEPTED);
    expect(existsSync(join(temp(), 'seen.json'))).to.equal(false);
    await new CommandSink(program).record(REFUSED);
    expect(JSON.parse(readFileSync(join(temp(), 'seen.json'), 'utf8'))).to.deep.include({ event: 'refuse' });
    const missing = await new CommandSink(join(temp(), 'none')).record(REFUSED).then(() => '', String);
    expect(missing).to.include('ENOENT');
  });

  it('makes spans of steps and counts events', async () => {
    const spans = new InMemorySpanExporter();
    const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }).getTracer(
      't',
    );
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const meters = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
    const sink = new OpenTelemetrySink(
      tracer,
      meters.getMeter('t').createCounter('modelseal.events'),
      SpanStatusCode.ERROR,
    );
    const builder = new ReportBuilder('m', AT, sink);
    await builder.step('path', () => 1);
    await builder
      .step('match', () => {
        throw new ModelsealError('ERR_PEM', { file: 'f', problem: 'p' });
      })
      .catch(() => {});
    sink.record(REFUSED);
    const seen = spans.getFinishedSpans().map((s) => [s.name, s.status.code, s.attributes['error.type']]);
    expect(seen).to.deep.equal([
      ['modelseal.step.path', SpanStatusCode.UNSET, undefined],
      ['modelseal.step.match', SpanStatusCode.ERROR, 'ERR_PEM'],
      ['modelseal.refuse', SpanStatusCode.ERROR, undefined],
    ]);
    await meters.forceFlush();
    const metric = exporter.getMetrics()[0]?.scopeMetrics[0]?.metrics[0];
    expect(metric?.dataPoints[0]?.attributes).to.deep.equal({
      'modelseal.event': 'refuse',
      'modelseal.outcome': 'refused',
    });
    await meters.shutdown();
  });
});
