import type { ErrorKind } from '../core/errors/index.js';

/** Exit codes of the command line. */
export const EXIT: { readonly [K in 'accepted' | ErrorKind]: number } = {
  accepted: 0,
  refused: 1,
  threat: 2,
  'not-found': 3,
  usage: 64,
  unchecked: 70,
  // As shells report a program that SIGINT ended.
  interrupted: 130,
};
