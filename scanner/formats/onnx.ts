import { isOnnx } from '../../core/formats/onnx.js';
import type { FormatScanner } from '../types.js';
import { scanOnnx } from './onnx-scan.js';

/** ir_version as varint, or in odd files the graph or producer first. */
const FIRST_BYTES = new Set([0x08, 0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42]);

export const onnxScanner: FormatScanner = {
  format: 'onnx',
  detect: (head, source) =>
    FIRST_BYTES.has(head[0] ?? 0) && source.size >= 8 && isOnnx(source) ? 'certain' : 'no',
  scan: scanOnnx,
};
