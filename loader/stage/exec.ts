import { spawn } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { ModelsealError } from '../../core/errors/index.js';
import { writeAtomic } from '../../core/files.js';
import { type Report, ReportBuilder } from '../../core/report/index.js';
import { checkExecOptions, type ExecOptions } from './options.js';
import { PrivateFolder } from './private-folder.js';
import { programEnvironment } from './program-environment.js';
import { copyVerified } from './staged-copy.js';

/** Stands in an argument for the path of the copy. */
const PLACEHOLDER = '{model}';
/** A name that no program misunderstands; any other becomes "model". */
const PLAIN = /^[\w][\w.-]*$/;

/** How a program ended that ran on a verified model. */
export interface ExecutedModel {
  /** Its exit code; 128 and the number of the signal, as shells say it, where one ended it. */
  readonly status: number;
  readonly signal: NodeJS.Signals | undefined;
  readonly report: Report;
}

/**
 * Runs a program, in any language, on a private copy of a model that was verified while it was made. The program gets
 * its path in the place of `{model}` in its arguments and in the variable MODELSEAL_MODEL; nobody of another account
 * can enter the copy, and it is removed when the program ends. A copy that a kill leaves is removed by the next call.
 *
 * @param command Program and arguments; no shell is between.
 * @throws {ModelsealError} The cause of the refusal, in which case nothing runs; `ERR_EXEC_PROGRAM`
 * @example
 * const { status } = await execModel('model', ['python3', 'serve.py', '{model}'], { trustRoots, at: new Date(), env: process.env });
 */
export async function execModel(
  path: string,
  command: readonly string[],
  options: ExecOptions,
): Promise<ExecutedModel> {
  checkExecOptions('execModel', options);
  const [program, ...args] = command;
  if (program === undefined || !command.every((word) => typeof word === 'string'))
    throw new ModelsealError('ERR_USAGE', { problem: 'there is no program to run' });
  const report = options.report ?? new ReportBuilder(path, options.at);
  const name = basename(resolve(path));
  const folder = PrivateFolder.make(
    resolve(options.in ?? tmpdir()),
    'exec',
    PLAIN.test(name) ? name : 'model',
  );
  try {
    const { single } = await copyVerified(path, folder, options, report, false);
    chmodSync(folder.content, 0o555);
    const model = single === undefined ? folder.content : join(folder.content, single);
    const env = programEnvironment(options.env, options.passEnv ?? [], model);
    const words = args.map((word) => word.replaceAll(PLACEHOLDER, model));
    report.passed('exec', 'on a private copy of the verified files');
    if (options.reportFile !== undefined)
      writeAtomic(options.reportFile, `${JSON.stringify(report.build(), null, 2)}\n`, { overwrite: true });
    const { status, signal } = await run(program.replaceAll(PLACEHOLDER, model), words, env, folder, options);
    return { status, signal, report: report.build() };
  } finally {
    folder.remove();
  }
}

function run(
  program: string,
  args: readonly string[],
  env: Record<string, string>,
  folder: PrivateFolder,
  { onStart }: ExecOptions,
): Promise<Pick<ExecutedModel, 'status' | 'signal'>> {
  return new Promise((done, failed) => {
    const child = spawn(program, args, { env, stdio: 'inherit' });
    child.once('error', (error) => {
      const reason = (error as NodeJS.ErrnoException).code ?? error.message;
      failed(new ModelsealError('ERR_EXEC_PROGRAM', { program, reason }, { cause: error }));
    });
    child.once('spawn', () => {
      // The copy stays for as long as the program runs, also when this process is killed.
      if (child.pid !== undefined) folder.addOwner(child.pid);
      onStart?.((signal) => child.kill(signal));
    });
    child.once('exit', (code, signal) => {
      done({ status: code ?? 128 + (signal ? constants.signals[signal] : 0), signal: signal ?? undefined });
    });
  });
}
