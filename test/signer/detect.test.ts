import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { detectMetadata, parseMetadata } from '../../signer/index.js';
import { expectCode } from '../support/errors.js';
import { useTemp } from '../support/temp.js';

describe('detectMetadata', () => {
  const temp = useTemp();
  const put = (name: string, content: string | Buffer): string => {
    writeFileSync(join(temp(), name), content);
    return join(temp(), name);
  };
  const u64 = (n: number): Buffer => {
    const b = Buffer.alloc(8);
    b.writeBigUInt64LE(BigInt(n));
    return b;
  };
  const u32 = (n: number): Buffer => {
    const b = Buffer.alloc(4);
    b.writeUInt32LE(n);
    return b;
  };
  const text = (s: string): Buffer => Buffer.concat([u64(Buffer.byteLength(s)), Buffer.from(s)]);
  const safetensors = (header: object): Buffer => {
    const json = Buffer.from(JSON.stringify(header));
    return Buffer.concat([u64(json.length), json]);
  };

  it('finds nothing where there is nothing', () => {
    expect(detectMetadata(temp())).to.deep.equal({ metadata: {}, sources: [], notes: [] });
  });

  it('reads versions from config.json, sentence-transformers and Keras files', () => {
    put(
      'config.json',
      '{"transformers_version":"4.1","__version__":{"sentence_transformers":"3.0","pytorch":"2.3"}}',
    );
    put('metadata.json', '{"keras_version":"3.4.1","date_saved":"x"}');
    put('model_index.json', '{"_diffusers_version":"0.30.0"}');
    expect(detectMetadata(temp()).metadata.frameworks).to.deep.equal({
      transformers: '4.1',
      'sentence-transformers': '3.0',
      pytorch: '2.3',
      keras: '3.4.1',
      diffusers: '0.30.0',
    });
  });

  it('reads the header of a safetensors file', () => {
    const file = put(
      'w.safetensors',
      safetensors({ __metadata__: { format: 'pt', 'modelspec.title': 'T', 'modelspec.version': '1' } }),
    );
    const expected = { modelName: 'T', modelVersion: '1', frameworks: { pytorch: '*' } };
    expect(detectMetadata(file).metadata).to.deep.equal(expected);
    expect(detectMetadata(temp()).metadata).to.deep.equal(expected);
  });

  it('reads the header of a GGUF file', () => {
    const string = (key: string, value: string): Buffer => Buffer.concat([text(key), u32(8), text(value)]);
    put(
      'm.gguf',
      Buffer.concat([
        Buffer.from('GGUF'),
        u32(3),
        u64(0),
        u64(5),
        string('general.architecture', 'llama'),
        Buffer.concat([text('general.file_type'), u32(4), u32(7)]),
        Buffer.concat([text('tags'), u32(9), u32(8), u64(2), text('a'), text('b')]),
        string('general.name', 'Tiny'),
        string('general.version', 'v1'),
      ]),
    );
    expect(detectMetadata(temp()).metadata).to.deep.equal({
      modelName: 'Tiny',
      modelVersion: 'v1',
      architecture: 'llama',
      frameworks: { gguf: '3' },
    });
  });

  it('survives headers that lie about lengths', () => {
    put('a.gguf', Buffer.concat([Buffer.from('GGUF'), u32(3), u64(0), u64(9), u64(2 ** 52)]));
    put(
      'b.gguf',
      Buffer.concat([
        Buffer.from('GGUF'),
        u32(3),
        u64(0),
        u64(2 ** 40),
        text('k'),
        u32(9),
        u32(4),
        u64(2 ** 50),
      ]),
    );
    put('c.safetensors', u64(2 ** 50));
    put('d.safetensors', Buffer.alloc(3));
    put('e.safetensors', Buffer.concat([u64(100), Buffer.from('{}')]));
    expect(detectMetadata(temp()).metadata).to.deep.equal({});
  });

  it('says what it could not read, and goes on', () => {
    put('config.json', '{"transformers_version":"1","transformers_version":"2"}');
    put('package.json', '{"dependencies":{"onnxruntime-web":"1.2.3"}}');
    const found = detectMetadata(temp());
    expect(found.notes).to.have.length(1);
    expect(found.metadata).to.deep.equal({ dependencies: { 'onnxruntime-web': '1.2.3' } });
  });

  it('reads requirements and pyproject dependencies, and follows no link', () => {
    put('requirements.txt', 'a==1\nb[x] >=2,<3\nc\n-r other\n./local\nd @ https://x\n');
    put(
      'pyproject.toml',
      '[tool.x]\ndependencies = ["no"]\n[project]\nname = "p"\ndependencies = [\n # [no]\n "e[x]~=5",\n \'f\',\n]\n[z]\n',
    );
    expect(detectMetadata(temp()).metadata.dependencies).to.deep.equal({
      a: '1',
      b: '>=2,<3',
      c: '*',
      e: '~=5',
      f: '*',
    });
    mkdirSync(join(temp(), 'other'));
    symlinkSync('../requirements.txt', join(temp(), 'other', 'requirements.txt'));
    expect(detectMetadata(join(temp(), 'other')).sources).to.deep.equal([]);
  });
});

describe('parseMetadata', () => {
  const parse = (value: unknown): unknown => parseMetadata(Buffer.from(JSON.stringify(value)), 'm.json');

  it('accepts named and free fields', () => {
    const value = {
      modelName: 'a',
      trainingDate: '2026-05-01',
      dependencies: { x: '1' },
      free: [1, { b: null }],
    };
    expect(parse(value)).to.deep.equal(value);
    parse({ trainingDate: '2026-05-01T10:00:00Z' });
  });

  for (const bad of [
    { modelName: '' },
    { modelName: 3 },
    { modelVersion: 'x'.repeat(2000) },
    { trainingDate: '01.05.2026' },
    { dependencies: ['numpy'] },
    { dependencies: { numpy: 2 } },
    { frameworks: 'onnx' },
    ['a list'],
    'text',
  ]) {
    it(`refuses ${JSON.stringify(bad).slice(0, 40)}`, () => {
      expectCode('ERR_SIGN_METADATA', () => parse(bad));
    });
  }
});
