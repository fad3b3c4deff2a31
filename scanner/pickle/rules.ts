import { defineRules } from '../rule.js';

/** Rules of the pickle scanner. */
export const pickleRules = defineRules({
  'PKL-GLOBAL-DANGEROUS': {
    severity: 'critical',
    title: 'Dangerous global',
    description:
      'The pickle imports a Python object that runs commands or code, imports modules, resolves names, opens files or connections, or unpickles further data. Loading it hands control to whoever wrote the file.',
    remedy: 'Do not load the file. Quarantine it and ask its publisher where it comes from.',
  },
  'PKL-CALL-DANGEROUS': {
    severity: 'critical',
    title: 'Call of a dangerous global',
    description: 'The pickle not only names a dangerous object but calls it while it is loaded.',
    remedy: 'Do not load the file. Treat a machine that has loaded it as compromised.',
  },
  'PKL-GLOBAL-STDLIB': {
    severity: 'high',
    title: 'Standard library object that no model needs',
    description:
      'The pickle imports an object of the Python standard library outside the list of data types. Published attacks use such objects because deny-lists forget them.',
    remedy: 'Do not load the file before someone has explained why a model needs this object.',
  },
  'PKL-GLOBAL-LIBRARY': {
    severity: 'high',
    title: 'Function of a known library outside the allow-list',
    description:
      'The pickle imports a function or private object of a machine-learning library that is not among those its data types need. Loaders, compilers and test helpers of these libraries execute what they are given.',
    remedy: 'Do not load the file; ask the publisher for safetensors, ONNX or a plain state dict.',
  },
  'PKL-GLOBAL-UNKNOWN': {
    severity: 'medium',
    title: 'Unknown global',
    description:
      'The pickle needs a class or function that is on no allow-list. What loading does depends on code outside the file.',
    remedy:
      'Review that code, or ask the publisher for a format without code (safetensors, ONNX, a plain state dict).',
  },
  'PKL-GLOBAL-FLOOD': {
    severity: 'high',
    title: 'Flood of different globals',
    description:
      'The pickle imports many thousands of different objects. Models import dozens; a flood hides the one that matters or wears out who looks for it.',
    remedy: 'Do not load the file.',
  },
  'PKL-CALL-UNKNOWN': {
    severity: 'high',
    title: 'Call of an unknown function',
    description:
      'The pickle calls, with arguments of its own choice, a function that is on no allow-list and does not look like a class.',
    remedy: 'Do not load the file before the function has been reviewed.',
  },
  'PKL-CALL-APPLIES': {
    severity: 'high',
    title: 'Call that applies what it is given',
    description:
      'The pickle calls a function that calls, instantiates or imports one of its arguments, with an argument that data does not need there. What was only to be referred to is executed so.',
    remedy: 'Do not load the file.',
  },
  'PKL-RESOURCE': {
    severity: 'medium',
    title: 'Asks for far more memory or time than the file holds',
    description:
      'A few bytes of the pickle make loading allocate gigabytes, or tuples within tuples stand for so many values that hashing one of them does not end. Data write out what they hold.',
    remedy: 'Do not load the file; ask the publisher for one that holds its data.',
  },
  'PKL-GLOBAL-UNRESOLVED': {
    severity: 'high',
    title: 'Import whose name is computed',
    description:
      'The module or name of an import is not a plain string in the file, or is no possible Python name. Pickles written by Python always spell both out; hiding them serves evasion only.',
    remedy: 'Do not load the file.',
  },
  'PKL-GLOBAL-TRAVERSAL': {
    severity: 'critical',
    title: 'Import by attribute traversal',
    description:
      'A dotted name walks from one object to another, through a module that a library happens to import or through special attributes, to reach an object without naming its module.',
    remedy: 'Do not load the file.',
  },
  'PKL-CALL-REFERENCE': {
    severity: 'high',
    title: 'Call of an object that is only safe as a reference',
    description:
      'The object is harmless as a stored reference or as an empty instance, but the pickle calls it with arguments of its own choice.',
    remedy: 'Do not load the file.',
  },
  'PKL-CALL-COMPUTED': {
    severity: 'high',
    title: 'Call of a computed object',
    description:
      'The pickle calls something that an earlier call returned. Data needs no such calls; chains of them reach functions that no import names.',
    remedy: 'Do not load the file.',
  },
  'PKL-CALL-ARGUMENTS': {
    severity: 'critical',
    title: 'Allowed function with dangerous arguments',
    description:
      'A function that is needed for data, but can do more, is called with arguments outside of what data needs, or is passed on to be called out of sight.',
    remedy: 'Do not load the file.',
  },
  'PKL-BUILD-GLOBAL': {
    severity: 'high',
    title: 'Attributes of a class, function or module are overwritten',
    description:
      'BUILD, SETITEM or APPEND is applied to an imported object, a computed one, or one that the whole program shares (a logger), instead of an instance of the pickle’s own: this changes the running program for everything loaded later.',
    remedy: 'Do not load the file.',
  },
  'PKL-BUILD-ATTRIBUTES': {
    severity: 'high',
    title: 'Special attributes are overwritten',
    description:
      'The state of an object, or items of an object that shows them as attributes, set names with double underscores such as __setstate__ or __class__, which makes Python call or become something else; or names that a call computes.',
    remedy: 'Do not load the file.',
  },
  'PKL-ITEMS-OBJECT': {
    severity: 'medium',
    title: 'Items set on an object that is no container',
    description:
      'SETITEM, APPEND or ADDITEMS is applied to an object whose type is not a known container, which runs that type’s own method.',
    remedy: 'Review the class, or ask for a format without code.',
  },
  'PKL-EXTENSION-CODE': {
    severity: 'high',
    title: 'Import by extension code',
    description:
      'An EXT opcode imports whatever the loading program registered under a number. What that is cannot be seen in the file, and no known model format uses it.',
    remedy: 'Do not load the file.',
  },
  'PKL-PERSISTENT-ID': {
    severity: 'low',
    title: 'Persistent identifier',
    description:
      'The pickle refers to an object outside of itself in a way that is not PyTorch’s. What it becomes is decided by the loading program.',
    remedy: 'Load it only with the program it was written for.',
  },
  'PKL-EXTERNAL-FILE': {
    severity: 'medium',
    title: 'Refers to another file',
    description:
      'A wrapper of an old joblib release makes the loader open a second file, named by the pickle, and unpickle that as well.',
    remedy: 'Load and save the model again with a current joblib, so that it becomes one file.',
  },
  'PKL-EXEC-STATE': {
    severity: 'medium',
    title: 'Object that compiles source text from its state',
    description:
      'Objects of this class (SciPy distributions) execute a piece of Python source kept in their own state when they are loaded. The file decides what that source is.',
    remedy: 'Store the parameters of the distribution instead of the object.',
  },
  'PKL-EXEC-SOURCE': {
    severity: 'critical',
    title: 'Object whose state is source text of its own',
    description:
      'A SciPy distribution executes a piece of Python source kept in its state when it is loaded. Here it is not, to the byte, the text that SciPy generates, or other attributes than those of a distribution are set.',
    remedy: 'Do not load the file.',
  },
  'PKL-DUAL-READING': {
    severity: 'medium',
    title: 'Raw array bytes that are also opcodes',
    description:
      'Array bytes embedded by joblib can be read as opcodes for longer than chance explains. The file means different things to joblib and to pickle.',
    remedy: 'Do not load the file.',
  },
  'PKL-TRAILING-DATA': {
    severity: 'low',
    title: 'Data after the end of the pickle',
    description:
      'Bytes follow that are neither a further pickle nor data the format accounts for. Something may be hidden there.',
    remedy: 'Save the model again; compare its size with the original.',
  },
  'PKL-LEADING-DATA': {
    severity: 'medium',
    title: 'Pickle behind other data',
    description:
      'A pickle begins after bytes that are not part of it, where only a loader that is told the position finds it.',
    remedy: 'Find out which program reads this file; do not unpickle it.',
  },
});

export type PickleRule = keyof typeof pickleRules & string;
