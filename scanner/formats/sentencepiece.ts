import { ProtobufReader } from '../../core/formats/protobuf.js';
import type { ByteSource } from '../../core/formats/source.js';
import type { FormatScanner } from '../types.js';

/** SentencePiece vocabularies (`tokenizer.model`): pieces of text with scores, and how they were trained. */
export const sentencePieceScanner: FormatScanner = {
  format: 'sentencepiece',
  detect: (head, source) => (head[0] === 0x0a && startsWithPiece(source) ? 'possible' : 'no'),
  scan(source, context) {
    const reader = new ProtobufReader(source);
    for (const field of reader.fields()) {
      if (!context.spend(8)) return;
      if (field.wire !== 2) {
        context.unparsed('it is no vocabulary', field.start);
        return;
      }
      // Pieces, trainer, normaliser, self test, denormaliser; extensions start at 200.
      if (field.number > 5 && field.number < 200)
        context.unparsed(`the field ${field.number} is unknown`, field.start);
    }
  },
};

/** The first piece: text 1, score 2 (four bytes), type 3. */
function startsWithPiece(source: ByteSource): boolean {
  const reader = new ProtobufReader(source);
  try {
    let pieces = 0;
    for (const field of reader.fields()) {
      if (field.number !== 1 || field.wire !== 2) return pieces >= 3;
      for (const part of reader.fields(field.start, field.end)) {
        const fits =
          (part.number === 1 && part.wire === 2) ||
          (part.number === 2 && part.wire === 5) ||
          (part.number === 3 && part.wire === 0);
        if (!fits) return false;
      }
      if (++pieces >= 16) return true;
    }
    return pieces >= 3;
  } catch {
    return false;
  }
}
