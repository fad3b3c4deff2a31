import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openAuthority } from '../../../ca/index.js';
import { ada, noPassphrase } from './authority.js';

// Issues without end into a folder, alone or in groups, until it is killed.
const [home, out, group] = process.argv.slice(2) as [string, string, string];
mkdirSync(out, { recursive: true });
const ca = await openAuthority(home, noPassphrase);
const request = ada({ reuseKey: true });
for (;;) {
  const issued = await Promise.all(Array.from({ length: Number(group) }, () => ca.issue(request)));
  for (const { serialNumber, pem } of issued) writeFileSync(join(out, `${serialNumber}.pem`), pem);
}
