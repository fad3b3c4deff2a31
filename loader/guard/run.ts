import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type ErrorRecord, ModelsealError } from '../../core/errors/index.js';
import { checkOptions, is, type OptionTable } from '../../core/options.js';
import type { GuardConfig } from './config.js';
import { CODE_VARIABLES } from './environment.js';
import { Report, type SignedBy } from './report.js';
import { GUARD_VARIABLE } from './state.js';

/**
 * Secrets that are ours or look like those of signing, and what our own command line reads. A guarded program gets them
 * only when they are named.
 */
const WITHHELD =
  /(^|_)PASS(PHRASE)?$|WEBHOOK\w*_?SECRET|^MODELSEAL_|^MODEL_(SIGNATURE_KEY|TRUSTED_PATHS|VERIFY_CHECKSUM|VERIFY_SIGNATURE)$/i;

/** A program whose report ended is given this long to end as well: it may just have done so. */
const REPORT_END_MS = 1000;
/** Descriptor of the child on which the guard reports. */
const REPORT_FD = 3;

export interface GuardedRunOptions {
  readonly app: string;
  readonly args?: readonly string[];
  readonly config: Omit<GuardConfig, 'reportFd'>;
  /** The environment to pass on; variables that bring in code are left out. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the program's output goes: to ours, or into the result. */
  readonly output: 'inherit' | 'stderr' | 'capture';
  /** The compiled guard; found beside the installed package when left out. */
  readonly entry?: string | undefined;
  readonly cwd?: string | undefined;
  /** Variables to hand on although they look like secrets. */
  readonly passEnv?: readonly string[] | undefined;
  /** Called with who signed what, before the program starts. */
  readonly onSigned?: ((signed: readonly SignedBy[]) => void) | undefined;
}

const RUN: OptionTable<GuardedRunOptions> = {
  app: is.text,
  args: is.list(is.text),
  config: is.object,
  env: is.object,
  output: is.one('inherit', 'stderr', 'capture'),
  entry: is.text,
  cwd: is.text,
  passEnv: is.list(is.text),
  onSigned: is.call,
};

export interface GuardedRun {
  /** Exit code of the program, or the signal that ended it. */
  readonly status: number | string;
  /** Who signed what; empty where that was refused. */
  readonly signed: readonly SignedBy[];
  /** What the guard refused, in order. */
  readonly refusals: readonly ErrorRecord[];
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a Node program in a process of its own, under the guard.
 *
 * @throws {ModelsealError} `ERR_FILE_NOT_FOUND` for the program, `ERR_GUARD_NOT_BUILT`
 * @example
 * const { status, refusals } = await runGuarded({ app: 'app/main.js', config, env: process.env, output: 'inherit' });
 */
export async function runGuarded(options: GuardedRunOptions): Promise<GuardedRun> {
  checkOptions('runGuarded', options, RUN);
  const app = resolve(options.cwd ?? '.', options.app);
  if (!existsSync(app))
    throw new ModelsealError('ERR_FILE_NOT_FOUND', { file: options.app, what: 'program' });
  const entry = options.entry ?? guardEntry();
  const env = { ...options.env };
  for (const name of [...CODE_VARIABLES, 'NODE_OPTIONS', 'NODE_PATH']) delete env[name];
  const handed = new Set(options.passEnv ?? []);
  for (const name of Object.keys(env)) if (WITHHELD.test(name) && !handed.has(name)) delete env[name];
  env[GUARD_VARIABLE] = JSON.stringify({ ...options.config, reportFd: REPORT_FD } satisfies GuardConfig);
  const flags = options.config.allowEval ? [] : ['--disallow-code-generation-from-strings'];
  const stdout = options.output === 'capture' ? 'pipe' : options.output === 'stderr' ? 2 : 'inherit';
  const child = spawn(
    process.execPath,
    [...flags, '--import', pathToFileURL(entry).href, app, ...(options.args ?? [])],
    {
      cwd: options.cwd,
      env: env as NodeJS.ProcessEnv,
      stdio: ['inherit', stdout, options.output === 'capture' ? 'pipe' : 'inherit', 'pipe'],
    },
  );
  const report = new Report(child.stdio[REPORT_FD] as Readable, options.onSigned);
  let ended = false;
  let silenced = false;
  // The guard keeps its end open as long as the process lives; only the program can have closed it.
  void report.end.then(() => {
    const stop = (): void => {
      if (ended) return;
      silenced = true;
      child.kill('SIGKILL');
    };
    setTimeout(stop, REPORT_END_MS).unref();
  });
  const [out, err, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | string>((done, fail) => {
      child.once('error', fail);
      child.once('exit', () => {
        ended = true;
      });
      child.once('close', (code, signal) => done(code ?? signal ?? 'an unknown end'));
    }),
    report.end,
  ]);
  // By this signal the guard ends a process whose refusals it cannot tell.
  if (silenced || (status === 'SIGKILL' && report.refusals.length === 0))
    report.refusals.push(new ModelsealError('ERR_GUARD_REPORT_CLOSED', { app: options.app }).toJSON());
  return { status, signed: report.signed, refusals: report.refusals, stdout: out, stderr: err };
}

/**
 * The compiled entry of the guard in this package.
 *
 * @throws {ModelsealError} `ERR_GUARD_NOT_BUILT`
 */
export function guardEntry(): string {
  // This file may run from its source, from dist/, or inside the bundle in dist/bin/.
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!isPackageRoot(folder) && dirname(folder) !== folder) folder = dirname(folder);
  const file = join(folder, 'dist', 'loader', 'guard', 'register.js');
  if (!existsSync(file)) throw new ModelsealError('ERR_GUARD_NOT_BUILT', { file });
  return file;
}

function isPackageRoot(folder: string): boolean {
  try {
    const { name } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: unknown };
    return name === 'modelseal';
  } catch {
    return false;
  }
}

/** The nearest folder above a program that holds a signature: the application as it was signed. */
export function signedFolderOf(app: string): string | undefined {
  for (let folder = dirname(resolve(app)); ; folder = dirname(folder)) {
    if (statSync(join(folder, 'model.sig'), { throwIfNoEntry: false })?.isFile()) return folder;
    if (dirname(folder) === folder) return undefined;
  }
}

async function text(stream: Readable | null): Promise<string> {
  if (!stream) return '';
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
