import { type ByteSource, MemorySource, SliceSource } from '../../core/formats/source.js';
import { permissionOf } from './allow/index.js';
import { attributeOf, isZoneKey } from './attribute.js';
import { describeCall } from './describe.js';
import type { Effects } from './effects.js';
import { fromPython2 } from './judge.js';
import type { Sight } from './sight.js';
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

/** What is wrong with the arguments of a conditionally allowed call, by its name; undefined for those that data has. */
export function unfitArguments<V>(name: string, see: Sight<V>, args: ArrayLike<V>): string | undefined {
  const text = (place: number): string | undefined =>
    place < args.length ? see.text(args[place] as V) : undefined;
  switch (name) {
    case 'encode': {
      const encoding = args.length < 2 ? 'utf-8' : text(1)?.toLowerCase();
      const plain = args.length <= 2 && encoding !== undefined && PLAIN_ENCODINGS.has(encoding);
      return plain ? undefined : 'with an encoding other than plain text';
    }
    case 'ZoneInfo._unpickle':
      return args.length === 2 && isZoneKey(text(0)) ? undefined : 'with what is no time zone';
    case 'getLogger':
      return args.length <= 1 ? undefined : 'with more than a name';
    case 'type':
      // The type of a value; with three arguments it makes a class with any methods.
      return args.length === 1 ? undefined : 'to make a class';
    default:
      return undefined;
  }
}

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
  const unfit = unfitArguments(name, effects.sight, args);
  if (unfit !== undefined) return refuse(unfit);
  const first = args[0];
  switch (name) {
    case 'encode': {
      const isText = first !== undefined && first >= 0 && kindOf(first) === KIND.STR;
      const latin = args[1] !== undefined && LATIN1.has(effects.text(args[1])?.toLowerCase() ?? '');
      return isText && latin ? payloadOf(first) * 16 + KIND.ENCODED : KIND.OPAQUE;
    }
    case 'ZoneInfo._unpickle':
    case 'getLogger':
      return id * 16 + KIND.RESULT;
    case 'type':
      return KIND.COMPUTED;
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
