import { setTimeout as sleep } from 'node:timers/promises';
import { openAuthority } from '../../../ca/index.js';
import { noPassphrase } from './authority.js';

// Revokes the given certificates one after the other, and publishes after each, with random delays; says when each is out.
const [home, at, ...serials] = process.argv.slice(2) as [string, string, ...string[]];
const ca = await openAuthority(home, noPassphrase);
for (const serial of serials) {
  await sleep(Math.random() * 10);
  await ca.revoke({ serial, at: new Date(at), reason: 'superseded' });
  await sleep(Math.random() * 10);
  const { number } = await ca.publishCrl({ at: new Date(at) });
  process.stdout.write(`${serial} ${number}\n`);
}
await ca.close();
