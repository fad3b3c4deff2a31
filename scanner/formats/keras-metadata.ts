import { ProtobufReader } from '../../core/formats/protobuf.js';
import type { ByteSource } from '../../core/formats/source.js';
import type { FormatScanner } from '../types.js';
import { scanConfig } from './config.js';
import { parseJson } from './json.js';
import { scanKeras } from './keras.js';

/** A configuration of one layer is a few kilobytes; one with marshalled code some more. */
const MAX_TEXT = 64 << 20;

/** `keras_metadata.pb` beside a SavedModel: for each object the configuration that Keras rebuilds it from. */
export const kerasMetadataScanner: FormatScanner = {
  format: 'keras-metadata',
  detect: (head, source) => (head[0] === 0x0a && isMetadata(source) ? 'certain' : 'no'),
  scan(source, context) {
    const reader = new ProtobufReader(source);
    for (const object of reader.fields()) {
      if (object.number !== 1 || object.wire !== 2) continue;
      for (const part of reader.fields(object.start, object.end)) {
        if (!context.spend(part.end - part.start)) return;
        // SavedObject: identifier 4, metadata 5.
        if (part.number !== 5 || part.wire !== 2) continue;
        const document = parseJson(reader.text(part, MAX_TEXT));
        if (document === undefined) {
          context.unparsed('the metadata of an object are not JSON', part.start);
          continue;
        }
        scanKeras(document, context);
        scanConfig(document, context);
      }
    }
  },
};

function isMetadata(source: ByteSource): boolean {
  const reader = new ProtobufReader(source);
  try {
    for (const object of reader.fields()) {
      if (object.number !== 1 || object.wire !== 2) return false;
      for (const part of reader.fields(object.start, object.end)) {
        if (part.number === 4 && part.wire === 2) return reader.text(part, 4096).startsWith('_tf_keras_');
        if (part.number > 6) return false;
      }
      return false;
    }
  } catch {
    return false;
  }
  return false;
}
