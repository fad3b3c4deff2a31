import { expect } from 'chai';
import { pickleScanner, scanPickle } from '../../scanner/pickle/index.js';
import { type ByteSource, MemorySource } from '../../core/formats/source.js';
import { pickle } from '../support/pickle-builder.js';
import { scanSource } from './pickle-support.js';

function detect(content: Uint8Array | string): string {
  const bytes = typeof content === 'string' ? new Uint8Array(Buffer.from(content, 'latin1')) : content;
  return pickleScanner.detect(bytes.subarray(0, 4096), new MemorySource(bytes), 'model.pkl');
}

describe('pickle scanner: detection', () => {
  it('takes no other content for a pickle', () => {
    const others = [
      '{"a": 1}\n',
      '[1, 2, 3]\n',
      '# A model\n\nNotes about it.\n',
      'import os\nos.system("id")\n',
      'class Net:\n    pass\n',
      'config\nvalue\n',
      'id,name\n1,a\n',
      'Python and PyTorch\nare used here\n',
      'Note: see below.\n',
      'License\n=======\n',
      'In the beginning\n',
      '0.1 0.2 0.3\n',
      '<xml></xml>\n',
      '\x89PNG\r\n\x1a\n\0\0\0\rIHDR',
      '\x89HDF\r\n\x1a\n\0\0\0\0',
      '\x93NUMPY\x01\0v\0{',
      'GGUF\x03\0\0\0\x01\0\0\0',
      '\x1f\x8b\x08\0\0\0\0\0',
      '\x7fELF\x02\x01\x01',
      'BZh91AY&SY',
      // A zip archive whose stored member is a pickle: after the first line feed only opcodes follow.
      'PK\x03\x04\x14\0\0\0\0\0\0\0!\0datax/data.pkl\x80\x02c__torch__\nNet\n)\x81}(K\x01K\x02K\x03K\x04u.PK\x01\x02',
      '\0'.repeat(64),
    ];
    for (const text of others) expect(detect(text), JSON.stringify(text)).to.equal('no');
  });

  it('knows every protocol, and what is cut', () => {
    const pickles: readonly (Uint8Array | string)[] = [
      '(dp0\nVa\np1\nI5\ns.',
      'N.',
      ']q\0(K\x01K\x02e.',
      ...[2, 3, 4, 5].map((p) => pickle(p).dict().mark().str('a').int(1).setItems().stop().done()),
      pickle(4).frame(20).dict().stop().done(),
      "cos\nsystem\n(S'id'\ntR.",
      "cos\nsystem\n(S'id'",
    ];
    for (const bytes of pickles) expect(detect(bytes), String(bytes)).to.equal('certain');
    expect(detect(pickle(4).op('X').raw('\xff\xff\xff\x7f').done())).to.equal('possible');
  });

  it('passes over payloads without reading them, beyond four gibibytes too', () => {
    const head = pickle(4)
      .op(0x8e, Uint8Array.of(0, 0, 0, 0, 2, 0, 0, 0))
      .done();
    const tail = pickle().global('os', 'system').stop().done();
    const size = head.length + 2 * 2 ** 32 + tail.length;
    let read = 0;
    const source: ByteSource = {
      size,
      read(offset, length) {
        const out = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
        read += out.length;
        if (offset < head.length) out.set(head.subarray(offset, offset + out.length));
        const start = size - tail.length;
        if (offset + out.length > start) {
          const from = Math.max(0, offset - start);
          out.set(tail.subarray(from), Math.max(0, start - offset));
        }
        return out;
      },
    };
    expect(scanSource(source).verdict).to.equal('malicious');
    expect(read).to.be.below(8 << 20);
  });

  it('reads the same across windows of any source', () => {
    const b = pickle(4).op(']').mark();
    for (let i = 0; i < 60_000; i++) b.str(`item ${i}`).memoize();
    b.op('e').global('os', 'system');
    const bytes = b.stop().done();
    const rules: string[] = [];
    const summary = scanPickle(new MemorySource(bytes), {
      finding: (rule) => rules.push(rule),
      nested: () => {},
      spend: () => true,
      unparsed: (reason) => rules.push(reason),
    });
    expect(summary.pickles).to.equal(1);
    expect(rules).to.deep.equal(['PKL-GLOBAL-DANGEROUS']);
  });
});
