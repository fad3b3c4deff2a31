import type { InferredOptionTypes } from 'yargs';
import type { ScanPolicy } from '../../scanner/policy.js';
import { flag, list, type OptionTable } from './table.js';
import type { Arguments } from '../terminal/command.js';

/** What counts as a threat, and what may stay unread. */
export const SCAN = {
  'fail-on': {
    choices: ['low', 'medium', 'high', 'critical'],
    default: 'medium',
    describe: 'Findings of this severity and above are threats',
  },
  'allow-unparsed': flag('Accept files that could not be understood; the report still names them'),
  'disable-rule': list('Rule whose findings are dropped'),
  'enable-rule': list('Rule that is off by default'),
} as const satisfies OptionTable;

export async function scanPolicy(argv: Arguments<InferredOptionTypes<typeof SCAN>>): Promise<ScanPolicy> {
  const { ruleIds } = await import('../../scanner/policy.js');
  return {
    failOn: argv['fail-on'],
    allowUnparsed: argv['allow-unparsed'],
    disable: ruleIds(argv['disable-rule'] ?? []),
    enable: ruleIds(argv['enable-rule'] ?? []),
  };
}
