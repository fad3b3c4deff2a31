import { defineErrors, list } from './texts.js';

/** Causes where models are found, copied and fetched: the Hugging Face cache, staged copies, registries. */
export const reachErrors = defineErrors({
  ERR_HUB_ADDRESS: {
    kind: 'usage',
    say: (d: { address: string; problem: string }) =>
      `${d.address} names no model of a Hugging Face cache: ${d.problem}`,
    hint: 'Write hf://ORG/NAME, or hf://ORG/NAME@REVISION for a branch, a tag or a commit.',
  },
  ERR_HUB_NOT_CACHED: {
    kind: 'not-found',
    say: (d: { address: string; cache: string; revisions: readonly string[] }) =>
      `${d.address} is not in the cache ${d.cache}${d.revisions.length > 0 ? `, which has ${list(d.revisions)}` : ''}`,
    hint: 'The network is never asked for a model. Download it first (hf download ORG/NAME), or set HF_HOME or HF_HUB_CACHE to where it is.',
  },
  ERR_HUB_CACHE_MALFORMED: {
    kind: 'refused',
    say: (d: { address: string; file: string }) =>
      `${d.address} cannot be looked up: ${d.file} holds no commit`,
    hint: 'Remove the file and download the model again, or name the commit: hf://ORG/NAME@COMMIT.',
  },
  ERR_EXEC_PROGRAM: {
    kind: 'not-found',
    say: (d: { program: string; reason: string }) =>
      `the program ${d.program} cannot be started: ${d.reason}`,
    hint: 'The model was verified. Name a program that is installed and may be run; no shell looks at the words behind --.',
  },
});
