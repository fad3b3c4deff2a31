import { isMainThread } from 'node:worker_threads';

/**
 * Lets a program that dies of a refusal end without Node's account of its own insides: the refusal has been told, in a
 * sentence. Whatever else a program dies of, or handles itself, is as it was.
 */
export function endQuietly(): void {
  if (!isMainThread) return;
  const exit = process.exit.bind(process);
  process.on('uncaughtExceptionMonitor', (error: unknown) => {
    const handled =
      process.listenerCount('uncaughtException') > 0 || process.hasUncaughtExceptionCaptureCallback();
    if (!handled && isRefusal(error)) exit(1);
  });
}

/** From the thread of the hooks comes a copy, which has the fields of our error and not its class. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error) || !('hint' in error) || !('kind' in error)) return false;
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' && code.startsWith('ERR_');
}
