import { isDangerousModuleName } from '../pickle/index.js';
import type { ScanContext } from '../types.js';
import { isObject, type Json, textOf, walkJson } from './json.js';

/** True where a document holds the configuration of a Keras model: objects of class_name and config. */
export function isKerasConfig(document: Json): boolean {
  if (!isObject(document)) return false;
  for (const { value } of walkJson(document)) {
    if (isObject(value) && typeof value.class_name === 'string' && value.config !== undefined) return true;
  }
  return false;
}

/** Modules whose members are layers, losses, activations and the like of Keras itself. */
const KERAS_MODULE =
  /^(?:keras|tf_keras|keras_hub|keras_nlp|keras_cv|tensorflow\.(?:python\.)?keras|tensorflow_addons)(?:\.[a-zA-Z_][\w]*)*$/;
/** Members of Keras that fetch, read, write or switch protection off; a model has no reason to name them. */
const UNSAFE_MEMBERS =
  /(?:^|[.>])(?:get_file|enable_unsafe_deserialization|load_model|load_weights|save_model|save_weights|deserialize_keras_object|extract_archive|model_from_json|model_from_config|image_dataset_from_directory|text_dataset_from_directory|audio_dataset_from_directory|timeseries_dataset_from_array|pickle\w*|load_img|save_img|disable_interactive_logging|set_backend|export_archive|ExportArchive|TFSMLayer|TorchModuleWrapper|JaxLayer|FlaxLayer)$/;
/** Modules of Keras with helpers that touch the machine. */
const UNSAFE_MODULES =
  /^(?:tf_)?keras\.(?:src\.)?(?:config|saving|utils|export|legacy\.saving|datasets|applications|tree|wrappers|backend\.\w+\.export)(?:\.|$)/;
/** Classes of those modules that models do refer to. */
const SAFE_IN_UTILS =
  /^(?:OrthogonalMatrix|SerializableDict|FeatureSpace\w*|Feature|Cross|NamedInitializer)$/;
/** Keys under which layers take a path or an address. */
const PATH_KEYS = new Set([
  'vocabulary',
  'idf_weights',
  'filepath',
  'file_path',
  'origin',
  'fname',
  'cache_dir',
  'weights_path',
]);

/**
 * Judges a Keras configuration. Loading resolves `module` and `class_name` by import and calls what it finds with
 * `config`, so every reference that is not a plain part of Keras is a finding.
 */
export function scanKeras(document: Json, context: ScanContext): void {
  context.recognised('keras');
  const seen = new Set<string>();
  const once = (rule: Parameters<ScanContext['report']>[0], message: string): void => {
    if (seen.has(message)) return;
    seen.add(message);
    context.report(rule, message);
  };
  for (const { key, value } of walkJson(document)) {
    if (!context.spend(1)) return;
    if (isObject(value)) scanReference(value, once);
    if (key === 'safe_mode' && value === false) once('KERAS-UNSAFE', '"safe_mode" is false');
    if (/unsafe_deserialization/.test(key) && value !== false) once('KERAS-UNSAFE', `"${key}" is set`);
    if (PATH_KEYS.has(key) && isPlace(textOf(value))) {
      once('KERAS-UNSAFE', `"${key}" makes a layer read ${textOf(value).slice(0, 200)}`);
    }
    if (UNSAFE_MEMBERS.test(textOf(value)) && /^(?:fn_name|function_name|name_scope|fn_module)$/.test(key)) {
      once('KERAS-UNSAFE', `"${key}" names ${textOf(value)}`);
    }
  }
}

function isPlace(text: string): boolean {
  return (
    /^(?:[a-z][a-z0-9+.-]*:\/\/|[/\\~]|[A-Za-z]:[/\\]|\.\.[/\\])/i.test(text) || /[/\\]\.\.[/\\]/.test(text)
  );
}

type Once = (rule: Parameters<ScanContext['report']>[0], message: string) => void;

