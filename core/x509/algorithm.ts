import { type DerReader, Tag } from '../der/index.js';

/** An AlgorithmIdentifier (RFC 5280 §4.1.1.2). */
export interface AlgorithmIdentifier {
  readonly oid: string;
  /** Complete element of the parameters, or undefined where they are absent. */
  readonly parameters: Uint8Array | undefined;
  /** The complete AlgorithmIdentifier. */
  readonly raw: Uint8Array;
}

/** @throws {ModelsealError} `ERR_DER` */
export function readAlgorithm(reader: DerReader, what: string): AlgorithmIdentifier {
  const tlv = reader.expect(Tag.SEQUENCE, what);
  const inner = reader.inside(tlv);
  const oid = inner.oid(what);
  const parameters = inner.done ? undefined : inner.raw(inner.next());
  inner.finish(what);
  return { oid, parameters, raw: reader.raw(tlv) };
}
