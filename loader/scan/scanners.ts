import { zipScanner } from './container/zip-scan.js';
import { textScanner } from './format/text.js';
import { torchScriptScanner } from './format/torchscript.js';
import type { FormatScanner } from './types.js';

/**
 * Every scanner. Where several formats are possible and none is certain the first one is taken, so text, which nearly
 * anything printable is, comes last.
 */
export const SCANNERS: readonly FormatScanner[] = [zipScanner, torchScriptScanner, textScanner];
