import { searchPickles } from '../pickle/index.js';
import { SliceSource } from '../../core/formats/source.js';
import type { FormatScanner } from '../types.js';
import { scanEmbeddedJson } from './embedded-json.js';
import { Hdf5Walk } from './hdf5-walk.js';

const SIGNATURE = '\x89HDF\r\n\x1a\n';
/** Larger files hold weights; tables with pickles in them are small. */
const MAX_SEARCH_BYTES = 256 << 20;
/** The superblock may stand behind a user block, at any of these places (HDF5 format specification, II.A). */
const PLACES = [0, 512, 1024, 2048, 4096, 8192, 16384];

/**
 * HDF5, in which Keras keeps models. The object tree is walked for links to other files; configurations, which are
 * texts in attributes, are found wherever they lie, because an attribute's text is contiguous in the file.
 */
export const hdf5Scanner: FormatScanner = {
  format: 'hdf5',
  detect: (_head, source) => {
    const found = PLACES.some((at) => Buffer.from(source.read(at, 8)).toString('latin1') === SIGNATURE);
    return found ? 'certain' : 'no';
  },
  scan(source, context) {
    const at =
      PLACES.find((place) => Buffer.from(source.read(place, 8)).toString('latin1') === SIGNATURE) ?? 0;
    if (at > 0) {
      const block = new SliceSource(source, 0, at);
      // MATLAB writes its own header into the user block.
      const known = Buffer.from(block.read(0, 12)).toString('latin1').startsWith('MATLAB 7.3');
      if (!known && block.read(0, at).some((byte) => byte !== 0)) {
        context.report('ARC-PREFIX', `${at} bytes stand before the superblock`, 0);
        context.member('(user block)', block, { as: 'residue' });
      }
    }
    scanEmbeddedJson(source, context);
    // PyTables and pandas keep pickles in attributes and datasets.
    if (source.size <= MAX_SEARCH_BYTES) searchPickles(source, context);
    new Hdf5Walk(source, at, context).run();
  },
};
