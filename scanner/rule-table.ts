import { RULES, type RuleId } from './rules.js';

/** The table of rules as Markdown, as it stands in docs/scanner.md. */
export function ruleTable(): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  const rows = (Object.keys(RULES) as RuleId[]).sort().map((id) => {
    const { severity, title, description, remedy, off } = RULES[id];
    const what = `${title}. ${description}`;
    return `| \`${id}\` | ${severity}${off ? ' (off)' : ''} | ${cell(what)} | ${cell(remedy)} |`;
  });
  return ['| rule | severity | what it means | what to do |', '|---|---|---|---|', ...rows].join('\n');
}
