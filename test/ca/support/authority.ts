import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IssueRequest } from '../../../ca/authority.js';
import {
  type Authority,
  type CreateAuthorityOptions,
  createAuthority,
  openAuthority,
} from '../../../ca/index.js';

export const AT = new Date('2026-11-22T12:00:00Z');

export const days = (n: number, from: Date = AT): Date => new Date(from.getTime() + n * 86_400_000);

export const noPassphrase = async (): Promise<string> => {
  throw new Error('no passphrase should be asked for');
};

/** A small authority with plain EC keys, open. */
export async function openNew(
  home: string,
  options: Partial<CreateAuthorityOptions> = {},
): Promise<Authority> {
  await createAuthority({ home, at: AT, protection: 'plain', keyType: 'ec-p256', ...options });
  return openAuthority(home, noPassphrase);
}

export const developerKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;

export const ada = (more: Partial<IssueRequest> = {}): IssueRequest => ({
  publicKey: developerKey(),
  name: 'Ada',
  emails: ['ada@example.org'],
  at: AT,
  ...more,
});

export function save(folder: string, name: string, data: string | Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, data, { mode: 0o600 });
  return file;
}

/** Seconds since 1970, as openssl's `-attime` wants them. */
export const seconds = (date: Date): string => String(Math.floor(date.getTime() / 1000));
