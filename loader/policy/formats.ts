/** Formats as the scanner names them. What it cannot read has no place here, and is accepted by no list. */
export const FORMATS = [
  'compressed',
  'executable',
  'gguf',
  'hdf5',
  'image',
  'javascript',
  'jinja',
  'json',
  'keras',
  'keras-metadata',
  'markup',
  'msgpack',
  'notebook',
  'npy',
  'onnx',
  'pickle',
  'python',
  'pytorch-legacy',
  'safetensors',
  'savedmodel',
  'sentencepiece',
  'tar',
  'text',
  'tflite',
  'torchscript',
  'yaml',
  'zip',
] as const;
type Format = (typeof FORMATS)[number];

const ENDINGS: { readonly [ending: string]: Format } = {
  ckpt: 'pickle',
  dill: 'pickle',
  dll: 'executable',
  dylib: 'executable',
  exe: 'executable',
  gguf: 'gguf',
  ggml: 'gguf',
  h5: 'hdf5',
  hdf5: 'hdf5',
  joblib: 'pickle',
  keras: 'zip',
  msgpack: 'msgpack',
  npy: 'npy',
  npz: 'zip',
  onnx: 'onnx',
  pickle: 'pickle',
  pkl: 'pickle',
  pt: 'pickle',
  pth: 'pickle',
  safetensors: 'safetensors',
  so: 'executable',
  tar: 'tar',
  tflite: 'tflite',
  zip: 'zip',
};

/** The format that a file name promises, where it promises one that matters. What the content is, the scan says. */
export function promisedFormat(file: string): Format | undefined {
  const ending = /\.([a-z0-9]+)$/i.exec(file)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(ENDINGS, ending) ? ENDINGS[ending] : undefined;
}

/** Numbers without a format of their own, which an ONNX model of the same manifest reads. */
const OF_ONNX = ['onnx-external-data', 'tensor-data'];

/** Whether a format that the scanner met is among those accepted. */
export const isAccepted = (format: string, accepted: readonly string[]): boolean =>
  format === 'empty' || accepted.includes(OF_ONNX.includes(format) ? 'onnx' : format);
