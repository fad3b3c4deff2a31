import { readNpyHeader } from '../../core/formats/npy.js';
import { SliceSource } from '../../core/formats/source.js';
import type { FormatScanner } from '../types.js';

export const npyScanner: FormatScanner = {
  format: 'npy',
  detect: (head) => (Buffer.from(head.subarray(0, 6)).toString('latin1') === '\x93NUMPY' ? 'certain' : 'no'),
  scan(source, context) {
    if (!context.spend(1024)) return;
    const header = readNpyHeader(source);
    if ('problem' in header) {
      context.report('NPY-HEADER', header.message, header.offset);
      context.unparsed(header.problem, header.offset);
      return;
    }
    const rest = source.size - header.start;
    if (header.objects) {
      // np.load(allow_pickle=True) unpickles what follows.
      context.member('(objects)', new SliceSource(source, header.start, rest), { format: 'pickle' });
      return;
    }
    if (header.length === undefined) return;
    if (rest < header.length)
      context.unparsed(`the data have ${rest} of ${header.length} bytes`, header.start);
    if (rest > header.length) {
      const end = header.start + header.length;
      context.report('ARC-TRAILING', `${source.size - end} bytes follow the array`, end);
      context.member('(behind the array)', new SliceSource(source, end, source.size - end), {
        as: 'residue',
      });
    }
  },
};
