import { type Gguf, type GgufProblem, GgufUnreadable, readGguf } from '../../core/formats/gguf.js';
import { type ByteSource, SliceSource } from '../../core/formats/source.js';
import type { FormatScanner, ScanContext } from '../types.js';
import { scanJinja } from './jinja.js';

/** Texts of one entry that may hold a template. */
const MAX_TEMPLATES = 64;

export const ggufScanner: FormatScanner = {
  format: 'gguf',
  detect: (head) => (Buffer.from(head.subarray(0, 4)).toString('latin1') === 'GGUF' ? 'certain' : 'no'),
  scan(source, context) {
    let file: Gguf;
    try {
      file = readGguf(source, (units) => context.spend(units));
    } catch (error) {
      if (!(error instanceof GgufUnreadable)) throw error;
      report(error.problems, context);
      throw error.cause;
    }
    report(file.problems, context);
    scanTemplates(file, context);
    scanEnd(file, source, context);
  },
};

function report(problems: readonly GgufProblem[], context: ScanContext): void {
  for (const { kind, message, offset } of problems) {
    if (kind === 'type') context.unparsed(message, offset);
    else context.report('GGUF-STRUCTURE', message, offset);
  }
}

/** Chat templates are programs: the runtime renders them with Jinja. */
function scanTemplates({ metadata }: Gguf, context: ScanContext): void {
  for (const [key, value] of metadata) {
    if (!/chat_template|jinja|prompt/i.test(key)) continue;
    const texts = Array.isArray(value) ? value.slice(0, MAX_TEMPLATES) : [value];
    for (const text of texts) if (typeof text === 'string') scanJinja(text, context, key);
  }
}

function scanEnd({ end, alignment }: Gguf, source: ByteSource, context: ScanContext): void {
  if (source.size - end < alignment) return;
  context.report('ARC-TRAILING', `${source.size - end} bytes follow the last tensor`, end);
  context.member('(behind the tensors)', new SliceSource(source, end, source.size - end), { as: 'residue' });
}
