import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { APPLICATION } from './program.js';

/** Of the runtime, only what runs in Node: the package has 139 MB, this is a tenth. */
const RUNTIME_FILES = [
  'package.json',
  'dist/ort.node.min.mjs',
  'dist/ort-wasm-simd-threaded.mjs',
  'dist/ort-wasm-simd-threaded.wasm',
];

/** Writes the application with its node_modules: copies of the runtime that is installed beside Modelseal. */
export function writeApplication(folder: string): void {
  writeAll(folder, APPLICATION);
  const require = createRequire(import.meta.url);
  const web = packageRoot(require.resolve('onnxruntime-web'), 'onnxruntime-web');
  const common = packageRoot(
    createRequire(join(web, 'package.json')).resolve('onnxruntime-common'),
    'onnxruntime-common',
  );
  const modules = join(folder, 'node_modules');
  for (const name of RUNTIME_FILES) copy(join(web, name), join(modules, 'onnxruntime-web', name));
  copy(join(common, 'package.json'), join(modules, 'onnxruntime-common', 'package.json'));
  const esm = join('dist', 'esm');
  for (const name of readdirSync(join(common, esm))) {
    if (/\.(js|json)$/.test(name))
      copy(join(common, esm, name), join(modules, 'onnxruntime-common', esm, name));
  }
}

export function writeAll(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to);
}

/** The folder above `file` whose package.json has this name. */
function packageRoot(file: string, name: string): string {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest)) {
      const found = JSON.parse(readFileSync(manifest, 'utf8')) as { name?: string };
      if (found.name === name) return folder;
    }
    if (dirname(folder) === folder) throw new Error(`${name} has no package.json above ${file}`);
  }
}
