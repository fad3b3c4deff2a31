import { defineRules } from '../rule.js';

/** Rules of model formats and of what lies beside a model. */
export const formatRules = defineRules({
  'ST-HEADER': {
    severity: 'medium',
    title: 'safetensors header breaks the rules of the format',
    description:
      'Duplicate keys, gaps, overlaps or lengths that do not fit: readers disagree about what the tensors are, or read outside the file.',
    remedy: 'Write the file again with a current library.',
  },
});
