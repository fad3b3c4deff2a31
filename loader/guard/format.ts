import path from 'node:path';
import vm from 'node:vm';
import { type Catalogue, textOf } from './catalogue.js';

const { extname } = path;
const { compileFunction } = vm;

type ModuleFormat = 'module' | 'commonjs' | 'json' | 'addon' | 'unknown';

/** What Node would take the file for, decided on checked bytes alone. */
export function formatOf(path: string, source: Buffer, catalogue: Catalogue): ModuleFormat {
  switch (extname(path)) {
    case '.mjs':
      return 'module';
    case '.cjs':
      return 'commonjs';
    case '.json':
      return 'json';
    case '.node':
      return 'addon';
    case '.wasm':
      return 'unknown';
  }
  const type = catalogue.packageType(path);
  if (type === 'module' || type === 'commonjs') return type;
  return hasModuleSyntax(textOf(source)) ? 'module' : 'commonjs';
}

/** What the parser says of text that only an ES module may contain. */
const MODULE_ONLY = [
  'Cannot use import statement outside a module',
  "Unexpected token 'export'",
  "Cannot use 'import.meta' outside a module",
  'await is only valid in async functions and the top level bodies of modules',
];

/** Parses without running, the way Node guesses the type of a .js file without a package type. */
function hasModuleSyntax(source: string): boolean {
  try {
    compileFunction(source, ['exports', 'require', 'module', '__filename', '__dirname']);
    return false;
  } catch (error) {
    return error instanceof SyntaxError && MODULE_ONLY.includes(error.message);
  }
}
