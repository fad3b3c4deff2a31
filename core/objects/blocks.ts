import { ModelsealError } from '../errors/index.js';

/** One PEM block (RFC 7468), its base64 decoded. */
export interface PemBlock {
  readonly label: string;
  readonly bytes: Uint8Array;
  /** The headers of RFC 1421, with which OpenSSL encrypts the traditional forms of private keys. */
  readonly headers: readonly string[];
}

const BEGIN = /^-----BEGIN ([A-Z0-9 ]{1,64})-----$/;
/** Files that were joined without a line end between them. */
const JOINT = /(?<=-----)(?=-----BEGIN )/;
const HEADER = /^(?:Proc-Type|DEK-Info): /;

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
  let headers: string[] = [];
  for (const raw of text.split(/\r\n|\r|\n/).flatMap((line) => line.split(JOINT))) {
    const line = raw.trim();
    if (label === undefined) {
      label = BEGIN.exec(line)?.[1];
      if (label === undefined && line.startsWith('-----')) fail(outside(line));
      [body, headers] = [[], []];
    } else if (line === `-----END ${label}-----`) {
      const base64 = body.join('');
      const bytes = Buffer.from(base64, 'base64');
      if (bytes.length === 0 || bytes.toString('base64') !== base64)
        fail(`the base64 of ${label} is damaged`);
      blocks.push({ label, bytes: new Uint8Array(bytes), headers });
      label = undefined;
    } else if (line.startsWith('-----')) {
      fail(`${label} has no END line`);
    } else if (line.includes('-----END ')) {
      fail(`the END of ${label} does not stand on a line of its own`);
    } else if (body.length === 0 && HEADER.test(line)) {
      headers.push(line);
    } else if (line !== '') {
      body.push(line);
    }
  }
  if (label !== undefined) fail(`${label} has no END line`);
  return blocks;
}

function outside(line: string): string {
  if (!line.startsWith('-----BEGIN ')) return `unexpected line ${line.slice(0, 40)}`;
  if (line.includes('\\n')) return 'its line breaks are written as \\n';
  return line.indexOf('-----', 11) > 0
    ? 'its BEGIN does not stand on a line of its own'
    : `unexpected line ${line.slice(0, 40)}`;
}

/** Encodes one PEM block with 64-column lines. */
export function encodePem(label: string, bytes: Uint8Array, headers: readonly string[] = []): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  const head = headers.length > 0 ? [...headers, ''] : [];
  return [`-----BEGIN ${label}-----`, ...head, ...lines, `-----END ${label}-----`, ''].join('\n');
}
