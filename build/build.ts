// Builds dist/: modules with declarations by the TypeScript compiler, and the command line as bundles, so that starting
// costs little more than Node itself.
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { licences, lightStringWidth, packagesOf } from './packages.js';
import small from './small-bundle.json' with { type: 'json' };

const root = fileURLToPath(new URL('..', import.meta.url));
// Built aside and put in place when whole: a failed build leaves the one before.
const next = `${root}dist.next`;
rmSync(next, { recursive: true, force: true });

const tsc = spawnSync(
  process.execPath,
  [`${root}node_modules/@typescript/native/bin/tsc`, '-p', `${root}tsconfig.build.json`, '--outDir', next],
  { stdio: 'inherit' },
);
if (tsc.status !== 0) process.exit(tsc.status ?? 1);

/** Native code, WASM found beside its loader, and optional peers stay packages. */
const PACKAGES = [
  'libsql',
  'onnxruntime-web',
  'onnxruntime-node',
  'onnxruntime-common',
  '@opentelemetry/api',
];

// V8 forgets how a cached script imports ES modules. The files that import packages at run time therefore do it through
// the launcher, which is not cached.
const importThroughLauncher: Plugin = {
  name: 'import-through-launcher',
  setup(bundle) {
    const filter = /[\\/](onnx[\\/]engine|telemetry[\\/]open-telemetry|digest[\\/]algorithms)\.js$/;
    bundle.onLoad({ filter }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(/\bimport\(/g, '__import('),
    }));
  },
};

/**
 * Leaves out what the small bundle never reaches: other commands, and what only words need with which the launcher
 * chooses the whole one. `small-bundle.json` is read by both.
 */
const leaveOut: Plugin = {
  name: 'leave-out',
  setup(bundle) {
    const parts = [
      ...Object.values(small.withoutOptions),
      ...Object.values(small.withoutWords),
      ...small.without,
    ];
    const unreachable = (path: string, importer: string): boolean =>
      /[\\/]commands[\\/]all\.js$/.test(importer)
        ? path !== `./${small.command}.js`
        : parts.some((part) => path === part || path.endsWith(`${part}.js`));
    const seen = new Set<string>();
    bundle.onResolve({ filter: /./ }, ({ path, kind, importer }) => {
      if (kind !== 'dynamic-import' || !unreachable(path, importer)) return undefined;
      seen.add(path);
      return { path, namespace: 'left-out' };
    });
    bundle.onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({
      contents: `throw new Error(${JSON.stringify(`${path} is not in this bundle`)});`,
    }));
    bundle.onEnd(() => {
      const gone = parts.filter((part) => ![...seen].some((path) => path.includes(part)));
      if (gone.length > 0)
        throw new Error(`small-bundle.json leaves out what is not there: ${gone.join(', ')}`);
    });
  },
};

/** Packages whose code a bundle contains, by folder. */
const bundled = new Set<string>();

async function bundle(name: string, plugins: readonly Plugin[]): Promise<void> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { [name]: `${next}/cli.js` },
    outdir: `${next}/bin`,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    // CommonJS: it starts faster than a graph of ES modules, and its compiled code can be cached on every supported Node.
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    minifySyntax: true,
    minifyWhitespace: true,
    external: PACKAGES,
    plugins: [...plugins, importThroughLauncher, lightStringWidth],
    define: { 'import.meta.url': '__moduleUrl' },
    banner: { js: "const __moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
    metafile: true,
    logLevel: 'warning',
  });
  for (const folder of packagesOf(metafile)) bundled.add(folder);
  const left = Object.values(metafile.outputs)
    .flatMap((output) => output.imports)
    .filter((i) => i.kind === 'dynamic-import');
  if (left.length > 0)
    throw new Error(`imported at run time, but not through the launcher: ${left.map((i) => i.path)}`);
}

await bundle('main', []);
// Verifying is what machines do all day: a bundle of its own starts twice as fast.
await bundle('small', [leaveOut]);
await build({
  absWorkingDir: root,
  entryPoints: { worker: `${next}/core/digest/worker.js`, 'scan-worker': `${next}/scanner/worker.js` },
  outdir: `${next}/bin`,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true,
  external: ['hash-wasm'],
  define: { 'import.meta.url': '__moduleUrl' },
  banner: { js: "const __moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
  logLevel: 'warning',
});
await build({
  absWorkingDir: root,
  entryPoints: [`${root}build/launcher.ts`],
  outfile: `${next}/bin/modelseal.cjs`,
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
});
chmodSync(`${next}/bin/modelseal.cjs`, 0o755);
// dist/bin holds CommonJS only, whatever the package says.
writeFileSync(`${next}/bin/package.json`, '{ "type": "commonjs" }\n');

writeFileSync(`${next}/bin/THIRD-PARTY.txt`, licences(root, bundled));

rmSync(`${root}dist`, { recursive: true, force: true });
renameSync(next, `${root}dist`);
