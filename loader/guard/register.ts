import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { getEnvironmentData, isMainThread } from 'node:worker_threads';
import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import { parseGuardConfig } from './config.js';
import { checkProcess } from './environment.js';
import { install } from './install.js';
import { announce, refuser, reportTarget, tell } from './refuse.js';
import { GUARD_VARIABLE, type GuardState, type ReportTarget } from './state.js';
import { STATE_KEY } from './workers.js';

// The entry `modelseal/guard`, for `node --import`. Node waits for it before it looks at the program, and runs it
// again in every worker. It ends the process when anything is not as it should be: a program must not start half
// guarded.

/** Exit codes as the command line gives them; a guard that could not check is not a guard that refused. */
const EXIT = {
  refused: 1,
  threat: 2,
  'not-found': 3,
  usage: 64,
  unchecked: 70,
  interrupted: 130,
} as const;

let report: ReportTarget | undefined;
try {
  install(isMainThread ? await verifiedState() : inheritedState(), import.meta.url);
} catch (error) {
  const known = isModelsealError(error)
    ? error
    : new ModelsealError('ERR_INTERNAL', { problem: error instanceof Error ? error.message : String(error) });
  // What `checkProcess` refuses has been told already; a second line under --json would count twice.
  if (!known.code.startsWith('ERR_GUARD_NODE') && !known.code.startsWith('ERR_GUARD_ENV'))
    tell(known, report ?? reportTarget(undefined));
  process.exit(EXIT[known.kind]);
}

async function verifiedState(): Promise<GuardState> {
  const config = parseGuardConfig(process.env[GUARD_VARIABLE]);
  report = reportTarget(config.reportFd);
  checkProcess(
    { execArgv: process.execArgv, argv: process.argv, env: process.env, isEntry },
    refuser(report),
  );
  const { verifySignedFolders } = await import('./verify.js');
  const at = config.at === undefined ? new Date() : new Date(config.at);
  const { folders, signed } = await verifySignedFolders(config, at);
  if (report.json) announce({ signed }, report);
  return {
    folders,
    allowEval: config.allowEval ?? false,
    allowEmbeddedWasm: config.allowEmbeddedWasm ?? false,
    report,
  };
}

/** Whether `--import` named this very file: by its package, as a URL, or as a path. */
function isEntry(name: string): boolean {
  if (name === 'modelseal/guard' || name === import.meta.url) return true;
  try {
    return realpathSync(name) === fileURLToPath(import.meta.url);
  } catch {
    return false;
  }
}

/** The state of the parent, which put it there before any of its own code ran. */
function inheritedState(): GuardState {
  const text = getEnvironmentData(STATE_KEY) as unknown;
  if (typeof text !== 'string') throw new ModelsealError('ERR_GUARD_NOT_CONFIGURED', {});
  const state = JSON.parse(text) as GuardState;
  report = state.report;
  return state;
}
