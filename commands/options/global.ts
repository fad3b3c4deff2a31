import { type OptionTable, text } from './table.js';

const everywhere = { global: true } as const;

/** Options of every command. */
export const GLOBAL = {
  json: { type: 'boolean', ...everywhere, describe: 'One JSON object on stdout, everything else on stderr' },
  quiet: { type: 'boolean', ...everywhere, describe: 'Print nothing but errors' },
  verbose: { type: 'boolean', ...everywhere, describe: 'Show every check, not only the outcome' },
  'audit-log': {
    ...text('Append what happens to this hash-chained log (also MODELSEAL_AUDIT_LOG)'),
    ...everywhere,
  },
  'audit-required': {
    type: 'boolean',
    ...everywhere,
    describe: 'Refuse where the audit log takes no entry (also MODELSEAL_AUDIT_REQUIRED)',
  },
  'log-file': {
    ...text('Append structured logs as JSON lines (also MODELSEAL_LOG_FILE)'),
    ...everywhere,
  },
  color: {
    type: 'boolean',
    ...everywhere,
    default: true,
    describe: 'Colour on a terminal (NO_COLOR respected)',
  },
} as const satisfies OptionTable;
