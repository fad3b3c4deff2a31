import { type ByteSource, MemorySource, SliceSource } from '../../core/formats/source.js';
import { permissionOf } from './allow/index.js';
import { attributeOf, isZoneKey } from './attribute.js';
import { describeCall } from './describe.js';
import type { Effects } from './effects.js';
import { fromPython2 } from './judge.js';
import { bytesAt, latin1At } from './text.js';
import { KIND, kindOf, payloadOf } from './values.js';

/** Encodings that turn text into bytes and do nothing else. */
const PLAIN_ENCODINGS = new Set([
  'latin1',
  'latin-1',
  'latin_1',
  'iso-8859-1',
  'utf-8',
  'utf8',
  'ascii',
  'utf-16',
  'utf-32',
]);

const LATIN1 = new Set(['latin1', 'latin-1', 'latin_1', 'iso-8859-1']);

/** The bytes that a value stands for: as such, or as the string that protocols below 3 write for them. */
function nestedBytes(effects: Effects, value: number): ByteSource | undefined {
  if (value < 0) return undefined;
  if (kindOf(value) === KIND.ENCODED) {
    const bytes = latin1At(effects.source, payloadOf(value));
    return bytes && effects.sink.spend(4 * bytes.length) ? new MemorySource(bytes) : undefined;
  }
  const at = kindOf(value) === KIND.BYTES ? bytesAt(effects.source, payloadOf(value)) : undefined;
  return at && new SliceSource(effects.source, at.start, at.length);
}

/**
 * Calls a conditionally allowed global: the arguments decide. Returns the result's value.
 *
 * @param args Undefined where the arguments are not a tuple of constants in sight, which is never allowed.
 */
export function checkArguments(
  effects: Effects,
  id: number,
  args: Float64Array | undefined,
  offset: number,
): number {
  const global = effects.global(id);
  if (!global) return KIND.COMPUTED;
  const [module, name] = fromPython2(global.module, global.name);
  const refuse = (why: string): number => {
    effects.sink.finding('PKL-CALL-ARGUMENTS', `${effects.label(id)} is called ${why}`, offset);
    return KIND.COMPUTED;
  };
  if (name === 'getattr') {
    const value = attributeOf(effects, args, offset);
    if (value !== undefined) return value;
    const [of, attribute] = args ?? [];
    const text = attribute === undefined ? undefined : effects.text(attribute);
    const owner = of !== undefined && kindOf(of) === KIND.GLOBAL ? effects.label(payloadOf(of)) : 'an object';
    effects.sink.finding(
      'PKL-GLOBAL-DANGEROUS',
      `${effects.label(id)} resolves ${text === undefined ? 'a name' : JSON.stringify(text)} of ${owner}`,
      offset,
    );
    return KIND.COMPUTED;
  }
  if (!args) return refuse('with arguments that cannot be seen');
  const first = args[0];
  switch (name) {
    case 'encode': {
      const encoding = args[1] === undefined ? 'utf-8' : effects.text(args[1]);
      if (args.length > 2 || encoding === undefined || !PLAIN_ENCODINGS.has(encoding.toLowerCase())) {
        return refuse('with an encoding other than plain text');
      }
      const isText = first !== undefined && first >= 0 && kindOf(first) === KIND.STR;
      return isText && LATIN1.has(encoding.toLowerCase())
        ? payloadOf(first) * 16 + KIND.ENCODED
        : KIND.OPAQUE;
    }
    case 'ZoneInfo._unpickle':
      return args.length === 2 && first !== undefined && isZoneKey(effects.text(first))
        ? id * 16 + KIND.RESULT
        : refuse('with what is no time zone');
    case 'getLogger':
      return args.length <= 1 ? id * 16 + KIND.RESULT : refuse('with more than a name');
    case 'type':
      // The type of a value; with three arguments it makes a class with any methods.
      return args.length === 1 ? KIND.COMPUTED : refuse('to make a class');
    case '_ufunc_reconstruct': {
      const from = first === undefined ? undefined : effects.text(first);
      const which = args[1] === undefined ? undefined : effects.text(args[1]);
      if (from === undefined || which === undefined) return refuse('with a computed name');
      return permissionOf(from, which) === 'ref'
        ? effects.import(from, which, offset)
        : refuse(
            `to resolve ${describeCall(effects, id, KIND.OPAQUE).replace(/\(.*/, '')}(${JSON.stringify(from)}, ${JSON.stringify(which)})`,
          );
    }
    case '_load_from_bytes': {
      const bytes = nestedBytes(effects, first ?? KIND.OPAQUE);
      if (!bytes) return refuse('with bytes that cannot be seen');
      effects.sink.nested(`bytes at ${payloadOf(first ?? 0)}`, bytes);
      return id * 16 + KIND.RESULT;
    }
    case 'vectorize':
      effects.sink.finding(
        'PKL-GLOBAL-DANGEROUS',
        `${effects.label(id)} is called: it runs Python code`,
        offset,
      );
      return KIND.COMPUTED;
    default:
      return refuse(`as ${module}.${name} must not be`);
  }
}
