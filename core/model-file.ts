import { closeSync, readSync } from 'node:fs';
import { extname } from 'node:path';
import { openRegular } from './files.js';

const EXTENSIONS = new Set(
  (
    '.pkl .pickle .joblib .dill .pt .pth .ckpt .bin .onnx .safetensors .gguf .ggml .h5 .hdf5 .keras .pb .tflite .npy ' +
    '.npz .mlmodel .model .msgpack .pmml .skops .mar .nemo .torchscript .ot .params .caffemodel .weights'
  ).split(' '),
);

/** Beginnings that mark a model whatever its name: pickle protocols 2 to 5, GGUF, HDF5, NumPy. */
const MAGIC: readonly (readonly number[])[] = [
  [0x80, 2],
  [0x80, 3],
  [0x80, 4],
  [0x80, 5],
  [...Buffer.from('GGUF')],
  [0x89, ...Buffer.from('HDF\r\n')],
  [0x93, ...Buffer.from('NUMPY')],
];

/** True for a file that looks like a model, by extension or by its first bytes; also for one that cannot be read. */
export function isModelFile(path: string): boolean {
  if (EXTENSIONS.has(extname(path).toLowerCase())) return true;
  const head = Buffer.alloc(8);
  let fd: number;
  try {
    fd = openRegular(path, 'model');
  } catch {
    // What cannot be read is judged, and reported, rather than left out.
    return true;
  }
  try {
    const n = readSync(fd, head, 0, head.length, 0);
    return MAGIC.some((magic) => magic.length <= n && magic.every((octet, i) => head[i] === octet));
  } finally {
    closeSync(fd);
  }
}
