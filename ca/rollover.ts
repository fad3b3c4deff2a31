import { encodePrivateKey, encryptPrivateKey } from '../core/keys/index.js';
import { issueCrl } from './crl.js';
import { certificatePem } from './encode/certificate.js';
import { issuerPaths, PUBLIC, refuseExisting, SECRET, writeNewFiles } from './home.js';
import type { Issuer } from './issuer.js';
import type { Profile } from './profile.js';
import type { CaStore, IssuerId } from './store/store.js';
import { makeTier, type Tier } from './tier.js';

export interface RolloverRequest {
  readonly at: Date;
  /** How the key of the new CA is kept: plainly, or under a passphrase that is asked for. */
  readonly protection: 'plain' | ((file: string) => Promise<string>);
}

export interface Successor {
  readonly issuer: Issuer;
  /** The new files: key, list, certificate. */
  readonly files: readonly string[];
}

export interface Rollover extends Successor {
  readonly previous: Issuer;
}

/** The issuing CAs up to this one, in the order in which they followed each other. */
export const issuingIds = (last: IssuerId): readonly IssuerId[] =>
  Array.from(
    { length: ordinal(last) },
    (_, index): IssuerId => (index === 0 ? 'issuing' : `issuing-${index + 1}`),
  );

const ordinal = (id: IssuerId): number => Number(/-(\d+)$/.exec(id)?.[1] ?? 1);

/**
 * Makes the issuing CA that follows another one, with its first list, and lets it issue. Until the last step the one
 * before it issues as if nothing had happened.
 *
 * @throws {ModelsealError} `ERR_PASSPHRASE_WEAK`, `ERR_FILE_EXISTS`, `ERR_FILE_UNWRITABLE`, `ERR_LINT`, `ERR_CA_…`
 */
export async function makeSuccessor(
  previous: Issuer,
  root: Pick<Tier, 'issuer' | 'signer'>,
  profile: Profile,
  home: string,
  store: CaStore,
  { at, protection }: RolloverRequest,
): Promise<Successor> {
  const id: IssuerId = `issuing-${ordinal(previous.id) + 1}`;
  const paths = issuerPaths(home, id);
  refuseExisting([paths.key, paths.crl, paths.certificate]);
  const passphrase = protection === 'plain' ? undefined : await protection(paths.key);
  const tier = await makeTier(id, profile, at, store, root);
  const { der } = await issueCrl(tier.issuer, tier.signer, store, { at, days: profile.crlDays });
  const key =
    passphrase === undefined ? encodePrivateKey(tier.key) : await encryptPrivateKey(tier.key, passphrase);
  const files = [
    { path: paths.key, data: key, mode: SECRET },
    { path: paths.crl, data: der, mode: PUBLIC },
    { path: paths.certificate, data: certificatePem(tier.issuer.certificate.raw), mode: PUBLIC },
  ];
  const undo = writeNewFiles(files);
  try {
    await store.activateIssuing(id);
  } catch (error) {
    undo();
    throw error;
  }
  return { issuer: tier.issuer, files: files.map(({ path }) => path) };
}
