import { defineErrors, list } from './texts.js';

/** Causes in scanning, in safe deserialisation and in conversion. */
export const scanErrors = defineErrors({
  ERR_FORMAT_MALFORMED: {
    kind: 'unchecked',
    say: (d: { format: string; problem: string; offset: number }) =>
      `not valid ${d.format} at byte ${d.offset}: ${d.problem}`,
    hint: 'The file is damaged or deliberately malformed. Fetch it again; if it stays so, do not load it.',
  },
  ERR_PROTOBUF: {
    kind: 'unchecked',
    say: (d: { problem: string; offset: number }) =>
      `not a valid protobuf message at byte ${d.offset}: ${d.problem}`,
    hint: 'The file is damaged or deliberately malformed. Fetch it again; if it stays so, do not load it.',
  },
  ERR_THREAT_FOUND: {
    kind: 'threat',
    say: (d: { subject: string; rules: readonly string[]; findings: readonly string[] }) =>
      `${d.subject} contains a threat (${list(d.rules)})`,
    hint: 'Do not load the model. Run "modelseal scan" for every finding with its place and remedy.',
  },
  ERR_SCAN_INCOMPLETE: {
    kind: 'unchecked',
    say: (d: { subject: string; files: readonly string[]; reason: string }) =>
      `${d.subject} could not be scanned in full: ${list(d.files)} (${d.reason})`,
    hint: 'What was not understood is not clean. Remove the file, convert it, or accept it with --allow-unparsed.',
  },
  ERR_RULE_UNKNOWN: {
    kind: 'usage',
    say: (d: { rule: string }) => `there is no rule ${d.rule}`,
    hint: 'docs/scanner.md lists every rule with its identifier.',
  },
  ERR_UNPICKLE_GLOBAL: {
    kind: 'refused',
    say: (d: { global: string; offset: number }) =>
      `the pickle needs ${d.global} (at byte ${d.offset}), which is not among the allowed constructors`,
    hint: 'Scan the file first. If the object is harmless data, add a constructor for exactly this name, or ask for safetensors.',
  },
  ERR_UNPICKLE_CALL: {
    kind: 'refused',
    say: (d: { global: string; problem: string; offset: number }) =>
      `${d.global} is used in a way that data does not need (at byte ${d.offset}): ${d.problem}`,
    hint: 'Scan the file; a pickle that was written by the library itself does not do this.',
  },
  ERR_UNPICKLE_MALFORMED: {
    kind: 'refused',
    say: (d: { problem: string; offset: number }) =>
      `the pickle is malformed at byte ${d.offset}: ${d.problem}`,
    hint: 'The file is damaged or deliberately malformed. Fetch it again; if it stays so, do not load it.',
  },
  ERR_UNPICKLE_LIMIT: {
    kind: 'refused',
    say: (d: { what: string; limit: number }) => `the pickle has more ${d.what} than the ${d.limit} allowed`,
    hint: 'Check that the right file was named; raise the limit only for a file whose origin is known.',
  },
  ERR_UNPICKLE_CONSTRUCTOR: {
    kind: 'usage',
    say: (d: { name: string }) =>
      `${d.name} cannot be allowed as a constructor: it is not the full name of one object`,
    hint: 'Give the exact module and name, such as mymodule.MyClass. Whole modules and patterns are never allowed.',
  },
  ERR_TORCH_STORAGE: {
    kind: 'refused',
    say: (d: { key: string; problem: string }) => `the tensor storage ${d.key} does not fit: ${d.problem}`,
    hint: 'The file is damaged or deliberately malformed. Fetch it again; if it stays so, do not load it.',
  },
  ERR_CONVERT_SOURCE: {
    kind: 'refused',
    say: (d: { file: string; problem: string }) => `${d.file} cannot be converted: ${d.problem}`,
    hint: 'Convert accepts pickles and PyTorch files that hold arrays or tensors.',
  },
  ERR_CONVERT_TENSOR: {
    kind: 'refused',
    say: (d: { tensor: string; problem: string }) =>
      `${d.tensor} cannot be stored as safetensors: ${d.problem}`,
    hint: 'Change the tensor in the program that made it, or leave it out, and save the file again.',
  },
});
