// Builds dist/: modules with declarations by the TypeScript compiler, and the command line as one bundle whose
// compiled code is cached beside it, so that starting costs little more than Node itself.
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
rmSync(`${root}dist`, { recursive: true, force: true });

const tsc = spawnSync(
  process.execPath,
  [`${root}node_modules/@typescript/native/bin/tsc`, '-p', `${root}tsconfig.build.json`],
  { stdio: 'inherit' },
);
if (tsc.status !== 0) process.exit(tsc.status ?? 1);

// V8 forgets how a cached script imports ES modules. The two files that import packages at run time therefore do it
// through the launcher, which is not cached.
const importThroughLauncher = {
  name: 'import-through-launcher',
  setup(bundle) {
    const filter = /[\\/](runtime[\\/]onnx[\\/]engine|telemetry[\\/]open-telemetry)\.js$/;
    bundle.onLoad({ filter }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(/\bimport\(/g, '__import('),
    }));
  },
};

const bundled = await build({
  absWorkingDir: root,
  plugins: [importThroughLauncher],
  metafile: true,
  entryPoints: { main: 'dist/cli.js' },
  outdir: 'dist/bin',
  outExtension: { '.js': '.cjs' },
  bundle: true,
  // CommonJS: it starts faster than a graph of ES modules, and its compiled code can be cached on every supported Node.
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  // Code from the cache cannot import(): V8 does not know the importer of a script that it did not compile itself.
  supported: { 'dynamic-import': false },
  minifySyntax: true,
  minifyWhitespace: true,
  // Native code, WASM found beside its loader, and optional peers stay packages.
  external: ['libsql', 'onnxruntime-web', 'onnxruntime-node', 'onnxruntime-common', '@opentelemetry/api'],
  define: { 'import.meta.url': '__moduleUrl' },
  banner: { js: "const __moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
  logLevel: 'warning',
});
const left = Object.values(bundled.metafile.outputs).flatMap((output) =>
  output.imports.filter((i) => i.kind === 'dynamic-import').map((i) => i.path),
);
if (left.length > 0)
  throw new Error(`imported at run time, but not through the launcher: ${left.join(', ')}`);
copyFileSync(`${root}.ci/launcher.cjs`, `${root}dist/bin/modelseal.cjs`);
chmodSync(`${root}dist/bin/modelseal.cjs`, 0o755);
// dist/bin holds CommonJS only, whatever the package says.
writeFileSync(`${root}dist/bin/package.json`, '{ "type": "commonjs" }\n');

// The cache is made by running the commands whose start-up matters most; without it everything works, a little slower.
const warm = spawnSync(process.execPath, [`${root}.ci/warm.cjs`], { stdio: ['ignore', 'ignore', 'inherit'] });
if (warm.status !== 0)
  process.stderr.write('the start-up cache could not be made; commands start without it\n');
