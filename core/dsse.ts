/** The only payload type of OMS envelopes. */
export const IN_TOTO_PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/** What a DSSE signature covers: `"DSSEv1" SP len SP type SP len SP payload` (DSSE protocol, PAE). */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const start = preAuthHeader(payloadType, payload.length);
  const out = new Uint8Array(start.length + payload.length);
  out.set(start);
  out.set(payload, start.length);
  return out;
}

/** What stands before a payload of this length in its {@link preAuthEncoding}. */
export const preAuthHeader = (payloadType: string, length: number): Buffer =>
  Buffer.from(`DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${length} `);

/**
 * What release 0.2 of the reference implementation signed instead: a capital V, and the payload in the notation of a
 * Python bytes literal. The payload can be read back from it unambiguously, so accepting it loses nothing.
 */
export function preAuthEncodingV02(payloadType: string, payload: Uint8Array): Uint8Array {
  const head = `DSSEV1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `;
  return new Uint8Array(Buffer.from(head + bytesLiteral(payload)));
}

function bytesLiteral(bytes: Uint8Array): string {
  const quote = bytes.includes(0x27) && !bytes.includes(0x22) ? '"' : "'";
  const parts: string[] = ['b', quote];
  for (const octet of bytes) parts.push(literalOctet(octet, quote));
  parts.push(quote);
  return parts.join('');
}

function literalOctet(octet: number, quote: string): string {
  if (octet === 0x09) return '\\t';
  if (octet === 0x0a) return '\\n';
  if (octet === 0x0d) return '\\r';
  if (octet < 0x20 || octet > 0x7e) return `\\x${octet.toString(16).padStart(2, '0')}`;
  const c = String.fromCharCode(octet);
  return c === '\\' || c === quote ? `\\${c}` : c;
}
