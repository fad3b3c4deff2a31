import fs from 'node:fs';
import { type ErrorCode, type ErrorDetails, ModelsealError } from '../../core/errors/index.js';
import { printable } from '../../core/printable.js';
import { onTampered, pristine } from './pristine.js';
import type { ReportTarget } from './state.js';

/** Throws, and leaves a trace that the program cannot swallow by catching the error. */
export type Refuse = <C extends ErrorCode>(code: C, details: ErrorDetails<C>) => never;

/** Taken once: later the program may have its own. */
const { fstatSync, writeSync } = fs;
const { pid } = process;
const kill = (process as unknown as { _kill(pid: number, signal: number): number })._kill;
const SIGKILL = 9;

/** The descriptor as it is now: whatever else is found under its number later is not the report. */
export function reportTarget(reportFd: number | undefined): ReportTarget {
  const fd = reportFd ?? 2;
  const { dev, ino } = fstatSync(fd);
  return { fd, dev, ino, json: reportFd !== undefined };
}

/** @param report Standard error when left out. */
export function refuser(report = reportTarget(undefined)): Refuse {
  // Made now: by the time that it is needed, nothing can be relied on.
  const tampered = lineOf(new ModelsealError('ERR_GUARD_TAMPERED', {}), report);
  onTampered(() => {
    try {
      writeSync(report.fd, tampered);
    } catch {
      // It is stopped all the same.
    }
    return stop();
  });
  return (code, details) => {
    let error: ModelsealError | undefined;
    pristine(() => {
      error = new ModelsealError(code, details);
      // The way through the guard says nothing about the program that was refused.
      error.stack = `${error.name}: ${error.message} [${code}]`;
      tell(error, report);
    });
    throw error;
  };
}

export function tell(error: ModelsealError, report: ReportTarget): void {
  write(report, lineOf(error, report));
}

const lineOf = (error: ModelsealError, report: ReportTarget): string =>
  report.json
    ? `${JSON.stringify(error.toJSON())}\n`
    : `modelseal guard: ${printable(error.message)} [${error.code}]\nhint: ${error.hint}\n`;

/** What the reader of the report hears first, before any foreign code runs. */
export function announce(what: object, report: ReportTarget): void {
  write(report, `${JSON.stringify(what)}\n`);
}

/**
 * Written directly: process.stderr of a hooks thread or worker passes through the event loop of the main thread. A
 * process whose refusals cannot be told ends: whoever closed the report would be refused in silence, and go on.
 */
function write(report: ReportTarget, line: string): void {
  try {
    const { dev, ino } = fstatSync(report.fd);
    if (dev !== report.dev || ino !== report.ino) stop();
    const bytes = Buffer.from(line);
    // A pipe takes a part at a time.
    for (let at = 0; at < bytes.length; ) at += writeSync(report.fd, bytes, at);
  } catch {
    stop();
  }
}

/** Ends the process from whatever thread, past every handler of the program. */
export function stop(): never {
  kill(pid, SIGKILL);
  // The signal has been sent; nothing runs until it arrives.
  for (;;);
}
