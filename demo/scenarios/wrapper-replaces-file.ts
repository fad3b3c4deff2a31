import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { maliciousPackage } from '../attack/package.js';
import { observeRun, type Scenario } from '../stage/scenario.js';

export const wrapperReplacesFile: Scenario = {
  id: 'wrapper-replaces-file',
  title: 'wrapper in place of a signed file of the application',
  command: 'cp evil.js app/classifier.js && modelseal run app/main.js --trust-root ca/root.pem',
  expected: { outcome: 'refused', code: 'ERR_GUARD_MODULE_CHANGED' },
  async play(world) {
    const app = world.copyOfApplication(this.id);
    const target = join(app, 'classifier.js');
    const files = maliciousPackage(world.hiddenLog);
    const spy = (files['lib/warmup.js'] ?? '').replace(
      "import { parentPort, threadId } from 'node:worker_threads';",
      '',
    );
    // The genuine classifier with the thief's lines in front: it would work as before, and write along.
    const genuine = readFileSync(target, 'utf8').replace(
      'async classify(text) {',
      'async classify(text) { steal(text);',
    );
    const thief = spy
      .replace("parentPort.on('message', (text) => {", 'const threadId = 0; function steal(text) {')
      .replace('});\n', '}\n');
    writeFileSync(target, `${thief}${genuine}`);
    return observeRun(await world.runGuarded(app, {}), world);
  },
};
