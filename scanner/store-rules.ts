import { defineRules } from './rule.js';

/** Rules about a file as a whole and about how a model is kept. */
export const storeRules = defineRules({
  'FILE-TYPE-MISMATCH': {
    severity: 'medium',
    title: 'Content is not what the name says',
    description:
      'The extension promises a format that cannot run code and the content is another one. Loaders that look at the content will treat it as that.',
    remedy: 'Ask the publisher; rename the file to what it is only after it was scanned.',
  },
  'FILE-LINK-OUTSIDE': {
    severity: 'low',
    title: 'Link out of the model folder',
    description:
      'The file is a link to another place, which can change without anything in the folder changing.',
    remedy: 'Replace the link by the file itself.',
  },
  'STORE-SIZE': {
    severity: 'low',
    title: 'Pickle is unusually large',
    description:
      'Models of the classic libraries are small. An oversized pickle deserves a look: it may carry more than a model.',
    remedy: 'Raise the limit with --max-pickle-size where such models are normal, or convert to safetensors.',
  },
  'STORE-UNSIGNED': {
    severity: 'medium',
    title: 'Model is not signed',
    description: 'Nobody vouches for these bytes; whoever can write to the store can replace them.',
    remedy: 'Sign it with "modelseal sign", or take it out of the store.',
  },
  'STORE-DEPENDENCY-UNKNOWN': {
    severity: 'low',
    title: 'Metadata names an unknown dependency',
    description:
      'The model asks for a package that is not among the known ones; installing it runs its code.',
    remedy: 'Check the package name for misspellings before you install it.',
  },
  'STORE-INSPECTION-FAILED': {
    severity: 'medium',
    title: 'Model could not be inspected',
    description: 'Reading the model failed half-way, so nothing can be said about the rest.',
    remedy: 'See the reason in the report; a damaged download is the usual cause.',
    off: true,
  },
});
