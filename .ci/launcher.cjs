#!/usr/bin/env node
'use strict';
// Starts a bundle of the command line from its cached compiled code. The cache lies beside the bundle, is bound by V8
// to the exact source and version, and is ignored where it does not fit.
const { readFileSync, writeSync } = require('node:fs');
const { join } = require('node:path');
const vm = require('node:vm');

/** True where the small bundle has everything that the words can need: `verify`, without Sigstore and policy files. */
function fits(words) {
  const [command, ...rest] = words;
  return command === 'verify' && !rest.some((word) => /^--(policy|trusted-?root)/i.test(word));
}

const cacheOf = (name) => join(__dirname, `${name}-${process.versions.v8}-${process.arch}.cache`);

function load(name) {
  const filename = join(__dirname, `${name}.cjs`);
  const source = readFileSync(filename, 'latin1');
  let cachedData;
  try {
    cachedData = readFileSync(cacheOf(name));
  } catch {
    // Built by another Node: compile.
  }
  const parameters = 'exports, require, module, __filename, __dirname, __import';
  const script = new vm.Script(`(function (${parameters}) {${source}\n})`, { filename, cachedData });
  const module = { exports: {} };
  const importPackage = (specifier) => import(specifier);
  script.runInThisContext()(module.exports, require, module, filename, __dirname, importPackage);
  return { script, main: module.exports.main };
}

if (require.main === module) {
  const words = process.argv.slice(2);
  let failed;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      // Whoever closed the pipe has read enough; the exit code stays that of the command.
      if (error.code !== 'EPIPE') failed ??= error;
    });
  }
  process.on('exit', () => {
    if (failed === undefined) return;
    process.exitCode = 70;
    try {
      writeSync(2, `error: the output cannot be written: ${failed.code} [ERR_FILE_UNWRITABLE]\n`);
    } catch {
      // Nobody is left to be told but by the exit code.
    }
  });
  load(fits(words) ? 'verify' : 'main')
    .main(words)
    .then((code) => {
      process.exitCode = code;
    });
} else {
  module.exports = { cacheOf, load };
}
