import { type Permission, permissionOf } from './allow/index.js';
import {
  dangerOf,
  isDangerousModuleName,
  isDangerousRoot,
  isKnownLibrary,
  isStandardLibrary,
} from './dangerous.js';
import { isScipyStats } from './distribution.js';
import type { PickleRule } from './rules.js';

/** What is known of one global: on the allow-list with a permission, or a finding of a rule. */
export type Judgement =
  | { readonly allowed: Permission }
  | { readonly allowed?: undefined; readonly rule: PickleRule; readonly why: string };

/**
 * Judges a global by allow-list: exact pairs of module and name are allowed, everything else is a finding, and the
 * table of dangerous objects only decides how grave it is and how it is explained.
 */
export function judgeGlobal(module: string, name: string): Judgement {
  const exact = permissionOf(module, name);
  if (exact) return { allowed: exact };
  const [mappedModule, mappedName] = fromPython2(module, name);
  const mapped = permissionOf(mappedModule, mappedName);
  if (mapped) return { allowed: mapped };
  if (isTorchScriptType(module, name)) return { allowed: 'instance' };
  return condemn(module, name, mappedModule, mappedName);
}

function condemn(module: string, name: string, mappedModule: string, mappedName: string): Judgement {
  // White space and compatibility characters do not survive Python's import, but they must not hide what is meant.
  const plainModule = plain(module);
  const plainName = plain(name);
  const danger =
    dangerOf(mappedModule, mappedName) ?? dangerOf(module, name) ?? dangerOf(plainModule, plainName);
  if (danger) return { rule: 'PKL-GLOBAL-DANGEROUS', why: danger };
  if (!isPythonName(module) || !isPythonName(name)) {
    return { rule: 'PKL-GLOBAL-UNRESOLVED', why: 'is no possible Python name' };
  }
  const segments = name.split('.');
  const special = segments.find((s) => s.startsWith('__') && s.endsWith('__'));
  if (special) return { rule: 'PKL-GLOBAL-TRAVERSAL', why: `reaches for ${special}` };
  const through = segments.find(isDangerousModuleName);
  if (through) return { rule: 'PKL-GLOBAL-TRAVERSAL', why: `reaches the module ${through} through another` };
  if (module.split('.').some((s) => s.startsWith('__') && s.endsWith('__') && s !== '__main__')) {
    return { rule: 'PKL-GLOBAL-TRAVERSAL', why: 'imports from a special module' };
  }
  if (isStandardLibrary(module) || isStandardLibrary(mappedModule)) {
    return { rule: 'PKL-GLOBAL-STDLIB', why: 'belongs to the standard library, outside its data types' };
  }
  if (isScipyStats(module)) return { rule: 'PKL-EXEC-STATE', why: 'compiles source text from its state' };
  if (isKnownLibrary(module)) {
    if (segments.length > 1) {
      return { rule: 'PKL-GLOBAL-TRAVERSAL', why: 'reaches an attribute of a library object' };
    }
    if (!looksLikeClass(name)) return { rule: 'PKL-GLOBAL-LIBRARY', why: 'is on no allow-list' };
  }
  if (module.startsWith('joblib.') && /NDArrayWrapper$/.test(name)) {
    return { rule: 'PKL-EXTERNAL-FILE', why: 'opens another file' };
  }
  return { rule: 'PKL-GLOBAL-UNKNOWN', why: 'is on no allow-list' };
}

/** Classes are spelled with a capital first letter, after any underscores. */
export function looksLikeClass(name: string): boolean {
  return /^_*\p{Lu}/u.test(name.slice(name.lastIndexOf('.') + 1));
}

/** What turns text into an attribute or a function: dangerous even where nothing in sight calls it. */
export function isResolver(name: string): boolean {
  return name === 'getattr' || name === 'vectorize';
}

/** Types of TorchScript archives live in a namespace of their own, which no Python program can import. */
function isTorchScriptType(module: string, name: string): boolean {
  return (
    (module === '__torch__' || module.startsWith('__torch__.')) &&
    isPythonName(module) &&
    isPythonName(name) &&
    !name.includes('.')
  );
}

export function isPythonName(text: string): boolean {
  if (/^[A-Za-z_]\w*$/.test(text)) return true;
  return /^[\p{L}_][\p{L}\p{N}\p{M}_]*(\.[\p{L}_][\p{L}\p{N}\p{M}_]*)*$/u.test(text);
}

function plain(text: string): string {
  if (/^[\w.]*$/.test(text)) return text;
  return text.normalize('NFKC').replace(/[\s\0]+/g, '');
}

const PYTHON2_NAMES: Readonly<Record<string, readonly [string, string]>> = {
  '__builtin__.xrange': ['builtins', 'range'],
  '__builtin__.unicode': ['builtins', 'str'],
  '__builtin__.basestring': ['builtins', 'str'],
  '__builtin__.long': ['builtins', 'int'],
  '__builtin__.reduce': ['functools', 'reduce'],
  '__builtin__.intern': ['sys', 'intern'],
  '__builtin__.raw_input': ['builtins', 'input'],
  '__builtin__.unichr': ['builtins', 'chr'],
  'itertools.imap': ['builtins', 'map'],
  'itertools.ifilter': ['builtins', 'filter'],
  'itertools.izip': ['builtins', 'zip'],
  'UserDict.UserDict': ['collections', 'UserDict'],
  'UserDict.IterableUserDict': ['collections', 'UserDict'],
  'UserList.UserList': ['collections', 'UserList'],
  'UserString.UserString': ['collections', 'UserString'],
};

const PYTHON2_MODULES: Readonly<Record<string, string>> = {
  __builtin__: 'builtins',
  exceptions: 'builtins',
  copy_reg: 'copyreg',
  cPickle: 'pickle',
  commands: 'subprocess',
  StringIO: 'io',
  cStringIO: 'io',
};

/** False where no global below this top-level module is dangerous. */
export function mayBeDangerous(root: string): boolean {
  return isDangerousRoot(root) || PYTHON2_ROOTS.has(root);
}

const PYTHON2_ROOTS = new Set([
  ...Object.keys(PYTHON2_MODULES),
  ...Object.keys(PYTHON2_NAMES).map((name) => name.slice(0, name.indexOf('.'))),
]);

/** Names of Python 2 mean their successors where `fix_imports` is on, which is the default below protocol 3. */
export function fromPython2(module: string, name: string): readonly [string, string] {
  const key = `${module}.${name}`;
  if (Object.hasOwn(PYTHON2_NAMES, key)) return PYTHON2_NAMES[key] ?? [module, name];
  if (Object.hasOwn(PYTHON2_MODULES, module)) return [PYTHON2_MODULES[module] ?? module, name];
  return [module, name];
}
