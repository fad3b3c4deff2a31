// npm run build:standalone [-- --out DIR] [--toolchain DIR] [--private-key K [--signing-certificate C --certificate-chain C…]]
//
// Makes one program of the command line for this platform, which needs no Node: the sources of the bundles, less what
// needs native code, and Bun as the runtime. Writes the program, its parts (CycloneDX), their licences, and a signature
// over the folder where a key is given. Ends with 69 where the toolchain cannot be had.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build, type Metafile, type Plugin } from 'esbuild';
import { main } from '../cli.js';
import { licences, lightStringWidth, packagesOf } from './packages.js';
import { cycloneDx, type LockedPackage } from './standalone/sbom.js';
import { BUN_VERSION, openToolchain, ToolchainError } from './standalone/toolchain.js';

const UNAVAILABLE = 69;
const root = fileURLToPath(new URL('..', import.meta.url));
const { values: asked } = parseArgs({
  options: {
    out: { type: 'string', default: join(root, 'standalone') },
    toolchain: { type: 'string' },
    'private-key': { type: 'string' },
    'signing-certificate': { type: 'string' },
    'certificate-chain': { type: 'string', multiple: true },
  },
});

const PROGRAM = process.platform === 'win32' ? 'modelseal.exe' : 'modelseal';
/** Modules of ours that need Node, and packages with native code or files of their own. */
const ABSENT = /(?:^libsql|^@opentelemetry\/api|\/(?:guard|demo)\/run\.js|\/engine\.js)$/;

const withoutNative: Plugin = {
  name: 'without-native',
  setup(bundle) {
    const path = join(root, 'build', 'standalone', 'absent.ts');
    bundle.onResolve({ filter: ABSENT }, () => ({ path }));
  },
};

/** Bundles the sources, in parts that are loaded when they are needed. */
async function bundle(into: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: {
      modelseal: join(root, 'build/standalone/main.ts'),
      worker: join(root, 'core/digest/worker.ts'),
      'scan-worker': join(root, 'scanner/worker.ts'),
    },
    outdir: into,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minifySyntax: true,
    minifyWhitespace: true,
    plugins: [withoutNative, lightStringWidth],
    metafile: true,
    logLevel: 'warning',
  });
  return metafile;
}

/**
 * Compiles the bundles into one program. A program is what its user runs in any folder: it must not take settings,
 * variables or code from there.
 */
function compile(bun: string, bundles: string, entries: readonly string[]): Buffer {
  const folder = mkdtempSync(join(work, 'compile-'));
  // By the same names in every build: names are part of the program.
  cpSync(bundles, folder, { recursive: true });
  const run = spawnSync(
    bun,
    [
      'build',
      ...['--compile', '--bytecode', '--format=esm', '--target=bun', '--splitting'],
      ...['--no-compile-autoload-dotenv', '--no-compile-autoload-bunfig'],
      ...['--no-compile-autoload-tsconfig', '--no-compile-autoload-package-json'],
      ...['--outfile', PROGRAM],
      ...entries,
    ],
    { cwd: folder, encoding: 'utf8' },
  );
  if (run.status !== 0) throw new Error(`bun build: ${run.stderr.trim() || run.stdout.trim()}`);
  return readFileSync(join(folder, PROGRAM));
}

const work = mkdtempSync(join(tmpdir(), 'modelseal-standalone-'));
try {
  const toolchain = asked.toolchain === undefined ? join(work, 'toolchain') : resolve(asked.toolchain);
  mkdirSync(toolchain, { recursive: true });
  const bun = openToolchain(toolchain, process.env.MODELSEAL_BUN);
  const bundles = join(work, 'bundles');
  const metafile = await bundle(bundles);
  const [program, again] = [0, 1].map(() =>
    compile(bun, bundles, ['modelseal.js', 'worker.js', 'scan-worker.js']),
  ) as [Buffer, Buffer];
  if (!program.equals(again)) {
    const at = program.findIndex((byte, i) => byte !== again[i]);
    throw new Error(`two builds differ, first at byte ${at}`);
  }
  const out = resolve(asked.out);
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, PROGRAM), program, { mode: 0o755 });
  const bundled = packagesOf(metafile);
  writeFileSync(join(out, 'THIRD-PARTY.txt'), licences(root, bundled));
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>;
  };
  const { name, version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
    license: string;
  };
  const runtime = {
    version: BUN_VERSION,
    sha256: createHash('sha256').update(readFileSync(bun)).digest('hex'),
  };
  writeFileSync(
    join(out, 'modelseal.cdx.json'),
    cycloneDx({ name, version, license, locked: packages, bundled, runtime }),
  );
  process.exitCode = asked['private-key'] === undefined ? 0 : await sign(out, asked['private-key']);
  const digest = createHash('sha256').update(program).digest('hex');
  process.stdout.write(
    `${join(out, PROGRAM)}: ${program.length} bytes, sha256 ${digest}, built twice alike\n`,
  );
} catch (error) {
  if (!(error instanceof ToolchainError)) throw error;
  process.stderr.write(`no standalone program: ${error.message}\n`);
  process.exitCode = UNAVAILABLE;
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Signs the folder as a user would sign a model. */
function sign(folder: string, key: string): Promise<number> {
  const certificate = asked['signing-certificate'];
  return main([
    'sign',
    folder,
    ...['--private-key', key],
    ...(certificate === undefined ? [] : ['--signing-certificate', certificate]),
    ...(asked['certificate-chain'] ?? []).flatMap((file) => ['--certificate-chain', file]),
  ]);
}
