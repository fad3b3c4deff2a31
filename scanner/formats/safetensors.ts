import {
  MAX_SAFETENSORS_HEADER,
  readSafetensors,
  type SafetensorsProblem,
  safetensorsHeaderLength,
} from '../../core/formats/safetensors.js';
import { SliceSource } from '../../core/formats/source.js';
import type { RuleId } from '../rules.js';
import type { FormatScanner } from '../types.js';
import { scanConfig } from './config.js';
import type { Json } from './json.js';

const RULES: { readonly [K in SafetensorsProblem['kind']]: RuleId } = {
  header: 'ST-HEADER',
  duplicate: 'ST-DUPLICATE',
  layout: 'ST-LAYOUT',
};

/** More problems say no more about a file. */
const MAX_PROBLEMS = 100;

export const safetensorsScanner: FormatScanner = {
  format: 'safetensors',
  detect(head, source) {
    if (source.size < 10 || head[8] !== 0x7b) return 'no';
    const length = safetensorsHeaderLength(source) ?? 0;
    if (8 + length <= source.size && length >= 2) return isHeaderStart(head) ? 'certain' : 'no';
    return /"dtype"|"__metadata__"/.test(Buffer.from(head).toString('latin1')) ? 'certain' : 'no';
  },
  scan(source, context) {
    const length = safetensorsHeaderLength(source) ?? 0;
    if (!context.spend(Math.min(length, MAX_SAFETENSORS_HEADER, source.size) * 4)) return;
    const { document, gaps, problems } = readSafetensors(source);
    for (const { kind, message, offset } of problems.slice(0, MAX_PROBLEMS)) {
      context.report(RULES[kind], message, offset);
    }
    if (document === undefined) {
      context.unparsed(problems[0]?.message ?? 'the header cannot be read', problems[0]?.offset);
      return;
    }
    for (const [start, end] of gaps) {
      context.member(`(gap at ${start})`, new SliceSource(source, start, end - start), { as: 'residue' });
    }
    scanConfig(document as Json, context);
  },
};

/** JSON objects start with a key or end at once, blanks aside. */
function isHeaderStart(head: Uint8Array): boolean {
  return /^\{\s*["}]/.test(Buffer.from(head.subarray(8, 64)).toString('latin1'));
}
