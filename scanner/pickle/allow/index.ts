import { LIBRARIES } from './libraries.js';
import { NUMPY } from './numpy.js';
import { PYTHON } from './python.js';
import { SCIPY } from './scipy.js';
import { SKLEARN_CLASSES } from './sklearn.js';
import { SKLEARN_REFERENCES } from './sklearn-functions.js';
import { TORCH } from './torch.js';
import { TORCH_CLASSES } from './torch-classes.js';
import type { AllowedNames } from './types.js';

/** What a pickle may do with an allowed global. */
export type Permission = keyof AllowedNames;

let table: Map<string, Map<string, Permission>> | undefined;

function add(module: string, names: AllowedNames): void {
  const known = table?.get(module) ?? new Map<string, Permission>();
  for (const [permission, list] of Object.entries(names) as [Permission, string][]) {
    for (const name of list.split(' ')) known.set(name, permission);
  }
  table?.set(module, known);
}

/**
 * What Cython writes to unpickle a class, and `newObj`, make an instance of what they are given. Classes that are made by
 * `newObj` have constructors which call the distance that they are given.
 */
function ofSklearn(list: string): AllowedNames {
  const names = list.split(' ');
  const applies = names.filter((name) => name === 'newObj' || name.startsWith('__pyx_unpickle_'));
  const others = names.filter((name) => !applies.includes(name)).join(' ');
  return {
    ...(others === '' ? {} : names.includes('newObj') ? { instance: others } : { call: others }),
    ...(applies.length > 0 ? { applies: applies.join(' ') } : {}),
  };
}

function load(): Map<string, Map<string, Permission>> {
  if (table) return table;
  table = new Map();
  for (const [m, list] of Object.entries(SKLEARN_REFERENCES)) add(m, { ref: list });
  for (const [m, list] of Object.entries(SKLEARN_CLASSES)) add(m, ofSklearn(list));
  add('sklearn.utils._bunch', { mapping: 'Bunch' });
  add('sklearn.utils', { mapping: 'Bunch' });
  for (const [m, list] of Object.entries(TORCH_CLASSES)) add(m, { instance: list });
  for (const part of [PYTHON, NUMPY, TORCH, LIBRARIES, SCIPY]) {
    for (const [m, names] of Object.entries(part)) add(m, names);
  }
  return table;
}

/** The permission of exactly this module and name; undefined where the pair is not on the allow-list. */
export function permissionOf(module: string, name: string): Permission | undefined {
  return load().get(module)?.get(name);
}

/** The whole allow-list. */
export function allowedNames(): [module: string, name: string, permission: Permission][] {
  return [...load()].flatMap(([module, names]) =>
    [...names].map(([name, permission]): [string, string, Permission] => [module, name, permission]),
  );
}
