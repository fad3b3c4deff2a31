/** The octets that text is made of in any of the encodings that keys and certificates are written in. */
const isTextOctet = (octet: number): boolean =>
  octet === 9 || octet === 10 || octet === 13 || (octet >= 32 && octet < 127);

/** Every object we read is a SEQUENCE, whose tag is also the digit 0; but no text has control octets behind it. */
export const isDer = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x30 && !bytes.subarray(0, 64).every(isTextOctet);

/** Byte order marks, and what they say. PEM itself is ASCII; editors and PowerShell write it otherwise. */
const MARKS: readonly (readonly [mark: readonly number[], encoding: string])[] = [
  [[0xef, 0xbb, 0xbf], 'utf-8'],
  [[0xff, 0xfe], 'utf-16le'],
  [[0xfe, 0xff], 'utf-16be'],
];

/** The text of a file: as its byte order mark says, else one character for each octet. */
export function decodeText(bytes: Uint8Array): string {
  const [, encoding = 'latin1'] =
    MARKS.find(([mark]) => mark.every((octet, index) => bytes[index] === octet)) ?? [];
  return new TextDecoder(encoding).decode(bytes);
}
