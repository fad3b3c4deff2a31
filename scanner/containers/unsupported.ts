// biome-ignore-all lint/suspicious/noControlCharactersInRegex: magic numbers and control characters are what it looks for
import type { FormatScanner } from '../types.js';

/** Formats that are recognised and not read: the report can say what it is that it does not know. */
const KNOWN: readonly { readonly what: string; readonly magic: RegExp }[] = [
  { what: 'a 7z archive', magic: /^7z\xbc\xaf\x27\x1c/ },
  { what: 'a RAR archive', magic: /^Rar!\x1a\x07/ },
  { what: 'a cabinet archive', magic: /^MSCF\0\0\0\0/ },
  { what: 'an old LZ4 stream', magic: /^\x02\x21\x4c\x18/ },
  { what: 'an lzop or compress stream', magic: /^(?:\x89LZO\0|\x1f\x9d)/ },
  { what: 'a Java serialised object', magic: /^\xac\xed\x00\x05/ },
  { what: 'a PDF document', magic: /^%PDF-/ },
  { what: 'an SQLite database', magic: /^SQLite format 3\0/ },
  { what: 'a Parquet table', magic: /^PAR1/ },
  { what: 'an Arrow or Feather table', magic: /^(?:ARROW1\0\0|FEA1)/ },
  { what: 'an R data file', magic: /^(?:RDX[23]\n|X\n\0\0\0[\x02\x03])/ },
  { what: 'a MATLAB file', magic: /^MATLAB 5\.0 MAT-file/ },
  { what: 'an old office document', magic: /^\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1/ },
];

const find = (head: Uint8Array): string | undefined => {
  const text = Buffer.from(head.subarray(0, 32)).toString('latin1');
  return KNOWN.find(({ magic }) => magic.test(text))?.what;
};

export const unsupportedScanner: FormatScanner = {
  format: 'unsupported',
  detect: (head) => (find(head) ? 'certain' : 'no'),
  scan(source, context) {
    const what = find(source.read(0, 32)) ?? 'content';
    context.recognised(what.replace(/^an? /, ''));
    context.unparsed(`it is ${what}, which is not looked into`);
  },
};
