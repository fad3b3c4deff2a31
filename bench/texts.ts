import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync, gzipSync, crc32 } from 'node:zlib';
import { MIB, MODELSEAL } from './fixtures.js';
import { type Command, compare } from './measure.js';
import { node, opensslDigest, peakRow, type Row, type Setting, standalone } from './row.js';

/** Of text, expanded. */
const LEAST_MIB_PER_SECOND = 100;
const MOST_MEMORY_MIB = 150;

/** Scans of vocabularies, word lists and data sets, plain and compressed: start-up is not counted. */
export async function textRows(s: Setting): Promise<Row[]> {
  const size = Math.round((96 * MIB) / s.scale);
  const folder = join(s.folder, 'texts');
  mkdirSync(folder);
  const vocabulary = filled(size, '{"v":{', (i) => `"${word(i)}${i}":${i},\n`, '"z":0}}');
  const records = filled(
    size,
    '',
    (i) => `{"text":"${word(i)} ${word(i * 7)} ${word(i * 13)}","id":${i}}\n`,
    '',
  );
  const words = filled(size, '', (i) => `${word(i)} ${word(i * 7)}\n`, '');
  const texts: readonly [what: string, name: string, bytes: Buffer][] = [
    ['a vocabulary', 'vocabulary.json', vocabulary],
    ['records, one a line', 'records.jsonl', records],
    ['a word list', 'words.txt', words],
    ['a vocabulary, gzip', 'vocabulary.json.gz', gzipSync(vocabulary, { level: 1 })],
    ['a word list, gzip', 'words.txt.gz', gzipSync(words, { level: 1 })],
    ['a vocabulary, zip', 'vocabulary.zip', zip('vocabulary.json', vocabulary)],
  ];
  const nothing = join(s.folder, 'nothing.txt');
  writeFileSync(nothing, 'nothing\n');
  const rows: Row[] = [];
  for (const [what, name, bytes] of texts) {
    const file = join(folder, name);
    writeFileSync(file, bytes);
    const words = ['scan', file, '--quiet'];
    const idle = ['scan', nothing, '--quiet'];
    rows.push(
      ...(await rateRows(
        what,
        size,
        node('modelseal', MODELSEAL, ...words),
        node('start', MODELSEAL, ...idle),
        file,
        s,
      )),
    );
    const [program, start] = [standalone(words), standalone(idle)];
    if (program && start)
      rows.push(...(await rateRows(`${what}, standalone`, size, program, start, file, s)));
  }
  return rows;
}

async function rateRows(
  what: string,
  size: number,
  ours: Command,
  start: Command,
  file: string,
  s: Setting,
): Promise<Row[]> {
  const started = await compare(ours, start, s.runs);
  const measured = await compare(ours, opensslDigest([file]), s.runs);
  const seconds = started.ours.median - started.theirs.median;
  const rate = Math.round(size / MIB / Math.max(seconds, 0.001));
  return [
    {
      work: `scan ${what}`,
      against: 'openssl dgst',
      unit: 's',
      ours: measured.ours,
      theirs: measured.theirs,
      ratio: measured.ratio,
      target: `at least ${LEAST_MIB_PER_SECOND} MiB/s of text`,
      met: rate >= LEAST_MIB_PER_SECOND,
      note: `${rate} MiB/s`,
    },
    peakRow(`scan ${what}`, measured.peakMiB, MOST_MEMORY_MIB),
  ];
}

const SYLLABLES = ['ba', 'lo', 'mi', 'tur', 'ken', 'sa', 'vel', 'no', 'ri', 'dax', 'fe', 'gu'];

/** A word that is no opcode of a pickle by its first letter alone, the same in every run. */
function word(i: number): string {
  let text = 'w';
  for (let n = (i * 2_654_435_761) % 20_736; n > 0; n = Math.floor(n / 12)) text += SYLLABLES[n % 12];
  return text;
}

function filled(size: number, head: string, line: (i: number) => string, tail: string): Buffer {
  const bytes = Buffer.alloc(size, ' ');
  let at = bytes.write(head);
  for (let i = 0; at < size - 256; i++) at += bytes.write(line(i), at);
  at += bytes.write(tail, at);
  return bytes.subarray(0, at);
}

/** An archive of one deflated entry. */
function zip(name: string, bytes: Buffer): Buffer {
  const data = deflateRawSync(bytes, { level: 1 });
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(20, 0);
  fields.writeUInt16LE(8, 4);
  fields.writeUInt16LE(0x21, 8);
  fields.writeUInt32LE(crc32(bytes), 10);
  fields.writeUInt32LE(data.length, 14);
  fields.writeUInt32LE(bytes.length, 18);
  fields.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(name), data]);
  const central = Buffer.concat([
    Buffer.from('PK\x01\x02\x14\x00'),
    fields,
    Buffer.alloc(14),
    Buffer.from(name),
  ]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}
