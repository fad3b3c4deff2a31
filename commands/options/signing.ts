import type { SigningKey } from '../../core/keys/index.js';
import type { Certificate } from '../../core/x509/index.js';
import type { Arguments, CommandContext } from '../terminal/command.js';
import { type PassphraseArguments, passphraseSource } from './passphrase.js';
import { flag, list, type OptionTable, text, type Values } from './table.js';

/** The key that signs, and who vouches for it. */
export const SIGNING = {
  'private-key': text('Private key, PEM or PKCS#8 DER'),
  'signing-certificate': text(
    'Certificate of the key; the chain may follow in the same file. Without it the bare key signs',
  ),
  'certificate-chain': list('Certificates between it and the root'),
  'allow-incomplete': flag('Sign Git LFS pointers, missing shards and foreign indexes all the same'),
} as const satisfies OptionTable;

/** Reads what {@link SIGNING} names. */
export async function readSigner(
  argv: Arguments<Values<typeof SIGNING>> & PassphraseArguments & { readonly privateKey: string },
  context: CommandContext,
): Promise<{ key: SigningKey; certificate: Certificate | undefined; chain: Certificate[] }> {
  const { readPrivateKey, signingKey } = await import('../../core/keys/index.js');
  const { readCertificates } = await import('../../core/x509/index.js');
  const [certificate, ...attached] = argv.signingCertificate
    ? readCertificates(argv.signingCertificate, 'signing certificate')
    : [];
  const chain = (argv.certificateChain ?? []).flatMap((file) => readCertificates(file, 'certificate chain'));
  const key = signingKey(await readPrivateKey(argv.privateKey, passphraseSource(argv, context)));
  return { key, certificate, chain: [...attached, ...chain] };
}
