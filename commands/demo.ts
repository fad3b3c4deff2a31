import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { ModelsealError } from '../core/errors/index.js';
import { type Command, type CommandContext, type CommandList, command, printable } from './terminal/index.js';
import type { DemoResult, Narrator, ScenarioResult } from '../demo/index.js';

interface DemoArguments {
  readonly pause: boolean;
  readonly keep?: string | undefined;
}

/** `modelseal demo`: runs other commands of the list in front of an audience. */
export const demo =
  (commands: CommandList): Command =>
  (context) =>
    command({
      command: 'demo',
      describe: 'Attack a model with a real package, then defend it: every line is measured',
      builder: (yargs) =>
        yargs
          .option('pause', {
            type: 'boolean',
            default: false,
            describe: 'Wait for Enter before each part, for a live audience',
          })
          .option('keep', {
            type: 'string',
            describe: 'Work in this new folder and leave everything there, what was stolen included',
          })
          .example('$0 demo', 'attack, trust, defence, in well under a minute')
          .example('$0 demo --keep ./demo-files', 'look at model, certificates and signatures afterwards'),
      handler: (argv) => handle(argv, commands, context),
    });

async function handle(argv: DemoArguments, commands: CommandList, context: CommandContext): Promise<void> {
  const { runDemo } = await import('../demo/run.js');
  const { inProcess } = await import('./terminal/in-process.js');
  const folder = workFolder(argv.keep);
  const remove = (): void => {
    if (argv.keep === undefined) rmSync(folder, { recursive: true, force: true });
  };
  const stop = (signal: NodeJS.Signals): void => {
    remove();
    if (process.stdin.isTTY) process.stdin.setRawMode(false);
    // The listener is gone, so that the signal does what it does without one.
    process.kill(process.pid, signal);
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    const result = await runDemo({
      folder,
      now: context.now,
      run: inProcess(commands),
      narrator: narratorOf(context, argv.pause),
    });
    conclude(result, context);
    if (argv.keep !== undefined) context.output.note(`everything is in ${printable(folder)}`);
  } finally {
    process.removeListener('SIGINT', stop);
    process.removeListener('SIGTERM', stop);
    remove();
  }
}

/** Prints the result and says how the command ended: accepted only when everything ended as it must. */
export function conclude(result: DemoResult, context: Pick<CommandContext, 'output' | 'finish'>): void {
  context.output.result(result, () => summary(result, context));
  context.finish(result.asExpected ? 'accepted' : 'refused');
}

function workFolder(keep: string | undefined): string {
  if (keep === undefined) return realpathSync(mkdtempSync(join(tmpdir(), 'modelseal-demo-')));
  const folder = resolve(keep);
  if (existsSync(folder)) throw new ModelsealError('ERR_FILE_EXISTS', { file: keep });
  mkdirSync(folder, { recursive: true });
  return realpathSync(folder);
}

/** Tells the story on stderr as it happens; stdout carries the summary alone. */
function narratorOf(context: CommandContext, pause: boolean): Narrator {
  const { output } = context;
  const { bold, cyan, dim } = output.noteColors;
  const say = (text: string): void => {
    if (!output.json) output.note(text);
  };
  let part = 0;
  let shown = '';
  return {
    part: async (title) => {
      if (pause && part > 0) await enter(context);
      say(`\n${bold(`${++part}. ${title}`)}`);
    },
    command: (line) => say(`  ${dim('$')} ${cyan(line)}`),
    fact: (name, value) => say(`    ${name.padEnd(11)} ${printable(value)}`),
    scenario: (result) => {
      if (result.command !== shown) say(`  ${dim(`as ${result.command}`)}`);
      shown = result.command;
      say(`    ${result.title}`);
      say(`    ${line(result, context)}`);
    },
  };
}

async function enter(context: CommandContext): Promise<void> {
  if (context.output.json || process.stdin.isTTY !== true) return;
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const stop = new AbortController();
  // While it asks, the terminal hands Ctrl-C and Ctrl-D over as keys, not as a signal.
  for (const event of ['SIGINT', 'close'] as const) prompt.once(event, () => stop.abort());
  try {
    await prompt.question('\n  Enter to go on… ', { signal: stop.signal });
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    context.output.note('');
    throw new ModelsealError('ERR_INTERRUPTED', { work: 'the demonstration' });
  } finally {
    prompt.close();
  }
}

function line(result: ScenarioResult, context: Pick<CommandContext, 'output'>): string {
  const { green, red, dim } = context.output.noteColors;
  const { observed, asExpected, stolen, milliseconds } = result;
  const outcome =
    observed.outcome === 'refused'
      ? `${observed.code}: ${observed.detail}`
      : `${observed.outcome}: ${observed.detail}`;
  const leak = stolen > 0 ? red(` ${stolen} documents stolen`) : '';
  return `${asExpected ? green('✓') : red('✗')} ${printable(outcome)}${leak} ${dim(`${milliseconds} ms`)}`;
}

function summary(result: DemoResult, context: Pick<CommandContext, 'output'>): string {
  const { bold, green, red } = context.output.colors;
  const mark = (good: boolean): string => (good ? green('✓') : red('✗'));
  const { attack, scenarios, limits } = result;
  const rows = scenarios.map((s) => ({
    mark: mark(s.asExpected),
    title: s.title,
    outcome: s.observed.outcome === 'refused' ? s.observed.code : s.observed.outcome,
    log: s.stolen === 0 ? 'log empty' : `${s.stolen} STOLEN`,
  }));
  const wide = (key: 'title' | 'outcome'): number => Math.max(...rows.map((r) => r[key].length));
  const [title, outcome] = [wide('title'), wide('outcome')];
  // A table that the terminal would break in the middle of its columns is harder to read than two lines.
  const { interactive, width } = context.output;
  const narrow = interactive && width < title + outcome + 'x   log empty  '.length;
  const good = scenarios.filter((s) => s.asExpected).length;
  return [
    '',
    bold('Summary'),
    `${mark(attack.asExpected)} attack: outputs ${attack.identical ? 'identical to the bit' : 'different'}, latency ratio ${attack.latencyRatio.toFixed(2)}, ${attack.stolen} of ${attack.documents} documents stolen`,
    ...rows.map((r) =>
      narrow
        ? `${r.mark} ${r.title}\n    ${r.outcome}, ${r.log}`
        : `${r.mark} ${r.title.padEnd(title)}  ${r.outcome.padEnd(outcome)}  ${r.log}`,
    ),
    '',
    bold('What this does not protect against'),
    ...limits.map((limit) => `- ${limit}`),
    '',
    `${mark(result.asExpected)} ${good} of ${scenarios.length} scenarios as expected, ${result.seconds} s`,
  ].join('\n');
}
