/** Opcodes that are passed over before a candidate is given to the machine. */
const MAX_STEPS = 64;

/** What an opcode has behind it, where it is not that many bytes. */
const NONE = -1;
const COUNTED_1 = -2;
const COUNTED_4 = -3;
const COUNTED_8 = -4;
/** It imports, ends in a line, or does what only the machine follows. */
const LEADS = -5;

/** Bytes of argument by opcode, or one of the constants above. Data consist of these opcodes. */
const ARGUMENT = new Int8Array(256).fill(NONE);
for (const op of Buffer.from('(]})012NeabdlostuRQ')) ARGUMENT[op] = 0;
for (const op of [0x81, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8f, 0x90, 0x91, 0x92, 0x94, 0x97, 0x98])
  ARGUMENT[op] = 0;
for (const op of Buffer.from('Khq')) ARGUMENT[op] = 1;
ARGUMENT[0x80] = 1;
ARGUMENT[0x4d] = 2;
for (const op of Buffer.from('Jjr')) ARGUMENT[op] = 4;
ARGUMENT[0x47] = 8;
ARGUMENT[0x95] = 8;
for (const op of [0x8c, 0x55, 0x43, 0x8a]) ARGUMENT[op] = COUNTED_1;
for (const op of [0x58, 0x54, 0x42, 0x8b]) ARGUMENT[op] = COUNTED_4;
for (const op of [0x8d, 0x8e, 0x96]) ARGUMENT[op] = COUNTED_8;
for (const op of [...Buffer.from('ciILFSVgpP'), 0x82, 0x83, 0x84, 0x93]) ARGUMENT[op] = LEADS;

/**
 * Tells bytes that begin like a pickle by chance from those that may import something: before its first import a
 * pickle can do no harm, so that one which stops, or meets what is no opcode, before that needs no machine.
 */
export function leadsToImport(
  bytes: Buffer,
  at: number,
): { readonly steps: number; readonly leads: boolean } {
  let p = at;
  for (let steps = 1; steps <= MAX_STEPS; steps++) {
    // What lies beyond these bytes is for the machine to see.
    if (p + 9 > bytes.length) return { steps, leads: true };
    const argument = ARGUMENT[bytes[p] ?? 0] ?? NONE;
    if (argument === NONE) return { steps, leads: false };
    if (argument === LEADS) return { steps, leads: true };
    p += 1;
    if (argument >= 0) p += argument;
    else if (argument === COUNTED_1) p += 1 + (bytes[p] ?? 0);
    else if (argument === COUNTED_4) p += 4 + bytes.readUInt32LE(p);
    else return { steps, leads: true };
  }
  return { steps: MAX_STEPS, leads: true };
}
