import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The release whose programs were compared with Node's. */
export const BUN_VERSION = '1.4.5';
const INSTALL_MS = 300_000;

/** Why there can be no standalone program here; everything else is an error of the build. */
export class ToolchainError extends Error {}

/**
 * The Bun that makes the program: `MODELSEAL_BUN`, or the one that npm installs into a folder. Its prebuilt program
 * comes as a package of its own, so that no script of a package has to run.
 *
 * @throws {ToolchainError}
 */
export function openToolchain(folder: string, given: string | undefined): string {
  if (given) return requireVersion(given);
  if (!existsSync(join(folder, 'node_modules', '@oven'))) install(folder);
  const scope = join(folder, 'node_modules', '@oven');
  for (const name of existsSync(scope) ? readdirSync(scope).sort() : []) {
    for (const program of ['bun', 'bun.exe'].map((file) => join(scope, name, 'bin', file))) {
      // Where two fit, as for processors with and without AVX2, the first that runs is taken.
      if (existsSync(program) && versionOf(program) !== undefined) return requireVersion(program);
    }
  }
  throw new ToolchainError(`npm has no Bun for ${process.platform}-${process.arch}`);
}

function install(folder: string): void {
  const words = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'];
  const run = spawnSync('npm', [...words, '--prefix', folder, `bun@${BUN_VERSION}`], {
    // Outside of the package, whose settings and lock file do not concern it.
    cwd: folder,
    encoding: 'utf8',
    timeout: INSTALL_MS,
  });
  if (run.status === 0) return;
  const why = run.error?.message ?? (run.stderr.trim() || `npm ended with ${run.status ?? run.signal}`);
  throw new ToolchainError(
    `Bun ${BUN_VERSION} cannot be installed from the npm registry (${why}); MODELSEAL_BUN may name one that is there`,
  );
}

function versionOf(program: string): string | undefined {
  const run = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return run.status === 0 ? run.stdout.trim() : undefined;
}

function requireVersion(program: string): string {
  const found = versionOf(program);
  if (found === BUN_VERSION) return program;
  throw new ToolchainError(
    found === undefined
      ? `${program} is not a program that runs here`
      : `${program} is Bun ${found}; this package was tested with ${BUN_VERSION}`,
  );
}
