import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { ModelsealError } from '../../core/errors/index.js';
import type { EventSink, TelemetryEvent } from './event.js';
import { toRecord } from './log.js';

/** A receiver that takes longer is not waited for: the refusal itself must not be delayed by it. */
const TIMEOUT_MS = 5000;

const isAlarm = (event: TelemetryEvent): boolean => event.outcome === 'refused' || event.outcome === 'threat';

/**
 * Posts refusals and threats as JSON. With a secret the body is authenticated by the header
 * `X-Modelseal-Signature: sha256=HEX` (HMAC-SHA256 over the body).
 */
export class WebhookSink implements EventSink {
  readonly name = 'webhook';
  readonly #url: URL;
  readonly #secret: string | undefined;

  /** @throws {ModelsealError} `ERR_USAGE` for anything but an http(s) address */
  constructor(url: string, secret?: string) {
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    if (parsed?.protocol !== 'https:' && parsed?.protocol !== 'http:') {
      throw new ModelsealError('ERR_USAGE', { problem: 'the webhook address is not an http(s) URL' });
    }
    this.#url = parsed;
    this.#secret = secret;
  }

  async record(event: TelemetryEvent): Promise<void> {
    if (!isAlarm(event)) return;
    const body = JSON.stringify(toRecord(event));
    const signature = this.#secret && createHmac('sha256', this.#secret).update(body).digest('hex');
    const response = await fetch(this.#url, {
      method: 'POST',
      redirect: 'error',
      headers: {
        'content-type': 'application/json',
        ...(signature ? { 'x-modelseal-signature': `sha256=${signature}` } : {}),
      },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`the webhook answered ${response.status}`);
  }
}

/** Starts a program for each refusal or threat, without a shell; it reads the event as JSON from standard input. */
export class CommandSink implements EventSink {
  readonly name = 'command';
  readonly #program: string;

  constructor(program: string) {
    this.#program = program;
  }

  async record(event: TelemetryEvent): Promise<void> {
    if (!isAlarm(event)) return;
    await new Promise<void>((resolve, reject) => {
      const child = spawn(this.#program, [], { stdio: ['pipe', 'ignore', 'ignore'], timeout: TIMEOUT_MS });
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        if (code === 0) resolve();
        else reject(new Error(`the command ended with ${signal ?? `code ${code}`}`));
      });
      // A program that does not read its input is no failure.
      child.stdin.on('error', () => {});
      child.stdin.end(`${JSON.stringify(toRecord(event))}\n`);
    });
  }
}
