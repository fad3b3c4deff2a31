/** Identifier octets of the universal types that X.509 uses (X.690 §8.1.2), low-tag form only. */
export const Tag = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  NULL: 0x05,
  OID: 0x06,
  ENUMERATED: 0x0a,
  UTF8_STRING: 0x0c,
  NUMERIC_STRING: 0x12,
  PRINTABLE_STRING: 0x13,
  TELETEX_STRING: 0x14,
  IA5_STRING: 0x16,
  UTC_TIME: 0x17,
  GENERALIZED_TIME: 0x18,
  VISIBLE_STRING: 0x1a,
  UNIVERSAL_STRING: 0x1c,
  BMP_STRING: 0x1e,
  SEQUENCE: 0x30,
  SET: 0x31,
} as const;

/** `[n]` constructed: EXPLICIT tagging, or IMPLICIT tagging of a constructed type. */
export const context = (n: number): number => 0xa0 | n;

/** `[n]` primitive: IMPLICIT tagging of a primitive type. */
export const contextPrimitive = (n: number): number => 0x80 | n;
