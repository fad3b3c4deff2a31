import type { InferredOptionTypes } from 'yargs';
import { ModelsealError } from '../../core/errors/index.js';
import type { StageOptions } from '../../loader/stage/index.js';
import type { Arguments, CommandContext } from '../terminal/command.js';
import { SCAN, scanPolicy } from './scan.js';
import type { OptionTable } from './table.js';
import { readVerifyOptions, VERIFICATION } from './verification.js';

/** Everything that a verified copy of a model can be told. */
export const STAGING = {
  ...VERIFICATION,
  ...SCAN,
  scan: {
    type: 'boolean',
    default: true,
    describe: 'Look for threats in the copy; --no-scan trusts the signer to mean no harm',
  },
} as const satisfies OptionTable;

export type StageArguments = Arguments<InferredOptionTypes<typeof STAGING> & { readonly model: string }>;

export async function readStageOptions(argv: StageArguments, context: CommandContext): Promise<StageOptions> {
  const policy = await scanPolicy(argv);
  return { ...(await readVerifyOptions(argv, context)), scan: { policy }, skipScan: !argv.scan };
}

/** Signals that ask a process to end. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Does work that leaves nothing behind when somebody ends this process, other than by force. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  for (const name of ENDING) process.on(name, onSignal);
  try {
    return await work(stop.signal);
  } catch (error) {
    if (stop.signal.aborted)
      throw new ModelsealError('ERR_INTERRUPTED', { work: 'copying the model' }, { cause: error });
    throw error;
  } finally {
    for (const name of ENDING) process.removeListener(name, onSignal);
  }
}
