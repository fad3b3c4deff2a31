import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import { scanSource } from '../../scanner/scan.js';
import { MemorySource } from '../../core/formats/source.js';
import { buildTar, buildZip } from '../support/archive-builder.js';
import {
  EVIL_PICKLE,
  GOOD_PICKLE,
  gguf,
  ggufPair,
  hdf5,
  hdf5Text,
  kerasConfig,
  kerasZip,
  npy,
  npyHeader,
  onnxModel,
  onnxTensor,
  png,
  safetensors,
  savedModel,
  tensor,
  tflite,
  torchZip,
} from '../support/model-builder.js';

/** Honest files of every format, to be damaged. */
const SEEDS: readonly Uint8Array[] = [
  torchZip(GOOD_PICKLE),
  torchZip(EVIL_PICKLE),
  buildZip([{ name: 'a.npy', data: npy(npyHeader(), Buffer.alloc(12)), deflate: true }]),
  buildTar([
    { name: 'a.txt', data: 'x' },
    { name: 'b.pkl', data: EVIL_PICKLE },
  ]),
  gzipSync(EVIL_PICKLE),
  safetensors(`{"a":${tensor(0, 8)}}`, Buffer.alloc(8)),
  gguf({ pairs: [ggufPair('tokenizer.chat_template', '{{ x }}')] }),
  onnxModel({ tensors: [onnxTensor('w', [2, 2], 16)] }),
  savedModel(['ReadFile', 'MatMul'], true),
  tflite('Custom'),
  hdf5([hdf5Text('{"class_name":"Sequential","config":{}}')]),
  kerasZip(kerasConfig([])),
  png(),
  Buffer.from('\x82\xa6kernel\xc7\x04\x01abcd\xa4bias\x93\x01\x02\x03', 'latin1'),
  Buffer.from('QlpoOTFBWSZTWZ5iW/4AAAKRAEAAAkSgACEUYGaCke8jRwu5IpwoSE8xLf8A', 'base64'),
  Buffer.from(
    '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4AAQAAtdADQZSe6N6U9+FeAAAABLiObaRIAHdgABJxG8J/OQH7bzfQEAAAAABFla',
    'base64',
  ),
  Buffer.from('BCJNGGRApxEAAIBoZWxsbyBoZWxsbyBoZWxsbwAAAACxzZuH', 'base64'),
  Buffer.from('KLUv/SQRZQAAMGhlbGxvIAEAMUoRou0eDA==', 'base64'),
];

/** Far more than any of these small files needs; a loop that does not end takes longer. */
const TIME_LIMIT_MS = 20_000;

function survives(bytes: Uint8Array): void {
  const start = Date.now();
  const result = scanSource('m.bin', new MemorySource(bytes), { limits: { expandedBytes: 1 << 24 } });
  expect(Date.now() - start).to.be.lessThan(TIME_LIMIT_MS);
  expect(
    result.unparsed.filter((u) => u.reason.startsWith('the scanner failed')),
    JSON.stringify(result.unparsed),
  ).to.deep.equal([]);
}

