import type { InferredOptionTypes } from 'yargs';
import { neutralJson } from '../core/neutral.js';
import { type CheckSummary, type Report, verdictText } from '../core/report/index.js';
import { flag, type OptionTable } from './options/table.js';
import {
  type Arguments,
  type Command,
  type CommandContext,
  command,
  formatBytes,
  printable,
} from './terminal/index.js';
import { CHECK, type CheckArguments, DIR, readCheckOptions } from './options/check.js';
import { quarantineRefused } from './quarantine-refused.js';

/** Stands for standard output, also where no file is named. */
const STDOUT = '-';

const output = (what: string) =>
  ({
    type: 'string',
    describe: `Write the report as ${what}, to stdout without a file`,
    // The command line makes a bare dash the name of a file, since no command reads one.
    coerce: (file: string) => (['', '-', './-'].includes(file) ? STDOUT : file),
  }) as const;

const OPTIONS = {
  ...CHECK,
  sarif: output('SARIF 2.1.0'),
  junit: output('JUnit XML'),
  markdown: output('Markdown'),
  html: output('one HTML page'),
  'allow-empty': flag('A folder without models is accepted'),
} as const satisfies OptionTable;

type Outputs = Arguments<InferredOptionTypes<typeof OPTIONS>>;

/** `modelseal check DIR` */
const check: Command = (context) =>
  command({
    command: 'check <dir>',
    describe: 'Judge every model under a folder: signature, integrity, threats',
    builder: (yargs) =>
      yargs
        .positional('dir', DIR)
        .options(OPTIONS)
        .example('$0 check models --trust-root root.pem --crl issuing.crl', 'every model, readable')
        .example('$0 check models --trust-root root.pem --ci --sarif check.sarif', 'strict, with a report'),
    handler: (argv) => run(argv, context),
  });

export default check;

async function run(argv: CheckArguments & Outputs, context: CommandContext): Promise<void> {
  const { checkFolder } = await import('../loader/check/index.js');
  const { isModelsealError } = await import('../core/errors/index.js');
  await oneDocument(argv, context.output.json);
  const { summarize } = await import('../core/report/index.js');
  const { VERSION } = await import('../core/version.js');
  const options = await readCheckOptions(argv, context);
  const onModel = async (report: Report, done: number, total: number): Promise<void> => {
    context.output.note(`[${done}/${total}] ${report.verdict.padEnd(9)} ${printable(report.subject)}`);
    const { verdict } = report;
    const codes = [...report.errors.map((e) => e.code), ...report.threats.map((t) => t.rule)];
    await context.record(verdict === 'accepted' ? 'verify' : 'refuse', verdict, {
      model: report.subject,
      codes,
    });
    if (argv.quarantine !== undefined)
      await quarantineRefused(report, argv.quarantine, argv.quarantineOn, context);
  };
  let summary: CheckSummary;
  try {
    summary = await checkFolder(argv.dir, { ...options, onModel });
  } catch (error) {
    if (!argv.allowEmpty || !isModelsealError(error, 'ERR_CHECK_EMPTY')) throw error;
    summary = summarize(argv.dir, options.verify.at, [], { name: 'modelseal', version: VERSION });
  }
  await print(summary, argv, context);
  if (summary.verdict !== 'accepted') context.finish(summary.verdict);
}

/** Standard output holds one document: the JSON object of `--json`, or one of the others. */
async function oneDocument(argv: Outputs, json: boolean): Promise<void> {
  const names = ['sarif', 'junit', 'markdown', 'html'] as const;
  const given = names.filter((name) => argv[name] === STDOUT);
  if (given.length > 1 || (json && given.length > 0)) {
    const asked = [...given.map((name) => `--${name}`), ...(json ? ['--json'] : [])];
    const problem = `${asked.join(' and ')} would write to standard output together; name files`;
    const { ModelsealError } = await import('../core/errors/index.js');
    throw new ModelsealError('ERR_USAGE', { problem });
  }
}

async function print(summary: CheckSummary, argv: Outputs, context: CommandContext): Promise<void> {
  const render = await import('../core/report/index.js');
  const { isRuleId, RULES } = await import('../scanner/rules.js');
  const ruleText = (rule: string) => (isRuleId(rule) ? RULES[rule] : undefined);
  const forms: [string | undefined, () => string][] = [
    [argv.sarif, () => `${neutralJson(JSON.stringify(render.toSarif(summary, ruleText), null, 2))}\n`],
    [argv.junit, () => render.toJUnit(summary)],
    [argv.markdown, () => render.toMarkdown(summary)],
    [argv.html, () => render.toHtml(summary)],
  ];
  const { writeAtomic } = await import('../core/files.js');
  let toStdout = false;
  for (const [target, text] of forms) {
    if (target === undefined) continue;
    if (target !== STDOUT) writeAtomic(target, text(), { overwrite: true });
    else {
      toStdout = true;
      context.output.raw(text());
    }
  }
  if (!toStdout) context.output.result(summary, () => describe(summary, context));
}

function describe(summary: CheckSummary, context: CommandContext): string {
  const { green, red, yellow, bold, dim } = context.output.colors;
  const paint = { accepted: green, refused: red, threat: red, unchecked: yellow };
  const lines: string[] = [];
  for (const model of summary.models) {
    lines.push(`${paint[model.verdict](verdictText(model).padEnd(9))} ${titleOf(model)}`);
    if (model.model && model.signers.length === 0) lines.push(dim('          signed by none'));
    for (const s of model.signers)
      lines.push(dim(`          signed by ${s.identities.map(printable).join(', ') || s.keyFingerprint}`));
    for (const e of model.errors)
      lines.push(`          ${e.code}: ${printable(e.message)}`, dim(`          ${e.hint}`));
    for (const t of model.threats)
      lines.push(`          ${t.severity} ${t.rule} ${printable(t.file)}: ${printable(t.message)}`);
    for (const c of model.checks.filter((x) => x.outcome === 'warning'))
      lines.push(yellow(`          warning ${printable(c.detail)}`));
  }
  const { accepted, refused, threat, unchecked } = summary.counts;
  lines.push(
    '',
    bold(
      `${summary.verdict}: ${accepted} accepted, ${refused} refused, ${threat} with threats, ${unchecked} not checked`,
    ),
  );
  return lines.join('\n');
}

/** A model of a Hugging Face cache by name, revision and size; any other one by its path. */
function titleOf({ model, subject }: Report): string {
  if (!model) return printable(subject);
  return `${printable(model.name)}@${model.revision}  ${formatBytes(model.bytes)}`;
}
