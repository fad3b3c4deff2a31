// biome-ignore-all lint/suspicious/noControlCharactersInRegex: magic numbers and control characters are what it looks for
import { type ByteSource, copyOf } from '../../core/formats/source.js';
import type { FormatScanner } from '../types.js';

const u32 = (head: Uint8Array, at: number): number =>
  (((head[at] ?? 0) << 24) |
    ((head[at + 1] ?? 0) << 16) |
    ((head[at + 2] ?? 0) << 8) |
    (head[at + 3] ?? 0)) >>>
  0;

/** What kind of executable the content is, by its magic number and one more field where the magic is short. */
function kindOf(head: Uint8Array, source: ByteSource): string | undefined {
  const magic = u32(head, 0);
  if (magic === 0x7f454c46 && (head[4] === 1 || head[4] === 2)) return 'an ELF program or library';
  if (magic === 0x0061736d && u32(head, 4) === 0x01000000) return 'WebAssembly code';
  if ([0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe].includes(magic)) return 'a Mach-O program or library';
  // Java classes and universal Mach-O files share a magic; the next field is a version above 44 or a small count.
  if (magic === 0xcafebabe) return u32(head, 4) < 40 ? 'a universal Mach-O file' : 'a Java class';
  if (magic === 0x6465780a) return 'Android byte code';
  if (magic === 0x4243c0de) return 'LLVM bitcode';
  if (magic === 0x4c000000 && u32(head, 4) === 0x01140200) return 'a Windows shortcut';
  if (Buffer.from(head.subarray(0, 8)).toString('latin1') === '!<arch>\n')
    return 'a library or package archive (ar)';
  if (head[0] === 0x4d && head[1] === 0x5a) return portableExecutable(head, source);
  // Python byte code: a version, CR LF, flags, 8 bytes of source data, then a marshalled code object.
  if (head[2] === 0x0d && head[3] === 0x0a && (head[16] === 0xe3 || head[8] === 0x63 || head[12] === 0xe3)) {
    return 'Python byte code';
  }
  return undefined;
}

function portableExecutable(head: Uint8Array, source: ByteSource): string | undefined {
  const at = (head[0x3c] ?? 0) | ((head[0x3d] ?? 0) << 8) | ((head[0x3e] ?? 0) << 16);
  const signature = copyOf(source, at, 4)?.toString('latin1');
  if (signature === 'PE\0\0') return 'a Windows program or library';
  return signature?.startsWith('NE') || signature?.startsWith('LE') ? 'a Windows or DOS program' : undefined;
}

/** Programs, libraries and byte code. What they do is not looked at: a model has no use for any. */
export const executableScanner: FormatScanner = {
  format: 'executable',
  detect: (head, source) => (kindOf(head, source) === undefined ? 'no' : 'certain'),
  scan(source, context) {
    const kind = kindOf(Uint8Array.from(source.read(0, 64)), source);
    context.report('EXE-BINARY', `it is ${kind ?? 'a program'}`, 0);
  },
};
