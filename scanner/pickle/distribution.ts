import type { Effects } from './effects.js';
import { KIND, kindOf, payloadOf } from './values.js';

/** The attribute whose text SciPy executes when a distribution gets its state. */
const TEMPLATE = '_parse_arg_template';
/** What the state of a distribution holds; other names could replace its methods. */
const STATE = new Set(
  `${TEMPLATE} __doc__ _ctor_param _random_state _stats_has_moments _support a b badvalue inc moment_tol moment_type name numargs shapes vecentropy xtol extradoc m generic_moment`.split(
    ' ',
  ),
);

/** True for the modules whose classes execute {@link TEMPLATE}. */
export function isScipyStats(module: string): boolean {
  return module === 'scipy.stats' || module.startsWith('scipy.stats.');
}

/** Modules of SciPy's statistics whose classes have no source in their state. */
const PLAIN = new Set(['scipy.stats._multivariate', 'scipy.stats._covariance']);

/** A kernel density estimate, whose state is plain. */
export function isDensity({ module, name }: { readonly module: string; readonly name: string }): boolean {
  return (module === 'scipy.stats._kde' || module === 'scipy.stats.kde') && name === 'gaussian_kde';
}

/** The source that SciPy writes for shape parameters of these names, with and without a scale. */
function generated(shapes: string, scale: boolean): string {
  const given = `self, ${shapes} loc=0${scale ? ', scale=1' : ''}`;
  const passed = scale ? 'loc, scale' : 'loc, 1';
  return `
def _parse_args(${given}):
    return (${shapes}), ${passed}

def _parse_args_rvs(${given}, size=None):
    return self._argcheck_rvs(${shapes} ${passed}, size=size)

def _parse_args_stats(${given}, moments='mv'):
    return (${shapes}), ${passed}, moments
`;
}

/** True where the text is, to the byte, what SciPy itself generates: three functions of plain names and numbers. */
export function isGenerated(text: string): boolean {
  const shapes = /^\ndef _parse_args\(self, ((?:[A-Za-z_][A-Za-z0-9_]*, )*) /.exec(text)?.[1];
  return shapes !== undefined && (text === generated(shapes, true) || text === generated(shapes, false));
}

/** BUILD of a distribution: reports where loading executes anything but generated text. */
export function checkDistribution(effects: Effects, id: number, state: number, offset: number): void {
  const global = effects.global(id);
  // A frozen distribution holds another and executes nothing.
  if (!global || !isScipyStats(global.now.module)) return;
  if (global.now.name.endsWith('_frozen') || isDensity(global.now) || PLAIN.has(global.now.module)) return;
  const refuse = (why: string): void => {
    effects.sink.finding('PKL-EXEC-SOURCE', `the state of ${effects.label(id)} ${why}`, offset);
  };
  const items =
    state >= 0 && kindOf(state) === KIND.DICT ? effects.arena.itemsOf(payloadOf(state)) : undefined;
  if (!items) {
    refuse('cannot be seen');
    return;
  }
  let found = false;
  for (let i = 0; i + 1 < items.length; i += 2) {
    const key = effects.text(items[i] ?? 0);
    if (key === undefined || !STATE.has(key)) {
      refuse(`sets ${key ?? 'an attribute of a hidden name'}`);
      return;
    }
    if (key !== TEMPLATE) continue;
    found = true;
    const source = effects.text(items[i + 1] ?? 0);
    if (source === undefined || !isGenerated(source)) refuse('has source text of its own, which is run');
  }
  if (!found) refuse('leaves open what source text is run');
}
