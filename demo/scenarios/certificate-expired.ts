import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { openAuthority } from '../../ca/index.js';
import { signingKey } from '../../core/keys/index.js';
import { Certificate } from '../../core/x509/index.js';
import { signModel } from '../../signer/index.js';
import { compare, LOAD, type Scenario } from '../stage/scenario.js';
import { DEVELOPER } from '../stage/trust.js';

const MINUTE = 60_000;

export const certificateExpired: Scenario = {
  id: 'certificate-expired',
  title: 'signed with a certificate that expired ten minutes ago',
  command: LOAD,
  expected: { outcome: 'refused', code: 'ERR_CERT_EXPIRED' },
  async play(world) {
    const model = world.copyOfModel(this.id);
    const ago = (minutes: number): Date => new Date(world.now().getTime() - minutes * MINUTE);
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const authority = await openAuthority(world.authority, async () => '', { acceptClock: true });
    try {
      const issued = await authority.issue({
        publicKey: createPublicKey(privateKey),
        name: DEVELOPER.name,
        emails: [DEVELOPER.email],
        at: ago(40),
        notAfter: ago(10),
      });
      await signModel(model, {
        key: signingKey(privateKey),
        certificate: Certificate.decode(issued.certificate.raw),
        chain: [authority.issuing.certificate],
        at: ago(30),
        overwrite: true,
      });
    } finally {
      await authority.close();
    }
    return compare(await world.useModel(model), world);
  },
};