function scanReference(object: { [key: string]: Json }, once: Once): void {
  const name = textOf(object.class_name);
  const module = textOf(object.module);
  const registered = textOf(object.registered_name);
  const config = object.config;
  if (/(?:^|>)Lambda$/.test(name) || /(?:^|>)Lambda$/.test(registered)) {
    once('KERAS-LAMBDA', `a Lambda layer ${lambdaName(config)}`);
  }
  if (name === '__lambda__' || name === '__numpy__lambda__')
    once('KERAS-LAMBDA', 'a serialised lambda with its code');
  const type = textOf(object.function_type) || textOf(object.output_shape_type) || textOf(object.mask_type);
  if (type === 'lambda') once('KERAS-LAMBDA', 'a function is stored as marshalled code');
  // TFOpLambda calls whatever TensorFlow symbol its configuration names.
  const symbol = isObject(config) ? textOf(config.function) : '';
  if (
    name === 'TFOpLambda' &&
    /^(?:io\.|raw_ops\.|py_func|numpy_func|compat\.|data\.|summary\.|saved_model|load_|keras\.)/.test(symbol)
  ) {
    once('KERAS-UNSAFE', `a TFOpLambda layer calls ${symbol}`);
  }
  if (name === '' && registered === '') return;
  if (name === 'function') {
    const called = isObject(config) ? '' : textOf(config);
    judgeName(module, called || registered, once);
    return;
  }
  judgeName(module, name, once);
  // Built-in types (`dict`, `tuple`) stand as registered_name beside a module of builtins.
  if (
    registered.includes('>') &&
    !/^(?:keras|tf_keras|Keras|keras_hub|keras_nlp|keras_cv|Addons|builtins)/.test(registered)
  ) {
    if (KERAS_MODULE.test(module) || module === '') once('KERAS-CUSTOM', `it needs the class ${registered}`);
  }
}

const DANGEROUS_BUILTINS =
  /^(?:eval|exec|compile|open|input|breakpoint|help|print|getattr|setattr|delattr|hasattr|vars|globals|locals|dir|type|object|super|map|filter|iter|memoryview|__\w+__|exit|quit)$|\./;
/** Types of Python that Keras writes with `module: builtins` in honest files. */
const PLAIN_BUILTINS =
  /^(?:dict|list|tuple|set|slice|int|float|str|bool|bytes|NoneType|ellipsis|__tuple__|__ellipsis__|__slice__)$/;

function judgeName(module: string, name: string, once: Once): void {
  const full = module === '' ? name : `${module}.${name}`;
  if (UNSAFE_MEMBERS.test(full)) once('KERAS-UNSAFE', `it calls ${full}`);
  if (module === '') {
    if (/^(?:eval|exec|__import__|compile|open|getattr|setattr|system|popen)$/.test(name)) {
      once('KERAS-MODULE', `it calls ${name}`);
    }
    return;
  }
  if (module === 'builtins' || module === '__builtin__') {
    if (DANGEROUS_BUILTINS.test(name)) once('KERAS-MODULE', `it refers to ${full}`);
    // Keras writes functions of the training program as members of builtins; they must be registered to load.
    else if (!PLAIN_BUILTINS.test(name)) once('KERAS-CUSTOM', `it needs the function ${name}`);
    return;
  }
  // Keras looks the name up among everything a module of its own holds, what that imports included.
  if (!KERAS_MODULE.test(module) || name.includes('.') || isDangerousModuleName(name))
    once('KERAS-MODULE', `it refers to ${full}`);
  else if (UNSAFE_MODULES.test(`${module}.`) && !SAFE_IN_UTILS.test(name))
    once('KERAS-UNSAFE', `it refers to ${full}`);
}

function lambdaName(config: Json | undefined): string {
  const name = isObject(config) ? textOf(config.name) : '';
  return name === '' ? 'runs stored code' : `"${name.slice(0, 100)}" runs stored code`;
}
