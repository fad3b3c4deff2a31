import { defineErrors, list } from './texts.js';

/** Causes between a verified model and a live one. */
export const runtimeErrors = defineErrors({
  ERR_MODEL_FORMAT_UNKNOWN: {
    kind: 'unchecked',
    say: (d: { model: string; formats: string[] | string }) =>
      `${d.model} was verified and is not loaded: no file of it has a format that a runtime is there for (${list(d.formats)})`,
    hint: 'Use the verified files with a program of their own format (modelseal exec MODEL -- PROGRAM {model}), or publish the model as ONNX or safetensors (modelseal convert does it for pickles).',
  },
  ERR_MODEL_FILE_AMBIGUOUS: {
    kind: 'usage',
    say: (d: { model: string; files: string[] | string }) =>
      `${d.model} has several files that can be loaded: ${list(d.files)}`,
    hint: 'Say which one to load with --file; which was meant is not for the tool to guess.',
  },
  ERR_MODEL_FILE_NOT_SIGNED: {
    kind: 'refused',
    say: (d: { file: string }) => `${d.file} is not a file of the signed manifest`,
    hint: 'Only signed files are handed to a runtime. Check the name, which is relative to the model folder, with "/".',
  },
  ERR_MODEL_FILE_NOT_VERIFIED: {
    kind: 'usage',
    say: (d: { file: string }) => `${d.file} is signed but was left out of the verification`,
    hint: 'Name it with --only as well, or verify the whole model.',
  },
  ERR_MODEL_NOT_HELD: {
    kind: 'usage',
    say: (d: { model: string }) => `${d.model} was verified without keeping its bytes and cannot be loaded`,
    hint: 'Verify with hold: true (loadModel does so), so that what was checked is what is loaded.',
  },
  ERR_MODEL_BYTES_CHANGED: {
    kind: 'refused',
    say: (d: { file: string }) => `the bytes of ${d.file} in memory are no longer the signed ones`,
    hint: 'Tensors share the bytes of their file, and something wrote to them. Copy a tensor before you change it.',
  },
  ERR_MODEL_CLOSED: {
    kind: 'usage',
    say: (d: { model: string }) => `${d.model} has been closed`,
    hint: 'Load the model again, or close it later.',
  },
  ERR_RUNTIME_VERSION: {
    kind: 'refused',
    say: (d: { version: string; range: string }) =>
      `onnxruntime-node ${d.version} is not a release that was tested to use verified bytes alone (${d.range})`,
    hint: 'Install a release of that range; others may read external data from the disk, where nothing is verified.',
  },
  ERR_ONNX_MALFORMED: {
    kind: 'refused',
    say: (d: { file: string; problem: string; offset: number }) =>
      `${d.file} is not a well-formed ONNX model: ${d.problem} at byte ${d.offset}`,
    hint: 'Export the model again; the file is cut short, damaged, or of another format.',
  },
  ERR_ONNX_EXTERNAL_PATH: {
    kind: 'refused',
    say: (d: { file: string; tensor: string; location: string }) =>
      `tensor ${d.tensor} of ${d.file} lies in the external file ${d.location}, whose name leads outside the model`,
    hint: 'External data must be named relative to the ONNX file, without "..", and stay in the signed folder.',
  },
  ERR_ONNX_EXTERNAL_UNSIGNED: {
    kind: 'refused',
    say: (d: { file: string; tensor: string; location: string }) =>
      `tensor ${d.tensor} of ${d.file} lies in the external file ${d.location}, which is not part of the signed manifest`,
    hint: 'Ask the publisher to sign the model together with its external data.',
  },
  ERR_ONNX_EXTERNAL_RANGE: {
    kind: 'refused',
    say: (d: { file: string; tensor: string; location: string; problem: string }) =>
      `tensor ${d.tensor} of ${d.file} points badly into ${d.location}: ${d.problem}`,
    hint: 'Export the model again; offset and length must be decimal numbers inside the external file.',
  },
  ERR_ONNX_FILE_OPERATOR: {
    kind: 'refused',
    say: (d: { file: string; operator: string }) =>
      `${d.file} uses ${d.operator}, an operator that makes the runtime read further files`,
    hint: 'Export the model without precompiled contexts; only verified bytes reach the runtime.',
  },
  ERR_SAFETENSORS_MALFORMED: {
    kind: 'refused',
    say: (d: { file: string; problem: string }) =>
      `${d.file} is not a well-formed safetensors file: ${d.problem}`,
    hint: 'Save the tensors again with the safetensors library; the file is cut short, damaged, or made to mislead.',
  },
  ERR_SAFETENSORS_INDEX: {
    kind: 'refused',
    say: (d: { index: string; problem: string }) => `${d.index} does not fit its files: ${d.problem}`,
    hint: 'The files of a checkpoint are those that its index names, all of them and none besides. Publish the complete set, or name one file with --file.',
  },
  ERR_RUNTIME_REFUSED: {
    kind: 'unchecked',
    say: (d: { file: string; engine: string; problem: string }) =>
      `${d.engine} could not open ${d.file}: ${d.problem}`,
    hint: 'The bytes are verified; the runtime lacks an operator or memory. Try the other engine or a newer one.',
  },
  ERR_INFERENCE_FAILED: {
    kind: 'unchecked',
    say: (d: { file: string; problem: string }) => `the inference on ${d.file} failed: ${d.problem}`,
    hint: 'Compare names, types and dimensions of the inputs with those of the model.',
  },
  ERR_INPUT_TENSOR: {
    kind: 'usage',
    say: (d: { input: string; problem: string }) =>
      `input ${d.input} is not a tensor that can be used: ${d.problem}`,
    hint: 'Give each input as {"type": "float32", "dims": [1, 4], "data": [0, 1, 2, 3]}.',
  },
  ERR_INPUT_NAMES: {
    kind: 'usage',
    say: (d: { expected: string[] | string; given: string[] | string }) =>
      `the model takes the inputs ${list(d.expected)}; given were ${list(d.given)}`,
    hint: 'Give exactly the inputs of the model, by name.',
  },
  ERR_NOT_RUNNABLE: {
    kind: 'usage',
    say: (d: { file: string; format: string }) =>
      `${d.file} is ${d.format}: it holds tensors and no program to run`,
    hint: 'Leave --input out to list the tensors, or load an ONNX file.',
  },
});