describe('scan properties', function () {
  this.timeout(120_000);

  it('survives random bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 4096 }), survives), { numRuns: 300 });
  });

  it('survives random bytes behind every magic number', () => {
    const seed = fc.constantFrom(...SEEDS);
    const cut = fc.tuple(seed, fc.nat(64), fc.uint8Array({ maxLength: 512 }));
    fc.assert(
      fc.property(cut, ([s, n, tail]) => survives(Buffer.concat([s.subarray(0, n), tail]))),
      { numRuns: 500 },
    );
  });

  it('survives changed bytes in files of every format', () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    const changed = fc.tuple(fc.constantFrom(...SEEDS), fc.array(change, { minLength: 1, maxLength: 8 }));
    fc.assert(
      fc.property(changed, ([seed, changes]) => {
        const bytes = Buffer.from(seed);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        survives(bytes);
      }),
      { numRuns: 1500 },
    );
  });

  it('survives files that are cut off anywhere', () => {
    for (const seed of SEEDS)
      for (let n = 0; n < seed.length; n += 1 + (seed.length >> 7)) survives(seed.subarray(0, n));
  });

  /** Texts that make a careless pattern start anew at every repetition. */
  const HOSTILE: readonly (readonly [file: string, unit: string])[] = [
    ['a.html', '<!--'],
    ['a.html', '<a '],
    ['a.xml', '<include href '],
    ['a.xml', '<!DOCTYPE '],
    ['a.jinja', '{{'],
    ['a.jinja', '{#'],
    ['a.jinja', '|attr '],
    ['a.js', '/* '],
    ['a.js', '//'],
    ['a.py', '"""'],
    ['a.py', "'"],
    ['a.py', '\n'],
    ['a.py', 'from os import '],
    ['a', '\n'],
    ['a.json', '['],
    ['a.json', '{"a":'],
    ['a.yaml', '!'],
    ['a.yaml', '!<'],
    ['a.yaml', 'auto_map: x\n'],
    ['a.yaml', '_target_: os.system\n'],
    ['a.pkl', 'N.'],
    ['a.pkl', '\x80\x02N.'],
    ['requirements.txt', '-e '],
    ['requirements.txt', 'git+'],
    ['a.yaml', '&a [*a '],
    ['a.yaml', '- *a\n'],
    ['.env', 'SECRET'],
    ['a.txt', '-----BEGIN PRIVATE KEY-----\n'],
    ['a.txt', 'sk-'],
    ['a.h5', '{"'],
    ['a.pbtxt', 'op: '],
    ['a.gguf', '{%'],
  ];

  for (const [file, unit] of HOSTILE) {
    it(`takes no more than linear work for ${JSON.stringify(unit)} as ${file}`, () => {
      const start = file.endsWith('.h5') ? '\x89HDF\r\n\x1a\n' : '';
      const bytes = Buffer.from(start + unit.repeat(Math.ceil(1_000_000 / unit.length)), 'latin1');
      const begin = Date.now();
      scanSource(file, new MemorySource(bytes));
      expect(Date.now() - begin).to.be.lessThan(TIME_LIMIT_MS);
    });
  }

  /** A start, then one byte again and again, then what makes the pattern fail. */
  const RUNS: readonly (readonly [file: string, start: string, unit: string, end: string])[] = [
    ['a.py', 'class a', ' ', 'x'],
    ['a.py', 'def a()', '\n', 'x'],
    ['a', 'class a', ' ', 'x'],
    ['a.jinja', '{{ range(', ' ', '}}'],
    ['a.jinja', '{{ range(', ', ', '}}'],
    ['a.yaml', `${'- *a\n'.repeat(100)}&a`, ' ', 'x'],
    ['a.pkl', "\x80\x02S'", ' ', "x'\n."],
    ['a.pkl', '\x80\x02F', '1', 'x\n.'],
    ['a.xml', '<!DOCTYPE ', 'SYSTE ', ''],
    ['a.xml', '<include href', ' ', 'x'],
    ['a.npy', '\x93NUMPY\x02\0\x40\x42\x0f\0', ' ', ''],
    ['a.ipynb', '{"nbformat":4,"cells":[{"cell_type":"code","source":["!', ' ', '"]}]}'],
  ];

  for (const [file, start, unit, end] of RUNS) {
    it(`takes no more than linear work for a run of ${JSON.stringify(unit)} behind ${JSON.stringify(start.slice(-20))} as ${file}`, () => {
      const bytes = Buffer.from(start + unit.repeat(1_000_000 / unit.length) + end, 'latin1');
      const begin = Date.now();
      scanSource(file, new MemorySource(bytes));
      expect(Date.now() - begin).to.be.lessThan(TIME_LIMIT_MS);
    });
  }

  it('never calls a damaged archive clean while its dangerous pickle is whole', () => {
    const zip = torchZip(EVIL_PICKLE);
    const from = zip.indexOf(EVIL_PICKLE);
    fc.assert(
      fc.property(fc.nat(zip.length - 1), fc.integer({ min: 0, max: 255 }), (at, value) => {
        if (at >= from && at < from + EVIL_PICKLE.length) return;
        const bytes = Buffer.from(zip);
        bytes[at] = value;
        expect(scanSource('m.pt', new MemorySource(bytes)).verdict).not.to.equal('clean');
      }),
      { numRuns: 600 },
    );
  });
});
