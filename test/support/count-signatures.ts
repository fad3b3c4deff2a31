import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

// Counts the signatures that one verification checks: Node's own function is wrapped before anything else is loaded.
const [model, root, at] = process.argv.slice(2) as [string, string, string];
let checked = 0;
const { verify } = crypto;
Object.assign(crypto, {
  verify: (...values: Parameters<typeof verify>) => {
    checked++;
    return verify(...values);
  },
});
syncBuiltinESMExports();
const { readTrustAnchors, verifyModel } = await import('../../loader/index.js');
await verifyModel(model, { trustRoots: readTrustAnchors([root]), at: new Date(at) });
console.log(checked);
