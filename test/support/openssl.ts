import { spawnSync } from 'node:child_process';

/** Runs the openssl command line; its own words are part of a failure's message. */
export function openssl(
  args: readonly string[],
  input?: string | Uint8Array,
): { status: number; output: string } {
  const run = spawnSync('openssl', [...args], { input, encoding: 'utf8' });
  if (run.error) throw run.error;
  return { status: run.status ?? -1, output: `${run.stdout}${run.stderr}` };
}

/** Skips a test where the openssl command line is absent. */
export function needOpenssl(context: Mocha.Context): void {
  if (spawnSync('openssl', ['version']).error) {
    console.log('      skipped: the openssl command line is not installed');
    context.skip();
  }
}
