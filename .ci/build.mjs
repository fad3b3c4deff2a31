// Builds dist/: modules with declarations by the TypeScript compiler, and the command line as one bundle.
import { spawnSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
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

await build({
  absWorkingDir: root,
  stdin: {
    contents: "import { main } from './cli.js';\nprocess.exitCode = await main(process.argv.slice(2));\n",
    resolveDir: `${root}dist`,
    sourcefile: 'modelseal.js',
  },
  outdir: 'dist/bin',
  entryNames: 'modelseal',
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // Native code, WASM found beside its loader, and packages that resolve files of their own stay packages.
  external: ['libsql', 'onnxruntime-web', 'onnxruntime-node', 'onnxruntime-common'],
  banner: {
    js: "#!/usr/bin/env node\nimport { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
chmodSync(`${root}dist/bin/modelseal.js`, 0o755);
