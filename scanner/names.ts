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
  msgpack: ['msgpack'],
  json: ['text'],
  jsonl: ['text'],
  ipynb: ['text'],
  yaml: ['text'],
  yml: ['text'],
  txt: ['text'],
  md: ['text'],
  csv: ['text'],
  tsv: ['text'],
  png: ['image'],
  jpg: ['image'],
  jpeg: ['image'],
  gif: ['image'],
  webp: ['image'],
};

/** A sentence where the extension promises another format than the content has; content alone decides the rest. */
export function mismatch(location: string, formats: readonly string[]): string | undefined {
  const extension = /\.([a-z0-9]+)$/i.exec(location)?.[1]?.toLowerCase() ?? '';
  const promised = Object.hasOwn(PROMISES, extension) ? PROMISES[extension] : undefined;
  if (!promised || formats.some((format) => promised.includes(format))) return undefined;
  return `the name ends in .${extension} but the content is ${formats.join(' and ')}`;
}
