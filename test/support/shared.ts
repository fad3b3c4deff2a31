import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** External test data lies beside the repository, or where MODELSEAL_SHARED points; it is never part of it. */
const ROOT = process.env.MODELSEAL_SHARED ?? fileURLToPath(new URL('../../../shared', import.meta.url));

/** Path of an external test file; the test skips, with the reason on the console, where it is absent. */
export function sharedFile(context: Mocha.Context, ...parts: string[]): string {
  const path = join(ROOT, ...parts);
  if (!existsSync(path)) {
    console.log(`      skipped: external test data ${parts.join('/')} is not here (set MODELSEAL_SHARED)`);
    context.skip();
  }
  return path;
}
