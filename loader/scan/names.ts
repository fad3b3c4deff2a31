/** What an extension promises, for the formats that cannot run code by themselves. */
const PROMISES: { readonly [extension: string]: readonly string[] } = {
  safetensors: ['safetensors'],
  gguf: ['gguf'],
  ggml: ['gguf'],
  onnx: ['onnx'],
  npy: ['npy'],
  npz: ['zip'],
  h5: ['hdf5'],
  hdf5: ['hdf5'],
  keras: ['zip', 'hdf5'],
  tflite: ['tflite'],
  pb: ['savedmodel', 'onnx', 'protobuf'],
  msgpack: ['msgpack'],
  json: ['json', 'text'],
  jsonl: ['text', 'json'],
  yaml: ['yaml', 'text', 'json'],
  yml: ['yaml', 'text', 'json'],
  txt: ['text', 'json', 'yaml', 'xml', 'code', 'pem'],
  md: ['text', 'yaml'],
  csv: ['text'],
  tsv: ['text'],
  png: ['image'],
  jpg: ['image'],
  jpeg: ['image'],
  gif: ['image'],
  webp: ['image'],
  ipynb: ['notebook', 'json'],
};

/** A sentence where the extension promises another format than the content has; content alone decides the rest. */
export function mismatch(location: string, formats: readonly string[]): string | undefined {
  const extension = /\.([a-z0-9]+)$/i.exec(location)?.[1]?.toLowerCase() ?? '';
  const promised = Object.hasOwn(PROMISES, extension) ? PROMISES[extension] : undefined;
  if (!promised || formats.some((format) => promised.includes(format))) return undefined;
  return `the name ends in .${extension} but the content is ${formats.join(' and ')}`;
}
