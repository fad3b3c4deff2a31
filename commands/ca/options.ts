import type { Argv } from 'yargs';
import type { ProfileOptions } from '../../ca/profile.js';
import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import { KEY_TYPES } from '../../core/keys/index.js';
import { type CertificateProfile, PROFILES, type Selection } from '../../ca/store/store.js';
import {
  type CommandContext,
  type PassphraseArguments,
  parseTime,
  passphraseSource,
} from '../terminal/index.js';

export const homeOption = <T>(yargs: Argv<T>) =>
  yargs.option('home', { type: 'string', default: './certs', describe: 'Folder of the authority' });

export const keyTypeOption = <T>(yargs: Argv<T>) =>
  yargs.option('key-type', {
    choices: KEY_TYPES,
    default: 'rsa-2048' as const,
    describe: 'Kind of the new key',
  });

/** `--no-passphrase`: yargs turns it into `passphrase: false`. */
export const plainOption = <T>(yargs: Argv<T>) =>
  yargs.option('passphrase', {
    type: 'boolean',
    default: true,
    describe: 'Encrypt the new key; --no-passphrase leaves it plain',
  });

/** Where the passphrase of a new key comes from, which is not the authority's. */
export const keyPassphraseOptions = <T>(yargs: Argv<T>) =>
  yargs
    .option('key-passphrase-file', { type: 'string', describe: 'File with the passphrase for the new key' })
    .option('key-passphrase-env', {
      type: 'string',
      describe: 'Environment variable with the passphrase for the new key',
    })
    .conflicts('key-passphrase-file', 'key-passphrase-env');

export const identityOptions = <T>(yargs: Argv<T>) =>
  yargs
    .option('email', { type: 'string', array: true, default: [] as string[], describe: 'E-mail identity' })
    .option('uri', { type: 'string', array: true, default: [] as string[], describe: 'URI identity' });

/** What certificates of a new authority say. */
export const newAuthorityOptions = <T>(yargs: Argv<T>) =>
  yargs
    .option('name', {
      type: 'string',
      default: 'Modelseal',
      describe: 'Organisation, as certificates name it',
    })
    .option('crl-url', {
      type: 'string',
      describe: 'Address under which root.crl and issuing.crl are published',
    })
    .option('ocsp-url', { type: 'string', describe: 'Address of the OCSP responder' })
    .option('permit-email-domain', {
      type: 'string',
      array: true,
      default: [] as string[],
      describe:
        'The issuing CA certifies mailboxes of this host only; .example.org means every host below it',
    })
    .option('crl-days', { type: 'number', default: 30, describe: 'Days until the next CRL is due' });

export const newAuthorityOf = (argv: {
  name: string;
  keyType: string;
  crlUrl: string | undefined;
  ocspUrl: string | undefined;
  crlDays: number;
  permitEmailDomain: readonly string[];
}): ProfileOptions => ({
  organization: argv.name,
  keyType: argv.keyType,
  crlUrl: argv.crlUrl,
  ocspUrl: argv.ocspUrl,
  crlDays: argv.crlDays,
  emailDomains: argv.permitEmailDomain,
});

/** Which certificates are meant. */
export const selectionOptions = <T>(yargs: Argv<T>) =>
  yargs
    .option('identity', { type: 'string', describe: 'Only certificates of exactly this identity' })
    .option('since', { type: 'string', describe: 'Only what was issued at this time or later' })
    .option('until', { type: 'string', describe: 'Only what was issued before this time' })
    .option('profile', { choices: PROFILES, describe: 'Only what is for this purpose' });

/** @throws {ModelsealError} `ERR_USAGE` for a time that is none */
export const selectionOf = (argv: {
  identity: string | undefined;
  since: string | undefined;
  until: string | undefined;
  profile: CertificateProfile | undefined;
}): Selection => ({
  identity: argv.identity,
  since: argv.since === undefined ? undefined : parseTime(argv.since, '--since'),
  until: argv.until === undefined ? undefined : parseTime(argv.until, '--until'),
  profile: argv.profile,
});

/**
 * How a new key is protected.
 *
 * @throws {ModelsealError} `ERR_USAGE` when a passphrase is given and declined at once
 */
export function protectionOf(
  encrypt: boolean,
  sources: PassphraseArguments,
  context: CommandContext,
): 'plain' | ((file: string) => Promise<string>) {
  if (encrypt) {
    const ask = passphraseSource(sources, context);
    return (file) => ask(file, true);
  }
  if (sources.passphraseFile !== undefined || sources.passphraseEnv !== undefined) {
    throw new ModelsealError('ERR_USAGE', { problem: '--no-passphrase and a passphrase exclude each other' });
  }
  return 'plain';
}

/**
 * The same for a key whose passphrase has options of its own.
 *
 * @param needed Says which, where there is no passphrase.
 */
function ownProtection(
  encrypt: boolean,
  sources: PassphraseArguments,
  context: CommandContext,
  needed: 'ERR_CA_DEVELOPER_PASSPHRASE_NEEDED' | 'ERR_CA_ROOT_PASSPHRASE_NEEDED',
): 'plain' | ((file: string) => Promise<string>) {
  const protection = protectionOf(encrypt, sources, context);
  if (protection === 'plain') return protection;
  return async (file) => {
    try {
      return await protection(file);
    } catch (error) {
      if (!isModelsealError(error, 'ERR_PASSPHRASE_NEEDED')) throw error;
      throw new ModelsealError(needed, { file });
    }
  };
}

/** A developer's key is not the authority's. */
export function developerProtection(
  encrypt: boolean,
  argv: { keyPassphraseFile: string | undefined; keyPassphraseEnv: string | undefined },
  context: CommandContext,
): 'plain' | ((file: string) => Promise<string>) {
  const sources = { passphraseFile: argv.keyPassphraseFile, passphraseEnv: argv.keyPassphraseEnv };
  return ownProtection(encrypt, sources, context, 'ERR_CA_DEVELOPER_PASSPHRASE_NEEDED');
}

/** Options for the passphrase of the root key, which is not that of the issuing key. */
export const rootPassphraseOptions = <T>(yargs: Argv<T>) =>
  yargs
    .option('root-passphrase-file', {
      type: 'string',
      describe: 'File with the passphrase for the root key; --passphrase-file is for the issuing key',
    })
    .option('root-passphrase-env', {
      type: 'string',
      describe: 'Environment variable with the passphrase for the root key',
    })
    .conflicts('root-passphrase-file', 'root-passphrase-env');

/** How the root key is protected. */
export function rootProtection(
  encrypt: boolean,
  argv: { rootPassphraseFile: string | undefined; rootPassphraseEnv: string | undefined },
  context: CommandContext,
): 'plain' | ((file: string) => Promise<string>) {
  const sources = { passphraseFile: argv.rootPassphraseFile, passphraseEnv: argv.rootPassphraseEnv };
  return ownProtection(encrypt, sources, context, 'ERR_CA_ROOT_PASSPHRASE_NEEDED');
}
