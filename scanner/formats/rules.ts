import { defineRules } from '../rule.js';

const CODE_REMEDY = 'Review the code before anything runs it, or keep it out of the model folder.';

/** Rules of model formats and of what lies beside a model. */
export const formatRules = defineRules({
  'ST-HEADER': {
    severity: 'medium',
    title: 'safetensors header breaks the rules of the format',
    description:
      'Its size, its JSON or an entry is not what the format allows: readers disagree or fail on it.',
    remedy: 'Write the file again with a current library.',
  },
  'ST-DUPLICATE': {
    severity: 'medium',
    title: 'safetensors header names a tensor twice',
    description: 'Which of the two a reader takes is not defined: one model is reviewed and another loaded.',
    remedy: 'Write the file again with a current library.',
  },
  'ST-LAYOUT': {
    severity: 'medium',
    title: 'safetensors tensors do not fit their data',
    description:
      'Tensors overlap, leave gaps, lie outside the file, or have a length that their type and shape do not give.',
    remedy: 'Write the file again with a current library; look at what hides in the gap.',
  },
  'GGUF-STRUCTURE': {
    severity: 'medium',
    title: 'GGUF structure is hostile or damaged',
    description:
      'Counts, lengths, offsets or the alignment are out of range, as exploits of native GGUF parsers make them.',
    remedy: 'Do not open it with a native parser; convert the model again from its source.',
  },
  'JINJA-DANGEROUS': {
    severity: 'critical',
    title: 'Chat template reaches into Python',
    description:
      'The template uses constructs that leave the template language (object internals, imports, attribute filters): rendering a chat runs code.',
    remedy: 'Do not load it. Replace the template by the one of the original model.',
  },
  'ONNX-EXTERNAL-ESCAPE': {
    severity: 'high',
    title: 'ONNX model reads files outside its folder',
    description:
      'External data with an absolute path or "..": loading copies other files of the machine into tensors.',
    remedy: 'Do not load it. External data belong beside the model.',
  },
  'ONNX-CUSTOM-OPERATOR': {
    severity: 'medium',
    title: 'ONNX model needs custom operators',
    description:
      'It runs only after a native library with these operators was loaded, and that library is code.',
    remedy: 'Find out which library is meant and whether you trust it.',
  },
  'ONNX-CODE-OPERATOR': {
    severity: 'critical',
    title: 'ONNX model calls back into Python',
    description: 'The operator runs Python code that the model names.',
    remedy: 'Do not load it.',
  },
  'ONNX-FILE-OPERATOR': {
    severity: 'high',
    title: 'ONNX model opens files while it runs',
    description:
      'The operator reads a compiled context from a file that the model names, and a runtime executes it.',
    remedy: 'Do not load it. Use the model that the context was compiled from.',
  },
  'ONNX-STRUCTURE': {
    severity: 'medium',
    title: 'ONNX attribute or tensor is hostile',
    description:
      'Sizes contradict the data, or a text carries code: made to hit a weak parser or a later step.',
    remedy: 'Export the model again from its source.',
  },
  'KERAS-LAMBDA': {
    severity: 'critical',
    title: 'Keras model contains code',
    description:
      'A Lambda layer or function object carries marshalled Python code that runs when the model is loaded.',
    remedy: 'Do not load it. Ask for a model without Lambda layers.',
  },
  'KERAS-MODULE': {
    severity: 'high',
    title: 'Keras configuration refers to something outside Keras',
    description: 'Loading imports the named module and calls the named object with arguments from the file.',
    remedy: 'Do not load it; a model of standard layers refers to Keras only.',
  },
  'KERAS-UNSAFE': {
    severity: 'high',
    title: 'Keras configuration undermines safe mode',
    description: 'It switches safe mode off, fetches or reads files, or unpickles a module.',
    remedy: 'Do not load it.',
  },
  'KERAS-CUSTOM': {
    severity: 'medium',
    title: 'Keras model needs custom classes',
    description:
      'It loads only where the named code has been registered; that code is not part of what was scanned.',
    remedy: 'Review the code that registers the class.',
  },
  'HDF5-EXTERNAL': {
    severity: 'high',
    title: 'HDF5 file refers to other files',
    description: 'External links or external storage make reading this file read others, wherever they lie.',
    remedy: 'Do not load it. Copy the data into one file.',
  },
  'TF-OPERATOR': {
    severity: 'high',
    title: 'TensorFlow graph touches files or the network',
    description: 'Running the graph, often loading it already, reads or writes files or opens connections.',
    remedy: 'Do not load it; a model has no use for these operators.',
  },
  'TF-PYTHON-OPERATOR': {
    severity: 'critical',
    title: 'TensorFlow graph calls Python',
    description: 'The operator runs a Python function of the process that loads the graph.',
    remedy: 'Do not load it.',
  },
  'TFLITE-CUSTOM': {
    severity: 'low',
    title: 'TFLite model needs custom operators',
    description: 'It runs only with native code that is registered for these operators.',
    remedy: 'Find out which library is meant and whether you trust it.',
  },
  'NPY-HEADER': {
    severity: 'medium',
    title: 'NumPy header is not a plain literal',
    description:
      'The header is evaluated by readers; more than names, numbers and booleans has no place in it.',
    remedy: 'Do not load it.',
  },
  'CFG-REMOTE-CODE': {
    severity: 'medium',
    title: 'Configuration asks for remote code',
    description:
      'With trust_remote_code the library imports Python files that the configuration names and runs them.',
    remedy: 'Load it without trust_remote_code, or review the code and pin its revision.',
  },
  'CFG-DANGEROUS-TARGET': {
    severity: 'critical',
    title: 'Configuration calls a dangerous function',
    description: 'Instantiating the configuration calls what "_target_" or its kin names.',
    remedy: 'Do not instantiate it.',
  },
  'CFG-DEPENDENCY-SOURCE': {
    severity: 'low',
    title: 'Dependency from elsewhere than a public index',
    description:
      'Requirements name another index, a repository, an address or a build backend of their own: installing them runs code that no index has published.',
    remedy: 'Review what would be installed, and pin it by its hash.',
  },
  'YAML-PYTHON-TAG': {
    severity: 'critical',
    title: 'YAML constructs objects',
    description:
      'A reader that resolves such tags (PyYAML other than safe_load, those of Ruby, PHP, Perl, Java and .NET) builds the named object or calls the named function while it parses the file.',
    remedy: 'Do not load it; a configuration needs no such tag.',
  },
  'YAML-BOMB': {
    severity: 'medium',
    title: 'YAML aliases expand out of all proportion',
    description: 'Aliases of aliases make a small file exhaust memory ("billion laughs").',
    remedy: 'Do not load it.',
  },
  'CODE-PYTHON': {
    severity: 'medium',
    title: 'Python code beside a model',
    description: 'A model is data. Code in its folder gets imported sooner or later.',
    remedy: CODE_REMEDY,
  },
  'CODE-PYTHON-DANGEROUS': {
    severity: 'high',
    title: 'Python code that runs programs, evaluates text or opens connections',
    description: 'The code calls functions that have no place in a model.',
    remedy: CODE_REMEDY,
  },
  'CODE-JAVASCRIPT': {
    severity: 'medium',
    title: 'JavaScript code beside a model',
    description: 'A model is data. Code in its folder gets imported sooner or later.',
    remedy: CODE_REMEDY,
  },
  'CODE-JAVASCRIPT-DANGEROUS': {
    severity: 'high',
    title: 'JavaScript code that runs programs, evaluates text or opens connections',
    description: 'The code calls functions that have no place in a model.',
    remedy: CODE_REMEDY,
  },
  'CODE-SHELL': {
    severity: 'high',
    title: 'Script in a model folder',
    description: 'A shell, batch or PowerShell script runs programs, and nothing else.',
    remedy: CODE_REMEDY,
  },
  'CODE-NOTEBOOK': {
    severity: 'low',
    title: 'Notebook in a model folder',
    description: 'Its cells are code that somebody may run.',
    remedy: CODE_REMEDY,
  },
  'CODE-NOTEBOOK-DANGEROUS': {
    severity: 'high',
    title: 'Notebook that does dangerous things',
    description:
      'A cell runs programs or opens connections, or an output carries a script that runs when it is shown.',
    remedy: 'Do not open it in a trusted notebook server.',
  },
  'CODE-TORCHSCRIPT': {
    severity: 'high',
    title: 'TorchScript code that no compiler has written',
    description: 'Imports, evaluation or file access in the code of a TorchScript archive.',
    remedy: 'Do not load it.',
  },
  'CODE-TORCHSCRIPT-OPERATOR': {
    severity: 'low',
    title: 'TorchScript code uses custom operators',
    description: 'It runs only after a native library with these operators was loaded.',
    remedy: 'Find out which library is meant and whether you trust it.',
  },
  'EXE-BINARY': {
    severity: 'high',
    title: 'Executable in a model',
    description: 'A program, a library or byte code. A model needs none.',
    remedy: 'Remove it, and find out how it came there.',
  },
  'SECRET-KEY': {
    severity: 'medium',
    title: 'Secret in a model folder',
    description: 'A private key or an access token is published along with the model.',
    remedy: 'Revoke it first, then remove it from the folder and from its history.',
  },
  'XML-ENTITY': {
    severity: 'high',
    title: 'XML defines entities or an external document type',
    description: 'Parsing it can read files of the machine, call other hosts, or exhaust memory.',
    remedy: 'Do not parse it; PMML and other model XML need no entities.',
  },
  'XML-SCRIPT': {
    severity: 'medium',
    title: 'Markup carries a script',
    description: 'Shown in a browser or a notebook, it runs.',
    remedy: 'Do not open it in a browser.',
  },
});
