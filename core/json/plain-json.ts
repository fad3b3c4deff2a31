import { CLOSE_ARRAY, CLOSE_OBJECT, COLON, OPEN_ARRAY, OPEN_OBJECT, QUOTE } from './octets.js';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * Parses JSON with Node's own parser where that accepts one reading only, or returns undefined. Node follows the
 * grammar to the letter, but lets the last of two equal keys win, and takes lone surrogates and numbers beyond all
 * bounds. So there must be no escapes, hence no surrogates that were not well-formed in UTF-8; as many members in the
 * result as in the text; and none but finite numbers. Nesting is bounded before anything is built.
 */
export function parsePlain(text: string, maxDepth: number): Json | undefined {
  const members = countMembers(text, maxDepth);
  if (members === undefined) return undefined;
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
  const counted = { members: 0, finite: true };
  count(value, counted);
  return value !== null && counted.finite && counted.members === members ? value : undefined;
}

/** Colons outside of strings; undefined for text with escapes, an open string, or nested too deep. */
function countMembers(text: string, maxDepth: number): number | undefined {
  if (text.includes('\\')) return undefined;
  let members = 0;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const c = text.charCodeAt(at);
    if (c === QUOTE) {
      at = text.indexOf('"', at + 1);
      if (at < 0) return undefined;
    } else if (c === COLON) members++;
    else if (c === OPEN_OBJECT || c === OPEN_ARRAY) {
      if (++depth > maxDepth) return undefined;
    } else if (c === CLOSE_OBJECT || c === CLOSE_ARRAY) depth--;
  }
  return members;
}

function count(value: Json, into: { members: number; finite: boolean }): void {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) into.finite = false;
  } else if (Array.isArray(value)) {
    for (const entry of value) count(entry, into);
  } else if (typeof value === 'object' && value !== null) {
    for (const key in value) {
      into.members++;
      const member = value[key];
      if (typeof member !== 'string') count(member as Json, into);
    }
  }
}
