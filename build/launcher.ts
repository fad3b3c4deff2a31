#!/usr/bin/env node
// Starts a bundle of the command line. The code that V8 compiled for it is kept in the user's cache folder, made on first
// use, and bound to the SHA-256 of the bundle: V8 itself compares no more than the length of a source. Nothing is kept or
// used where the folder is not the user's own and closed to others. MODELSEAL_CODE_CACHE=off does without.
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';
import { foreignOptionOf } from '../core/node-options.js';
import { failWithOutput } from './output-errors.js';
import small from './small-bundle.json' with { type: 'json' };

/** A file of compiled code, in a folder below one that is the user's own. */
interface CacheFile {
  readonly own: string;
  readonly path: string;
}

type Main = typeof import('../cli.js')['main'];

/**
 * True where the small bundle has everything that the words can need. An option counts in all its spellings, and a
 * longer one that begins alike as well: the whole bundle is always right.
 */
function fits([command, ...rest]: readonly string[]): boolean {
  const plain = (word: string): string => word.replaceAll('-', '').toLowerCase();
  const has = (names: readonly string[]): boolean =>
    rest.some((word) => word.startsWith('--') && names.some((name) => plain(word).startsWith(plain(name))));
  const begun = Object.keys(small.withoutWords);
  if (rest.some((word) => begun.some((beginning) => word.startsWith(beginning)))) return false;
  // Without any of the first, the trust store is asked.
  return command === small.command && has(small.withOneOf) && !has(Object.keys(small.withoutOptions));
}

/** What V8 would refuse is told apart by name: its version, the processor, and options that change compiled code. */
function cacheFile(name: string, source: string, env: NodeJS.ProcessEnv): CacheFile | undefined {
  const own = env.XDG_CACHE_HOME?.startsWith('/') ? env.XDG_CACHE_HOME : env.HOME;
  if (!own?.startsWith('/') || env.MODELSEAL_CODE_CACHE === 'off' || process.platform === 'win32')
    return undefined;
  const bound = createHash('sha256')
    .update(source, 'latin1')
    .update(process.execArgv.join('\0'))
    .digest('hex');
  const folder = join(own === env.XDG_CACHE_HOME ? own : join(own, '.cache'), 'modelseal');
  return { own, path: join(folder, `${name}-${bound}-${process.versions.v8}-${process.arch}.code`) };
}

/** A folder or file that nobody but this user can have written. */
const isOwn = (stat: Stats): boolean => stat.uid === process.getuid?.() && (stat.mode & 0o022) === 0;

function readCache({ path: file }: CacheFile): Buffer | undefined {
  let fd: number | undefined;
  try {
    if (!isOwn(statSync(dirname(file)))) return undefined;
    fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stat = fstatSync(fd);
    return stat.isFile() && isOwn(stat) ? readFileSync(fd) : undefined;
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function writeCache({ own, path: file }: CacheFile, data: Buffer): void {
  const folder = dirname(file);
  const part = `${file}.${process.pid}`;
  try {
    // A home that is not this user's own, as under sudo, is left alone.
    if (statSync(own).uid !== process.getuid?.()) return;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (!isOwn(statSync(folder))) return;
    writeFileSync(part, data, { mode: 0o600, flag: 'wx' });
    renameSync(part, file);
  } catch {
    // Without a cache everything works, a little slower.
    rmSync(part, { force: true });
  }
}

function load(name: string, env: NodeJS.ProcessEnv): { main: Main; keep: () => void } {
  const filename = join(__dirname, `${name}.cjs`);
  const source = readFileSync(filename, 'latin1');
  const file = cacheFile(name, source, env);
  const cachedData = file && readCache(file);
  const parameters = 'exports, require, module, __filename, __dirname, __import';
  const script = new Script(`(function (${parameters}) {${source}\n})`, { filename, cachedData });
  const module = { exports: {} as { main: Main } };
  const importPackage = (specifier: string): Promise<unknown> => import(specifier);
  script.runInThisContext()(module.exports, require, module, filename, __dirname, importPackage);
  const keep = (): void => {
    if (file && (cachedData === undefined || script.cachedDataRejected))
      writeCache(file, script.createCachedData());
  };
  return { main: module.exports.main, keep };
}

const words = process.argv.slice(2);
// First of all: who judges with code of others in the process judges nothing.
const foreign = foreignOptionOf(process.execArgv, process.env.NODE_OPTIONS);
failWithOutput();
const { main, keep } = load(fits(words) ? 'small' : 'main', process.env);
void main(words, process, process.env, foreign).then((code) => {
  process.exitCode = code;
  // With what was compiled for the command; one that ended early has compiled little.
  if (code === 0) keep();
});
