import { dirname } from 'node:path';
import type { Argv } from 'yargs';
import {
  type CommandContext,
  type PassphraseArguments,
  passphraseSource,
  printable,
} from '../terminal/index.js';
import type { Authority } from '../../ca/index.js';
import { neverAsk } from './record.js';
import { Act } from './write.js';

/** `--accept-clock`, for commands that write. */
export const clockOption = <T>(yargs: Argv<T>) =>
  yargs.option('accept-clock', {
    type: 'boolean',
    default: false,
    describe: 'Work although the clock is behind what the authority has seen',
  });

/** `--blocklist`, for commands that certify keys. */
export const blocklistOption = <T>(yargs: Argv<T>) =>
  yargs.option('blocklist', {
    type: 'string',
    array: true,
    default: [] as string[],
    describe: 'Keys that are never certified: a SHA-256 of the public key a line; HOME/blocklist.txt always',
  });

interface Opening {
  readonly home: string;
  readonly rootKey?: string | undefined;
  readonly issuingKey?: string | undefined;
  readonly acceptClock?: boolean | undefined;
  readonly blocklist?: readonly string[] | undefined;
}

/**
 * Opens the authority, says which of its lists need attention, does the work, and closes it again.
 *
 * @param access `read` for looking; to change something takes the {@link Act} that is being recorded.
 * @param secrets Where the passphrase comes from; without it, nothing can be signed.
 */
export async function withAuthority<T>(
  context: CommandContext,
  argv: Opening,
  access: 'read' | Act,
  secrets: PassphraseArguments | undefined,
  work: (authority: Authority) => Promise<T>,
): Promise<T> {
  const { openAuthority } = await import('../../ca/index.js');
  const { home, rootKey, issuingKey, acceptClock, blocklist } = argv;
  await nameLeftovers(context, home, rootKey);
  const ask = secrets === undefined ? neverAsk : passphraseSource(secrets, context);
  if (access !== 'read') Act.check(access);
  const authority = await openAuthority(home, ask, {
    rootKey,
    issuingKey,
    access: access === 'read' ? access : 'write',
    acceptClock,
    blocklists: blocklist,
  });
  try {
    const done = await work(authority);
    const now = context.now();
    for (const { issuer, nextUpdate } of await authority.listsDue(now)) {
      const when = `${nextUpdate < now ? 'ran out' : 'runs out'} on ${nextUpdate.toISOString()}`;
      const remedy = `modelseal ca crl${issuer === authority.issuing.id ? '' : ` --issuer ${issuer}`}`;
      context.output.note(`the CRL of the ${issuer} CA ${when}: publish the next one with ${remedy}`);
    }
    return done;
  } finally {
    await authority.close();
  }
}

/** Says where an interrupted init left private keys: they are as good as those of the authority, and nobody looks there. */
export async function nameLeftovers(context: CommandContext, home: string, rootKey?: string): Promise<void> {
  const { findLeftovers } = await import('../../ca/leftovers.js');
  for (const { path, owner } of findLeftovers(home, rootKey && dirname(rootKey))) {
    if (owner !== undefined) continue;
    context.output.note(
      `an interrupted init left private keys in ${printable(path)}: remove them with modelseal ca clean`,
    );
  }
}
