import { ModelsealError } from './errors/index.js';

/** One PEM block (RFC 7468), its base64 decoded. */
export interface PemBlock {
  readonly label: string;
  readonly bytes: Uint8Array;
}

const BEGIN = /^-----BEGIN ([A-Z0-9 ]{1,64})-----$/;

/**
 * Reads every block of a PEM text, strictly: matching END lines, canonical base64, nothing unfinished.
 * Text between blocks is allowed, as `openssl x509 -text` writes it.
 *
 * @param file Name used in errors.
 * @throws {ModelsealError} `ERR_PEM`
 */
export function decodePem(text: string, file: string): PemBlock[] {
  const fail = (problem: string): never => {
    throw new ModelsealError('ERR_PEM', { file, problem });
  };
  const blocks: PemBlock[] = [];
  let label: string | undefined;
  let body: string[] = [];
  for (const raw of text.split(/\r\n|\r|\n/)) {
    const line = raw.trim();
    if (label === undefined) {
      label = BEGIN.exec(line)?.[1];
      if (label === undefined && line.startsWith('-----')) fail(`unexpected line ${line.slice(0, 40)}`);
      body = [];
    } else if (line === `-----END ${label}-----`) {
      const base64 = body.join('');
      const bytes = Buffer.from(base64, 'base64');
      if (bytes.length === 0 || bytes.toString('base64') !== base64)
        fail(`the base64 of ${label} is damaged`);
      blocks.push({ label, bytes: new Uint8Array(bytes) });
      label = undefined;
    } else if (line.startsWith('-----')) {
      fail(`${label} has no END line`);
    } else {
      body.push(line);
    }
  }
  if (label !== undefined) fail(`${label} has no END line`);
  return blocks;
}

/**
 * The DER objects of a file that is either DER or PEM with the given label.
 *
 * @throws {ModelsealError} `ERR_PEM` when there is none, or another label stands among them
 */
export function decodePemOrDer(
  bytes: Uint8Array,
  label: string | readonly string[],
  file: string,
): Uint8Array[] {
  // Every object we read is a SEQUENCE, and no PEM text begins with its tag ("0" followed by a control byte).
  if (bytes[0] === 0x30 && !isText(bytes)) return [bytes];
  const labels = typeof label === 'string' ? [label] : label;
  const blocks = decodePem(new TextDecoder('latin1').decode(withoutMark(bytes)), file);
  if (blocks.length === 0) throw new ModelsealError('ERR_PEM', { file, problem: `no ${labels[0]} in it` });
  const wrong = blocks.find((block) => !labels.includes(block.label));
  if (wrong)
    throw new ModelsealError('ERR_PEM', { file, problem: `holds ${wrong.label}, expected ${labels[0]}` });
  return blocks.map((block) => block.bytes);
}

/** Some editors put the byte order mark of UTF-8 before the first line. */
function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

function isText(bytes: Uint8Array): boolean {
  return bytes
    .subarray(0, 64)
    .every((octet) => octet === 9 || octet === 10 || octet === 13 || (octet >= 32 && octet < 127));
}

/** Encodes one PEM block with 64-column lines. */
export function encodePem(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
