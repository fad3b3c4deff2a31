import { isUtf8 } from 'node:buffer';
import type { Argv } from 'yargs';
import { ModelsealError } from '../../core/errors/index.js';
import { readSecret } from '../../core/files.js';
import type { CommandContext } from '../terminal/command.js';
import { type OptionTable, text } from './table.js';

/** Longer than any passphrase; a file this large was named by mistake. */
const MAX_PASSPHRASE_FILE = 4096;

const PASSPHRASE = {
  'passphrase-file': text('File that holds the passphrase of the private key'),
  'passphrase-env': text('Environment variable that holds the passphrase'),
} as const satisfies OptionTable;

export interface PassphraseArguments {
  readonly passphraseFile: string | undefined;
  readonly passphraseEnv: string | undefined;
}

/** Adds `--passphrase-file` and `--passphrase-env` to a command that opens or makes a private key. */
export const passphraseOptions = <T>(yargs: Argv<T>) =>
  yargs.options(PASSPHRASE).conflicts('passphrase-file', 'passphrase-env');

/**
 * Where a passphrase comes from: file, environment, or a prompt on a terminal; asked for once a key, and only when needed.
 * One trailing newline of a file is not part of the passphrase.
 */
export function passphraseSource(
  argv: PassphraseArguments,
  context: Pick<CommandContext, 'env' | 'output'>,
): (file: string, confirm?: boolean) => Promise<string> {
  const known = new Map<string, string>();
  return async (file, confirm = false) => {
    const passphrase = known.get(file) ?? (await read(argv, context, file, confirm));
    known.set(file, passphrase);
    return passphrase;
  };
}

async function read(
  argv: PassphraseArguments,
  context: Pick<CommandContext, 'env' | 'output'>,
  file: string,
  confirm: boolean,
): Promise<string> {
  if (argv.passphraseFile !== undefined) {
    const bytes = readSecret(argv.passphraseFile, 'passphrase file', MAX_PASSPHRASE_FILE);
    return checked(passphraseOf(bytes, argv.passphraseFile), `--passphrase-file ${argv.passphraseFile}`);
  }
  if (argv.passphraseEnv !== undefined) {
    return checked(context.env[argv.passphraseEnv] ?? '', `--passphrase-env ${argv.passphraseEnv}`);
  }
  if (!context.output.interactive || process.stdin.isTTY !== true) {
    throw new ModelsealError('ERR_PASSPHRASE_NEEDED', { file });
  }
  const { password, isCancel } = await import('@clack/prompts');
  const answer = await password({ message: `Passphrase for ${file}` });
  if (isCancel(answer)) throw new ModelsealError('ERR_INTERRUPTED', { work: 'asking for the passphrase' });
  if (confirm) {
    const again = await password({ message: 'Repeat the passphrase' });
    if (isCancel(again)) throw new ModelsealError('ERR_INTERRUPTED', { work: 'asking for the passphrase' });
    if (again !== answer) throw new ModelsealError('ERR_USAGE', { problem: 'the two passphrases differ' });
  }
  return checked(answer, 'the prompt');
}

/** One line of text. OpenSSL reads the first line only, so that a key under several would be lost to it. */
function passphraseOf(bytes: Uint8Array, file: string): string {
  const wrong = (problem: string): never => {
    throw new ModelsealError('ERR_USAGE', { problem: `the passphrase file ${file} ${problem}` });
  };
  if (!isUtf8(bytes)) wrong('is not UTF-8 text');
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes).replace(/\r?\n$/, '');
  if (/[\r\n\0]/.test(text)) wrong('holds more than one line');
  return text;
}

function checked(passphrase: string, source: string): string {
  if (passphrase === '')
    throw new ModelsealError('ERR_USAGE', { problem: `the passphrase from ${source} is empty` });
  return passphrase;
}
