import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { openAuthority } from '../../ca/index.js';
import { signingKey } from '../../core/keys/index.js';
import { signModel } from '../../signer/index.js';
import { compare, LOAD, type Scenario } from '../stage/scenario.js';
import { DEVELOPER } from '../stage/trust.js';
import { TSA_TRUST, withTsa } from '../stage/tsa.js';

const HOUR = 3_600_000;

export const certificateExpiredStamped: Scenario = {
  id: 'certificate-expired-stamped',
  title: 'judged tomorrow, when its certificate has expired, with a time stamp of today',
  command: `${LOAD} ${TSA_TRUST} --at TOMORROW`,
  expected: { outcome: 'genuine' },
  async play(world) {
    const model = world.copyOfModel(this.id);
    const now = world.now();
    const later = (hours: number): Date => new Date(now.getTime() + hours * HOUR);
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const authority = await openAuthority(world.authority, async () => '', { acceptClock: true });
    const { certificate } = await authority
      .issue({
        publicKey: createPublicKey(privateKey),
        name: DEVELOPER.name,
        emails: [DEVELOPER.email],
        at: now,
        notAfter: later(1),
      })
      .finally(() => authority.close());
    await withTsa(world, (url) =>
      signModel(model, {
        key: signingKey(privateKey),
        certificate,
        chain: [authority.issuing.certificate],
        at: now,
        timestampUrls: [url],
        overwrite: true,
      }),
    );
    const { trustRoots } = world.trust();
    return compare(await world.useModel(model, { at: later(24), tsaRoots: trustRoots }), world);
  },
};
