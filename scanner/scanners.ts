import { streamScanner } from './containers/streams.js';
import { tarScanner } from './containers/tar.js';
import { unsupportedScanner } from './containers/unsupported.js';
import { zipScanner } from './containers/zip-scan.js';
import { executableScanner } from './formats/executable.js';
import { ggufScanner } from './formats/gguf.js';
import { hdf5Scanner } from './formats/hdf5.js';
import { imageScanner } from './formats/image.js';
import { kerasMetadataScanner } from './formats/keras-metadata.js';
import { msgpackScanner } from './formats/msgpack.js';
import { npyScanner } from './formats/npy.js';
import { onnxScanner } from './formats/onnx.js';
import { safetensorsScanner } from './formats/safetensors.js';
import { savedModelScanner } from './formats/savedmodel.js';
import { sentencePieceScanner } from './formats/sentencepiece.js';
import { textScanner } from './formats/text.js';
import { tfliteScanner } from './formats/tflite.js';
import { torchScriptScanner } from './formats/torchscript.js';
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
