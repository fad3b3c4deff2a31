import { ModelsealError } from '../core/errors/index.js';
import { Certificate, oidName, sameBytes } from '../core/x509/index.js';
import { x509 } from './peculiar.js';

export interface SecondReading {
  /** SHA-256 over the DER, hexadecimal. */
  readonly fingerprint: string;
  readonly key: string;
  /** Extensions by name, critical ones marked. */
  readonly extensions: readonly string[];
}

/**
 * Reads a certificate of ours with an independent library too, and reports only what both readers see.
 *
 * @throws {ModelsealError} `ERR_INTERNAL` when they disagree about a certificate that we made
 */
export async function secondReading(der: Uint8Array): Promise<SecondReading> {
  const { X509Certificate } = await x509();
  const ours = Certificate.decode(der);
  const theirs = new X509Certificate(Buffer.from(der));
  const agree =
    theirs.serialNumber.replace(/^0+/, '') === ours.serialNumber.replace(/^0+/, '') &&
    sameBytes(new Uint8Array(theirs.publicKey.rawData), ours.spki) &&
    sameBytes(new Uint8Array(theirs.subjectName.toArrayBuffer()), ours.subject.raw) &&
    theirs.notAfter.getTime() === ours.notAfter.getTime() &&
    theirs.extensions.map((e) => e.type).join() === [...ours.extensions.keys()].join();
  if (!agree)
    throw new ModelsealError('ERR_INTERNAL', { problem: 'two readers disagree about a certificate' });
  return {
    fingerprint: ours.fingerprint,
    key: ours.keyDescription,
    extensions: theirs.extensions.map((e) => `${oidName(e.type)}${e.critical ? ' (critical)' : ''}`),
  };
}
