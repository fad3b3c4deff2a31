import { INTERP1D_METHODS } from './allow/libraries.js';
import { isDensity, isScipyStats } from './distribution.js';
import type { Effects, Global } from './effects.js';
import { KIND, kindOf, payloadOf } from './values.js';

/** Types whose methods work on plain values only. */
const PLAIN_TYPES = new Set('str bytes int float list dict tuple set frozenset complex'.split(' '));
/**
 * Methods of those types that neither resolve names (`str.format` reads attributes), nor are special, nor call what
 * they are given.
 */
const PLAIN_METHODS = new Set(
  'split rsplit splitlines partition rpartition strip lstrip rstrip lower upper casefold title capitalize swapcase startswith endswith replace find rfind index rindex count join encode decode isalpha isdigit isalnum isspace isupper islower isnumeric isdecimal isidentifier istitle zfill center ljust rjust expandtabs removeprefix removesuffix hex conjugate is_integer bit_length as_integer_ratio keys values items get copy union intersection difference symmetric_difference issubset issuperset isdisjoint'.split(
    ' ',
  ),
);
/** The rule by which a density estimate chooses its width. */
const WIDTHS = new Set(['scotts_factor', 'silverman_factor']);
/** The hooks that every lazy module of PyTorch holds until it has seen its first input: its own bound methods. */
const LAZY_HOOKS = new Set(['_infer_parameters', '_lazy_load_hook']);

/**
 * `getattr(first, second)`: what pickle writes for a method that an object holds as a reference.
 *
 * @returns The value of the result, undefined where data has no need of this attribute. The result of an allowed
 *   `getattr` is a computed value, so that calling it is a finding; only the constructor of time zones is called.
 */
export function attributeOf(
  effects: Effects,
  args: Float64Array | undefined,
  offset: number,
): number | undefined {
  const [first, second] = args ?? [];
  if (args?.length !== 2 || first === undefined || second === undefined || first < 0) return undefined;
  const name = effects.text(second);
  const owner = effects.global(payloadOf(first));
  if (name === undefined || !owner) return undefined;
  const { module } = owner.now;
  if (kindOf(first) === KIND.GLOBAL) {
    if (module === 'builtins' && PLAIN_TYPES.has(owner.now.name) && PLAIN_METHODS.has(name))
      return KIND.COMPUTED;
    if (module === 'zoneinfo' && owner.now.name === 'ZoneInfo' && name === '_unpickle') {
      return effects.import('zoneinfo', 'ZoneInfo._unpickle', offset);
    }
  }
  const interpolates = /^scipy\.interpolate\._?interpolate$/.test(module) && owner.now.name === 'interp1d';
  if (interpolates && INTERP1D_METHODS.includes(name)) return KIND.COMPUTED;
  if (kindOf(first) !== KIND.RESULT) return undefined;
  if (isDensity(owner.now) && WIDTHS.has(name)) return KIND.COMPUTED;
  // A distribution of SciPy holds its own entropy as a vectorised method.
  const known = isLazyModule(owner) ? LAZY_HOOKS.has(name) : isScipyStats(module) && name === '_entropy';
  return known ? KIND.COMPUTED : undefined;
}

function isLazyModule({ now, judgement }: Global): boolean {
  return (
    now.module.startsWith('torch.nn.modules.') &&
    now.name.startsWith('Lazy') &&
    judgement.allowed === 'instance'
  );
}

/** Keys of the time zone data base; ZoneInfo itself refuses whatever leaves its folder. */
export function isZoneKey(text: string | undefined): boolean {
  return text !== undefined && /^[A-Za-z][\w+-]*(\/[\w+-]+)*$/.test(text);
}
