import { judgeGlobal } from '../pickle/index.js';
import type { ScanContext } from '../types.js';
import { scanJinja } from './jinja.js';
import { isObject, type Json, textOf, walkJson } from './json.js';

/** Keys whose value names Python code of the repository that the library then imports. */
const REMOTE_KEYS = new Set(['auto_map', 'custom_pipelines', 'custom_pipeline']);
/** Keys whose value is the dotted name of something that is called: Hydra, Lightning, NeMo, MONAI, mmengine, spaCy. */
const TARGET_KEYS = new Set([
  '_target_',
  'class_path',
  'target',
  'entrypoint',
  'callable',
  '_partial_target_',
  'factory',
]);
/** Keys that rebuild Python objects where a reader follows them. */
const REBUILDING = ['__reduce__', 'py/reduce', 'py/object', 'py/function'];
/** Every key whose value is looked at here, but for those of templates, which tell by their value. */
export const CONFIG_KEYS: readonly string[] = [
  ...REMOTE_KEYS,
  ...TARGET_KEYS,
  ...REBUILDING,
  'trust_remote_code',
  '_class_name',
  '__loader__',
  '__module__',
  '__class__',
  'loader_module',
];
/** First parts of dotted names that nothing in a configuration has a reason to call. */
const DANGEROUS_TARGET =
  /^(?:os|posix|nt|subprocess|builtins|__builtin__|sys|pty|runpy|importlib|ctypes|socket|shutil|pickle|marshal|code|timeit|cProfile|webbrowser|commands|multiprocessing|asyncio|http|urllib|requests|tempfile|pathlib|operator|functools|bdb|pdb|pip|setuptools|distutils)\./;
const DANGEROUS_NAME =
  /(?:^|[.:])(?:eval|exec|__import__|system|popen|check_output|run_path|run_module|getattr)$/;

/** What a JSON or YAML configuration asks its reader to do. */
export function scanConfig(document: Json, context: ScanContext): void {
  const reported = new Set<string>();
  const once = (rule: 'CFG-REMOTE-CODE' | 'CFG-DANGEROUS-TARGET', message: string): void => {
    if (reported.has(message)) return;
    reported.add(message);
    context.report(rule, message);
  };
  for (const { key, value } of walkJson(document)) {
    if (!context.spend(1)) return;
    if (REMOTE_KEYS.has(key) && isNamed(value)) once('CFG-REMOTE-CODE', `"${key}" names code to be imported`);
    if (key === 'trust_remote_code' && (value === true || /^(?:true|yes|on|1)$/i.test(textOf(value)))) {
      once('CFG-REMOTE-CODE', '"trust_remote_code" is switched on');
    }
    if (key === '_class_name' && Array.isArray(value)) {
      once('CFG-REMOTE-CODE', '"_class_name" names a class in a file of the repository');
    }
    // skops: each node says which class or function rebuilds it.
    if (isObject(value) && typeof value.__loader__ === 'string') {
      const [module, name] = [textOf(value.__module__), textOf(value.__class__)];
      if (isDangerous(module, name)) once('CFG-DANGEROUS-TARGET', `a node calls ${module}.${name}`);
    }
    if (key === 'py/reduce' && value !== null && typeof value === 'object') {
      once('CFG-DANGEROUS-TARGET', '"py/reduce" calls a Python function');
    }
    if (typeof value !== 'string') continue;
    if (key === 'loader_module' && !isMlflowLoader(value)) {
      once('CFG-REMOTE-CODE', `"loader_module" imports ${value.slice(0, 200)}`);
    }
    if (TARGET_KEYS.has(key) && isDangerousPath(value)) {
      once('CFG-DANGEROUS-TARGET', `"${key}" calls ${value.slice(0, 200)}`);
    }
    if (isTemplate(key, value)) scanJinja(value, context, `"${key}"`);
    if (REBUILDING.includes(key)) {
      once('CFG-DANGEROUS-TARGET', `"${key}" rebuilds a Python object (${value.slice(0, 200)})`);
    }
  }
}

/** True where a dotted name in a configuration is one that nothing there has a reason to call. */
export function isDangerousPath(path: string): boolean {
  if (DANGEROUS_TARGET.test(path) || DANGEROUS_NAME.test(path)) return true;
  const dot = path.replace(':', '.').lastIndexOf('.');
  return dot > 0 && isDangerous(path.slice(0, dot), path.slice(dot + 1));
}

function isDangerous(module: string, name: string): boolean {
  const judgement = judgeGlobal(module, name);
  return !judgement.allowed && judgement.rule === 'PKL-GLOBAL-DANGEROUS';
}

/** MLflow imports the module that a model names as its loader; its own flavours are the ones it writes. */
export function isMlflowLoader(module: string): boolean {
  return /^mlflow\.[a-z_]+(?:\.model)?$/.test(module);
}

/** An empty `auto_map` asks for nothing. */
function isNamed(value: Json): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === 'object' ? value !== null && Object.keys(value).length > 0 : textOf(value) !== '';
}

function isTemplate(key: string, value: string): boolean {
  if (/template|jinja|prompt/i.test(key)) return value.includes('{{') || value.includes('{%');
  // Templates under other names: lists of named templates hold them under "template", others under nothing telling.
  return value.includes('{%') && value.includes('%}');
}
