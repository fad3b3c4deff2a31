import { ERROR_TABLES, ModelsealError, sentenceOf } from '../core/errors/index.js';
import { EXIT } from './exit-codes.js';
import { needed, text } from './options/table.js';
import { type Command, command, didYouMean } from './terminal/index.js';

/** `modelseal explain CODE` */
const explain: Command = (context) =>
  command({
    command: 'explain <code>',
    describe: 'One error or scan rule: what it says, what it means, what to do',
    builder: (yargs) =>
      yargs
        .positional('code', needed(text('ERR_… of an error, or the identifier of a rule')))
        .example('$0 explain ERR_CERT_EXPIRED', 'why, and what to do')
        .example('$0 explain PKL-GLOBAL-DANGEROUS', 'what the scanner found'),
    handler: async (argv) => {
      const code = argv.code.toUpperCase();
      const found = explainError(code) ?? (await explainRule(code));
      const { bold } = context.output.colors;
      context.output.result(found, () =>
        found.kind === 'rule'
          ? [
              `${bold(code)}: ${found.title}`,
              `severity  ${found.severity}${found.on ? '' : ', off unless switched on'}`,
              `means     ${found.description}`,
              `to do     ${found.remedy}`,
            ].join('\n')
          : [
              `${bold(code)}: ${found.kind}, exit code ${found.exit}`,
              `says      ${found.says}`,
              `to do     ${found.hint}`,
            ].join('\n'),
      );
    },
  });

export default explain;

const errors = Object.assign({}, ...Object.values(ERROR_TABLES)) as Readonly<
  Record<string, { readonly kind: keyof typeof EXIT; readonly hint: string }>
>;

function explainError(code: string) {
  const says = sentenceOf(code);
  const known = errors[code];
  if (says === undefined || known === undefined) return undefined;
  const { kind, hint } = known;
  return { code, kind: kind as Exclude<typeof kind, 'accepted'>, exit: EXIT[kind], says, hint };
}

/** @throws {ModelsealError} `ERR_USAGE` where it is no rule either */
async function explainRule(code: string) {
  const { isRuleId, RULES } = await import('../scanner/rules.js');
  if (!isRuleId(code)) {
    const meant = didYouMean(code, [...Object.keys(errors), ...Object.keys(RULES)]);
    throw new ModelsealError('ERR_USAGE', { problem: `${code} is neither an error nor a rule${meant}` });
  }
  const { severity, title, description, remedy, off } = RULES[code];
  return { code, kind: 'rule' as const, severity, on: off !== true, title, description, remedy };
}
