import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { ERROR_TABLES } from '../core/errors/index.js';
import { VERSION } from '../core/version.js';

const root = fileURLToPath(new URL('..', import.meta.url));

describe('architecture', () => {
  it('keeps the libraries apart, core below them all, and the commands above', function () {
    this.timeout(60_000);
    const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
      scripts: { rules: string };
    };
    const [, ...words] = manifest.scripts.rules.split(' ');
    const run = spawnSync(
      process.execPath,
      ['node_modules/dependency-cruiser/bin/dependency-cruise.mjs', ...words, '--output-type', 'json'],
      { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 },
    );
    const { summary, modules } = JSON.parse(run.stdout) as {
      summary: { violations: { rule: { name: string }; from: string; to: string }[] };
      modules: { source: string; dependencies: { resolved: string; dynamic: boolean }[] }[];
    };
    const own = modules.map((m) => m.source).filter((s) => !s.includes('node_modules'));
    for (const folder of [
      'build/',
      'ca/',
      'commands/',
      'core/',
      'demo/',
      'loader/',
      'scanner/',
      'signer/',
      'cli.ts',
    ]) {
      expect(
        own.some((source) => source.startsWith(folder)),
        `no module of ${folder} was seen`,
      ).to.equal(true);
    }
    expect(summary.violations.map((v) => `${v.rule.name}: ${v.from} -> ${v.to}`)).to.deep.equal([]);

    // The declarations of the public modules must compile where only the dependencies of the package are installed.
    const imports = new Map(
      modules.map((m) => [m.source, m.dependencies.filter((d) => !d.dynamic).map((d) => d.resolved)]),
    );
    const reached = new Set(['ca/index.ts', 'signer/index.ts', 'loader/index.ts', 'scanner/index.ts']);
    for (const source of reached) for (const next of imports.get(source) ?? []) reached.add(next);
    expect(reached).to.include('loader/report/text.ts');
    for (const typeless of ['commands/terminal/command.ts', 'commands/telemetry/open-telemetry.ts'])
      expect(reached).not.to.include(typeless);
  });

  it('gives every error code to one cause only', () => {
    const codes = Object.values(ERROR_TABLES).flatMap((table) => Object.keys(table));
    expect(codes.length).to.be.greaterThan(10);
    expect(new Set(codes).size).to.equal(codes.length);
  });

  it('says the version of package.json', () => {
    const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string };
    expect(VERSION).to.equal(version);
  });

  it('names no registry host in the lock file', () => {
    expect(readFileSync(`${root}package-lock.json`, 'utf8')).not.to.include('"resolved"');
  });
});
