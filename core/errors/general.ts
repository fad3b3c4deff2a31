import { defineErrors } from './texts.js';

/** Causes that every module shares: arguments, files, the machine, ourselves. */
export const generalErrors = defineErrors({
  ERR_USAGE: {
    kind: 'usage',
    say: (d: { problem: string }) => d.problem,
    hint: 'Run the command with --help to see its options and an example.',
  },
  ERR_OPTION_REPEATED: {
    kind: 'usage',
    say: (d: { option: string }) => `--${d.option} was given more than once`,
    hint: 'Give the option once; which of two values was meant is not for the tool to guess.',
  },
  ERR_FILE_NOT_FOUND: {
    kind: 'not-found',
    say: (d: { file: string; what: string }) => `${d.what} not found: ${d.file}`,
    hint: 'Check the path and the current directory.',
  },
  ERR_FILE_UNREADABLE: {
    kind: 'unchecked',
    say: (d: { file: string; reason: string }) => `${d.file} cannot be read: ${d.reason}`,
    hint: 'Check the permissions of the file and of the folders above it.',
  },
  ERR_FILE_UNWRITABLE: {
    kind: 'unchecked',
    say: (d: { file: string; reason: string }) => `${d.file} cannot be written: ${d.reason}`,
    hint: 'Check the permissions and the free space of the target folder.',
  },
  ERR_FILE_EXISTS: {
    kind: 'usage',
    say: (d: { file: string }) => `${d.file} exists already and is not overwritten`,
    hint: 'Choose another output path, or move the existing file away first.',
  },
  ERR_FILE_TOO_LARGE: {
    kind: 'refused',
    say: (d: { file: string; size: number; limit: number }) =>
      `${d.file} has ${d.size} bytes, more than the ${d.limit} that such a file may have`,
    hint: 'Check that the right file was named; a legitimate one is far smaller than the limit.',
  },
  ERR_PEM: {
    kind: 'refused',
    say: (d: { file: string; problem: string }) => `${d.file} is not valid PEM or DER: ${d.problem}`,
    hint: 'Name the file that holds what is asked for; if it is that file, export it again as PEM or DER.',
  },
  ERR_FILE_FORMAT: {
    kind: 'refused',
    say: (d: { file: string; format: string; command: string }) =>
      `${d.file} is ${d.format}, which is not read here; this converts it: ${d.command}`,
    hint: 'Run the command of the message and name its output instead. What holds a private key stays as private as it was.',
  },
  ERR_DER: {
    kind: 'refused',
    say: (d: { problem: string; offset: number }) => `malformed DER at byte ${d.offset}: ${d.problem}`,
    hint: 'The issuer must encode the object as X.690 DER; a mended copy would no longer match its signature.',
  },
  ERR_SECRET_EXPOSED: {
    kind: 'refused',
    say: (d: { file: string; what: string; mode: string }) =>
      `the ${d.what} ${d.file} is open to other users (mode ${d.mode})`,
    hint: 'Run chmod 600 on the file. If others could read it for a while, treat what is in it as known to them.',
  },
  ERR_SECRET_OWNER: {
    kind: 'refused',
    say: (d: { file: string; what: string; owner: number; own: number }) =>
      `the ${d.what} ${d.file} belongs to user ${d.owner}, and this process runs as user ${d.own}`,
    hint: 'Its owner can read and change it at any time. Run as that user, or make a copy that is yours alone.',
  },
  ERR_PASSPHRASE_WEAK: {
    kind: 'usage',
    say: (d: { whose: string; problem: string }) => `the passphrase for ${d.whose} is too weak: ${d.problem}`,
    hint: 'Take at least 12 characters, 6 of them different: some words drawn at random are good, and easy to keep.',
  },
  ERR_PASSPHRASE_NEEDED: {
    kind: 'usage',
    say: (d: { file: string }) => `${d.file} is encrypted and no passphrase was given`,
    hint: 'Use --passphrase-file or --passphrase-env, or run on a terminal to be asked.',
  },
  ERR_PASSPHRASE_WRONG: {
    kind: 'refused',
    say: (d: { file: string }) => `the passphrase does not open ${d.file}`,
    hint: 'Check the passphrase, and whether its file ends in an unexpected character; one trailing newline is ignored.',
  },
  ERR_KEY_ENCRYPTION: {
    kind: 'refused',
    say: (d: { file: string; algorithm: string }) =>
      `${d.file} is encrypted with ${d.algorithm}, which is not opened here`,
    hint: 'Encrypt it anew: openssl pkcs8 -topk8 -v2 aes-256-cbc -in OLD -out NEW -provider legacy -provider default',
  },
  ERR_KEY_UNSUPPORTED: {
    kind: 'refused',
    say: (d: { what: string; key: string }) => `${d.what} is of a kind that is not used here: ${d.key}`,
    hint: 'Use RSA with 2048 bits or more, or EC on P-256, P-384 or P-521.',
  },
  ERR_KEY_WEAK: {
    kind: 'refused',
    say: (d: { what: string; key: string; reason: string }) => `${d.what} is too weak: ${d.key}, ${d.reason}`,
    hint: 'Make a new key of at least 2048 bits with exponent 65537, or on P-256, P-384 or P-521.',
  },
  ERR_OPTIONAL_PART_MISSING: {
    kind: 'unchecked',
    say: (d: { part: string; needed: string }) => `${d.part} is not installed; it is needed for ${d.needed}`,
    hint: 'Install the optional package with npm, or leave out the option that asks for it.',
  },
  ERR_STANDALONE_PART: {
    kind: 'unchecked',
    say: (d: { part: string; needed: string }) =>
      `${d.needed} needs ${d.part}, which is not in the standalone program`,
    hint: 'Use the npm package for this command: "npm install modelseal" on a machine with Node.',
  },
  ERR_NODE_OPTION: {
    kind: 'unchecked',
    say: (d: { option: string; source: string }) =>
      `The runtime was started with ${d.option} (${d.source}), which can bring other code into this process; nothing was judged`,
    hint: 'Unset NODE_OPTIONS (BUN_OPTIONS for the standalone program) and start Node without options. Options that change no code are listed in docs/guard.md.',
  },
  ERR_INTERRUPTED: {
    kind: 'interrupted',
    say: (d: { work: string }) => `${d.work} was interrupted`,
    hint: 'Nothing half-written is left behind; run the command again.',
  },
  ERR_INTERNAL: {
    kind: 'unchecked',
    say: (d: { problem: string }) => `internal error: ${d.problem}`,
    hint: 'This is a defect of Modelseal. Please report it with the command and the version.',
  },
});
