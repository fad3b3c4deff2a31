#!/usr/bin/env node
'use strict';
// Starts the bundled command line from its cached compiled code. The cache lies beside the bundle, is bound by V8 to
// the exact source and version, and is ignored where it does not fit.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const vm = require('node:vm');

const filename = join(__dirname, 'main.cjs');

function load() {
  const source = readFileSync(filename, 'latin1');
  let cachedData;
  try {
    cachedData = readFileSync(join(__dirname, `main-${process.versions.v8}-${process.arch}.cache`));
  } catch {
    // Built by another Node: compile.
  }
  const script = new vm.Script(
    `(function (exports, require, module, __filename, __dirname, __import) {${source}\n})`,
    {
      filename,
      cachedData,
    },
  );
  const module = { exports: {} };
  const importPackage = (specifier) => import(specifier);
  script.runInThisContext()(module.exports, require, module, filename, __dirname, importPackage);
  return { script, main: module.exports.main };
}

if (require.main === module) {
  load()
    .main(process.argv.slice(2))
    .then((code) => {
      process.exitCode = code;
    });
} else {
  module.exports = { load };
}
