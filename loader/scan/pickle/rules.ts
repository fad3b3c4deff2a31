import { defineRules } from '../rule.js';

/** Rules of the pickle machine. */
export const pickleRules = defineRules({
  'PKL-GLOBAL-DANGEROUS': {
    severity: 'critical',
    title: 'Pickle calls a dangerous function',
    description:
      'Opening the file runs code, starts a program, or touches files or the network: the named global does that.',
    remedy: 'Do not open the file. Treat the machine that already did as compromised.',
  },
  'PKL-GLOBAL-UNKNOWN': {
    severity: 'medium',
    title: 'Pickle imports something that is not on the allow-list',
    description: 'Opening the file imports and calls code whose effect is not known.',
    remedy: 'Review the named global, or convert the model to safetensors.',
  },
});
