import { Tag } from '../../core/der/index.js';
import type { Lint } from './lint.js';

/** ub-common-name, ub-organization-name. */
const MAX_CHARACTERS = 64;

/** Not empty; texts are UTF8String, at most 64 characters, without control characters. */
export const subject: Lint = {
  name: 'subject',
  citation: 'RFC 5280 §4.1.2.6 and appendix A.1',
  check({ certificate }) {
    if (certificate.subject.isEmpty) return 'the subject is empty';
    for (const { type, tag, text } of certificate.subject.rdns.flat()) {
      if (tag !== Tag.UTF8_STRING || text === undefined) return `attribute ${type} is no UTF8String`;
      if (text === '' || [...text].length > MAX_CHARACTERS) return `attribute ${type} has no proper length`;
      if (/[\p{Cc}\p{Cf}]/u.test(text)) return `attribute ${type} has control characters`;
    }
    return undefined;
  },
};
