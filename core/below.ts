import { isAbsolute, relative, resolve, sep } from 'node:path';

/** A path that lies below the model as seen from here, else one relative to the model. */
export function belowModel(model: string, path: string): string {
  const inside = relative(resolve(model), resolve(path));
  const below = inside !== '' && inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
  return (below ? inside : path).split(sep).join('/');
}
