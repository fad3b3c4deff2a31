import { Quarantine } from '../../loader/store/index.js';

// Quarantines and restores a folder in a loop until killed; started by the kill test.
const [model, folder, mode] = process.argv.slice(2) as [string, string, string];
const quarantine = new Quarantine(folder);
const copy = mode === 'copy' ? { forceCopy: true } : {};
process.stdout.write('ready\n');
for (;;) {
  const at = new Date();
  const { id } = quarantine.add({ path: model, reason: 'operator', summary: 'kill test', at }, copy);
  await quarantine.restore(id, { at, verify: async () => {}, ...copy });
}
