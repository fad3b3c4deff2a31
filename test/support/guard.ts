import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type GuardedRun, type GuardedRunOptions, runGuarded } from '../../loader/guard/run.js';
import { AT } from './pki.js';
import { type Publisher, publisher } from './signed-model.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
let built: Promise<string> | undefined;

/** Compiles the guard from its source, once: Node imports it into the test's programs as it would from the package. */
export function compiledGuard(): Promise<string> {
  built ??= (async () => {
    // Inside node_modules, so that the packages it imports are found and version control does not see it.
    const outdir = join(root, 'node_modules', '.cache', `guard-${process.pid}`);
    process.once('exit', () => rmSync(outdir, { recursive: true, force: true }));
    await build({
      absWorkingDir: root,
      entryPoints: ['loader/guard/register.ts', 'loader/guard/hooks.ts'],
      outdir,
      bundle: true,
      splitting: true,
      packages: 'external',
      format: 'esm',
      platform: 'node',
      target: 'node20',
    });
    writeFileSync(join(outdir, 'package.json'), '{"type": "module"}');
    return join(outdir, 'register.js');
  })();
  return built;
}

export function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}

/** Changes the application after the guard has looked at it, and then starts a program of it. */
const LATE = `
  import fs from 'node:fs';
  const { steps, main } = JSON.parse(process.argv[2]);
  process.chdir(import.meta.dirname ?? new URL('.', import.meta.url).pathname);
  for (const [name, ...args] of steps) fs[name + 'Sync'](...args);
  await import(new URL(main, import.meta.url));`;

/** A function of `node:fs` without its "Sync", and its arguments; paths are relative to the application. */
export type Step = readonly [
  name: 'writeFile' | 'rename' | 'symlink' | 'unlink' | 'mkdir' | 'copyFile',
  ...args: string[],
];

/** An application that a publisher signed, and a way to run a program of it under the guard. */
export class SignedApp {
  readonly folder: string;
  readonly publisher: Publisher;
  readonly #anchor: string;

  private constructor(folder: string, signer: Publisher, anchor: string) {
    this.folder = folder;
    this.publisher = signer;
    this.#anchor = anchor;
  }

  static async make(
    temp: string,
    files: Readonly<Record<string, string | Uint8Array>>,
    signer = publisher(),
  ): Promise<SignedApp> {
    const folder = join(temp, 'app');
    writeFiles(folder, { 'late.mjs': LATE, ...files });
    await signer.sign(folder);
    const anchor = join(temp, 'root.der');
    writeFileSync(anchor, signer.root.certificate.raw);
    return new SignedApp(folder, signer, anchor);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Runs a program after the steps, which are taken when the guard has already compared the folder. */
  async runLate(name: string, steps: readonly Step[]): Promise<GuardedRun> {
    return this.run('late.mjs', {}, { args: [JSON.stringify({ steps, main: `./${name}` })] });
  }

  async run(
    name: string,
    config: Partial<GuardedRunOptions['config']> = {},
    more: Partial<GuardedRunOptions> = {},
  ): Promise<GuardedRun> {
    return runGuarded({
      app: this.path(name),
      config: {
        signed: [{ folder: this.folder }],
        trustRoots: [this.#anchor],
        revocation: 'off',
        at: AT.toISOString(),
        ...config,
      },
      env: { PATH: process.env.PATH, HOME: process.env.HOME },
      output: 'capture',
      entry: await compiledGuard(),
      ...more,
    });
  }
}

export const codes = (run: GuardedRun): string[] => run.refusals.map((r) => r.code);
