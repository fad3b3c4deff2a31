import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { cli } from '../support/cli.js';
import { sha256Of } from '../support/digest.js';
import { type PickleBuilder, pickle } from '../support/pickle-builder.js';
import { useTemp } from '../support/temp.js';

function array(b: PickleBuilder, spec: string, data: Uint8Array, count: number): PickleBuilder {
  b.global('numpy.core.multiarray', '_reconstruct')
    .global('numpy', 'ndarray')
    .int(0)
    .tuple1()
    .bytes(Uint8Array.of(98))
    .tuple3()
    .reduce();
  b.mark().int(1).int(count).tuple1().global('numpy', 'dtype').str(spec).op(0x89).op(0x88).tuple3().reduce();
  return b.op(0x89).bytes(data).tuple().build();
}

describe('convert', () => {
  const folder = useTemp();
  const write = (name: string, b: PickleBuilder): string => {
    const file = join(folder(), name);
    writeFileSync(file, b.done());
    return file;
  };

  it('writes tensors and a record of both digests', async () => {
    const b = pickle(2).dict().mark().str('w');
    array(b, 'u1', Uint8Array.of(1, 2, 3), 3)
      .str('layer')
      .dict()
      .str('b');
    array(b, 'i2', Uint8Array.of(1, 0), 1).op('s').str('note').str('text').setItems();
    const source = write('model.pkl', b.stop());
    const out = join(folder(), 'model.safetensors');
    const run = await cli(['convert', source, '--to', 'safetensors', '--out', out, '--json']);
    expect(run.code, run.stderr).to.equal(0);
    const { schema, ...record } = JSON.parse(run.stdout);
    expect(schema).to.equal('modelseal/convert/v1');
    expect(record.source.sha256).to.equal(sha256Of(source));
    expect(record.result.sha256).to.equal(sha256Of(out));
    expect(record.tensors.map((t: { name: string }) => t.name)).to.deep.equal(['w', 'layer.b']);
    expect(record.omitted).to.deep.equal([{ path: 'note', what: 'string' }]);
    expect(JSON.parse(readFileSync(`${out}.conversion.json`, 'utf8'))).to.deep.equal(record);
    const bytes = readFileSync(out);
    const length = Number(bytes.readBigUInt64LE());
    expect(length % 8).to.equal(0);
    const header = JSON.parse(bytes.subarray(8, 8 + length).toString());
    expect(header['layer.b']).to.deep.equal({ dtype: 'I16', shape: [1], data_offsets: [0, 2] });
    expect(header.w).to.deep.equal({ dtype: 'U8', shape: [3], data_offsets: [2, 5] });
    expect([...bytes.subarray(8 + length)]).to.deep.equal([1, 0, 1, 2, 3]);
  });

  it('overwrites only when told to', async () => {
    const source = write('model.pkl', array(pickle(2), 'u1', Uint8Array.of(1), 1).stop());
    const out = join(folder(), 'out.safetensors');
    expect((await cli(['convert', source, '--out', out])).code).to.equal(0);
    expect((await cli(['convert', source, '--out', out])).code).to.equal(64);
    expect((await cli(['convert', source, '--out', out, '--overwrite'])).code).to.equal(0);
  });

  it('refuses what would need code, what holds no tensor, and types safetensors lacks', async () => {
    const out = join(folder(), 'out.safetensors');
    const cases: readonly (readonly [string, PickleBuilder])[] = [
      ['ERR_UNPICKLE_GLOBAL', pickle(2).global('os', 'system').str('id').tuple1().reduce().stop()],
      ['ERR_CONVERT_SOURCE', pickle(2).str('nothing').stop()],
      ['ERR_CONVERT_TENSOR', array(pickle(2), 'c16', new Uint8Array(16), 1).stop()],
      ['ERR_UNPICKLE_MALFORMED', pickle(2).str('cut')],
    ];
    for (const [code, b] of cases) {
      const run = await cli(['convert', write(`${code}.pkl`, b), '--out', out, '--json']);
      expect(run.code, code).to.equal(1);
      expect(JSON.parse(run.stdout).error.code).to.equal(code);
      expect(existsSync(out)).to.equal(false);
    }
  });

  it('says so when the model is not there', async () => {
    expect((await cli(['convert', join(folder(), 'none.pt'), '--out', join(folder(), 'x')])).code).to.equal(
      3,
    );
  });
});
