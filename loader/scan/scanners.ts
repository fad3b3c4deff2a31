import { streamScanner } from './container/streams.js';
import { tarScanner } from './container/tar.js';
import { unsupportedScanner } from './container/unsupported.js';
import { zipScanner } from './container/zip-scan.js';
import { executableScanner } from './format/executable.js';
import { ggufScanner } from './format/gguf.js';
import { hdf5Scanner } from './format/hdf5.js';
import { imageScanner } from './format/image.js';
import { kerasMetadataScanner } from './format/keras-metadata.js';
import { msgpackScanner } from './format/msgpack.js';
import { npyScanner } from './format/npy.js';
import { onnxScanner } from './format/onnx.js';
import { safetensorsScanner } from './format/safetensors.js';
import { savedModelScanner } from './format/savedmodel.js';
import { sentencePieceScanner } from './format/sentencepiece.js';
import { textScanner } from './format/text.js';
import { tfliteScanner } from './format/tflite.js';
import { torchScriptScanner } from './format/torchscript.js';
import { pickleScanner } from './pickle/index.js';
import type { FormatScanner } from './types.js';

/**
 * Every scanner. Where several formats are possible and none is certain the first one is taken, so text, which nearly
 * anything printable is, comes last.
 */
export const SCANNERS: readonly FormatScanner[] = [
  pickleScanner,
  zipScanner,
  tarScanner,
  streamScanner,
  unsupportedScanner,
  npyScanner,
  safetensorsScanner,
  ggufScanner,
  onnxScanner,
  savedModelScanner,
  kerasMetadataScanner,
  hdf5Scanner,
  tfliteScanner,
  executableScanner,
  imageScanner,
  torchScriptScanner,
  msgpackScanner,
  sentencePieceScanner,
  textScanner,
];
