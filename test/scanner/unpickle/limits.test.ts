import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { collectTensors } from '../../../scanner/convert/collect.js';
import { NumpyScalar, unpickle, unpickleFile, unpickleModel } from '../../../scanner/unpickle/index.js';
import { buildZip } from '../../support/archive-builder.js';
import { expectCode } from '../../support/errors.js';
import { torchZip } from '../../support/model-builder.js';
import { type PickleBuilder, pickle, u32 } from '../../support/pickle-builder.js';
import { useTemp } from '../../support/temp.js';

/** All of these end within milliseconds, or not in this universe. */
const TIME_LIMIT_MS = 40_000;
const latin = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

/** `levels` lists, each of which holds the one before it twice: two to the power of `levels` values. */
function laughs(levels: number, container: 'list' | 'tuple', builder = pickle(2)): PickleBuilder {
  builder.int(1).put(0);
  for (let i = 1; i <= levels; i++) {
    if (container === 'list')
      builder
        .op(']')
        .mark()
        .get(i - 1)
        .get(i - 1)
        .op('e')
        .put(i);
    else
      builder
        .get(i - 1)
        .get(i - 1)
        .tuple2()
        .put(i);
  }
  return builder;
}

/** `numpy.dtype(spec)`, and the state that makes it a record or a sub-array, of what stands in the memo at `of`. */
const dtype = (builder: PickleBuilder, spec: string): PickleBuilder =>
  builder.global('numpy', 'dtype').str(spec).int(0).int(1).tuple3().reduce();
const subarray = (builder: PickleBuilder, of: number, count: number, size: number): PickleBuilder =>
  builder
    .mark()
    .int(3)
    .str('|')
    .get(of)
    .int(count)
    .tuple1()
    .tuple2()
    .none()
    .none()
    .op('J', u32(size))
    .int(1)
    .int(0)
    .tuple()
    .op('b');

describe('unpickler: hostile work', function () {
  this.timeout(180_000);
  const temp = useTemp();
  let begun = 0;
  beforeEach(() => {
    begun = performance.now();
  });
  afterEach(() => {
    expect(performance.now() - begun).to.be.below(TIME_LIMIT_MS);
  });

  it('reads long lines in linear time', () => {
    unpickle(latin(`S'${' '.repeat(2_000_000)}x'\n.`));
    expectCode('ERR_UNPICKLE_MALFORMED', () => unpickle(latin(`F${'1'.repeat(2_000_000)}x\n.`)));
    expectCode('ERR_UNPICKLE_MALFORMED', () => unpickle(latin(`I${'1'.repeat(2_000_000)}\n.`)));
    unpickle(latin(`V${'\\u'.repeat(1_000_000)}\n.`));
  });

  it('refuses a data type that is part of itself', () => {
    const cycle = subarray(dtype(pickle(2), 'V8').put(1), 1, 1, 8);
    expectCode('ERR_UNPICKLE_CALL', () => unpickle(cycle.stop().done()));
  });

  it('refuses data types that double at every level, and deep ones', () => {
    const record = (levels: number): Uint8Array => {
      const b = dtype(pickle(2), 'u1').put(0);
      for (let i = 1; i <= levels; i++) {
        dtype(b, 'V0').mark().int(3).str('|').none().str('a').str('b').tuple2().dict();
        for (const name of ['a', 'b'])
          b.str(name)
            .get(i - 1)
            .int(0)
            .tuple2()
            .op('s');
        b.int(1).int(1).int(0).tuple().op('b').put(i);
      }
      return b.stop().done();
    };
    expect(String(unpickle(record(3)))).to.include('a: ');
    expectCode('ERR_UNPICKLE_CALL', () => unpickle(record(60)));
    const deep = dtype(pickle(2), 'u1').put(0);
    for (let i = 1; i <= 60; i++) subarray(dtype(deep, 'V1'), i - 1, 1, 1).put(i);
    expectCode('ERR_UNPICKLE_CALL', () => unpickle(deep.stop().done()));
  });

  it('refuses a sub-array that is larger than its element', () => {
    const of = (size: number): Uint8Array =>
      subarray(dtype(dtype(pickle(2), 'f8').put(0), 'V8'), 0, 2, size)
        .stop()
        .done();
    unpickle(of(16));
    expectCode('ERR_UNPICKLE_CALL', () => unpickle(of(8)));
  });

  it('refuses to change a data type that is in use', () => {
    const b = dtype(pickle(2), 'S4').put(0).op('0');
    b.global('numpy.core.multiarray', 'scalar')
      .get(0)
      .op('C', Uint8Array.of(4, 65, 66, 67, 68))
      .tuple2()
      .reduce();
    b.op('0').get(0).mark().int(3).str('|').none().none().none().int(8).int(1).int(0).tuple().op('b');
    expectCode('ERR_UNPICKLE_CALL', () => unpickle(b.stop().done()));
  });

  it('decodes text of zeros in linear time', () => {
    const b = dtype(pickle(2), 'U4000000');
    const raw = new Uint8Array(16_000_000);
    raw[raw.length - 4] = 65;
    const bytes = Buffer.concat([
      pickle(2).global('numpy.core.multiarray', 'scalar').done(),
      b.done().subarray(2),
      pickle().bytes(raw).tuple2().reduce().stop().done(),
    ]);
    const value = unpickle(bytes);
    expect(value instanceof NumpyScalar && value.value).to.have.length(4_000_000);
  });

  it('prints no values that multiply', () => {
    for (const name of ['range', 'slice']) {
      const b = laughs(100, 'list', pickle(2).global('builtins', name)).tuple1();
      expectCode('ERR_UNPICKLE_MALFORMED', () => unpickle(b.reduce().stop().done()));
      const only = laughs(100, 'list')
        .op('0')
        .global('builtins', name)
        .get(100)
        .tuple1()
        .reduce()
        .stop()
        .done();
      expectCode('ERR_UNPICKLE_CALL', () => unpickle(only));
    }
  });

  it('takes keys that multiply, and names no tensor by them', () => {
    const b = laughs(100, 'tuple', pickle(2)).op('0').op('}').get(100).int(1).op('s');
    expect(collectTensors(unpickle(b.stop().done())).omitted).to.have.length(1);
  });

  it('bounds what is copied from the memo', () => {
    const big = new Uint8Array(1_000_000);
    const b = pickle(2).bytes(big).put(0).op('0').global('builtins', 'bytearray').put(1).op('0');
    const copies = (n: number): Uint8Array =>
      Buffer.concat([b.done(), Buffer.from('h\x01h\x00\x85R0'.repeat(n), 'latin1'), Buffer.from('N.')]);
    unpickle(copies(3));
    expectCode('ERR_UNPICKLE_LIMIT', () => unpickle(copies(100_000)));
  });

  it('bounds copies of a dict, which weigh more than those of a list', () => {
    const dict = pickle(2).dict().mark();
    for (let i = 0; i < 5000; i++) dict.op('J', u32(i)).none();
    const b = dict.setItems().put(0).op('0').global('builtins', 'dict').put(1).op('0');
    const copies = (n: number): Uint8Array =>
      Buffer.concat([b.done(), Buffer.from(`${'h\x01h\x00\x85R0'.repeat(n)}N.`, 'latin1')]);
    unpickle(copies(3));
    expectCode('ERR_UNPICKLE_LIMIT', () => unpickle(copies(900)));
  });

  it('bounds keys that repeat a long tuple', () => {
    const b = pickle(2).mark();
    for (let i = 0; i < 900; i++) b.str('x'.repeat(900));
    b.tuple().put(0).op('0').dict().mark();
    const keys = (n: number): Uint8Array =>
      Buffer.concat([b.done(), Buffer.from(`${'h\x00N'.repeat(n)}u.`, 'latin1')]);
    unpickle(keys(3));
    expectCode('ERR_UNPICKLE_LIMIT', () => unpickle(keys(100_000)));
  });

  it('refuses integers that are alike as keys, and long ones written out again and again', () => {
    const keys = (n: number): Uint8Array => {
      const b = pickle(2).dict().mark();
      for (let i = 1; i <= n; i++) b.raw('\x8a\x0c\0\0\0\0\0\0\0\0').raw(u32(i)).none();
      return b.setItems().stop().done();
    };
    expect(unpickle(keys(200))).to.have.property('size', 200);
    expectCode('ERR_UNPICKLE_LIMIT', () => unpickle(keys(100_000)));
    const range = (bytes: number): Uint8Array =>
      pickle(2)
        .global('builtins', 'range')
        .op(0x8b, u32(bytes))
        .raw('\x01'.repeat(bytes))
        .tuple1()
        .reduce()
        .stop()
        .done();
    unpickle(range(20));
    expectCode('ERR_UNPICKLE_CALL', () => unpickle(range(200_000)));
  });

  it('refuses functions that would call each other', () => {
    const b = pickle(2).global('copyreg', '__newobj__').put(0).mark();
    for (let i = 0; i < 100_000; i++) b.get(0);
    expectCode('ERR_UNPICKLE_CALL', () => unpickle(b.tuple().reduce().stop().done()));
    const deep = pickle(2).global('torch._tensor', '_rebuild_from_type_v2').put(0).op('0').emptyTuple();
    for (let i = 0; i < 50_000; i++) deep.put(1).op('0').get(0).none().get(1).tuple3();
    deep.put(1).op('0').get(0).get(1).reduce();
    expectCode('ERR_UNPICKLE_CALL', () => unpickle(deep.stop().done()));
  });

  it('bounds arrays of objects within arrays of objects', () => {
    const b = pickle(2);
    const one = pickle()
      .global('joblib.numpy_pickle', 'NumpyArrayWrapper')
      .emptyTuple()
      .op(0x81)
      .dict()
      .str('shape')
      .emptyTuple()
      .op('s')
      .str('dtype')
      .global('numpy', 'dtype')
      .str('O8')
      .tuple1()
      .reduce()
      .op('s')
      .op('b')
      .done();
    for (let i = 0; i < 20_000; i++) b.raw(one);
    expectCode('ERR_UNPICKLE_LIMIT', () => unpickle(b.stop().done()));
  });

  it('counts an empty dict for what it takes', () => {
    const bytes = Buffer.alloc(100_000, '}');
    bytes[bytes.length - 1] = 0x2e;
    unpickle(bytes, { maxOpcodes: 700_000 });
    expectCode('ERR_UNPICKLE_LIMIT', () => unpickle(bytes, { maxOpcodes: 500_000 }));
  });

  it('refuses storages of no possible length', () => {
    const of = (length: (b: PickleBuilder) => PickleBuilder): Uint8Array =>
      torchZip(
        length(pickle(2).mark().str('storage').global('torch', 'FloatStorage').str('0').str('cpu'))
          .tuple()
          .op('Q')
          .stop()
          .done(),
      );
    unpickleModel(of((b) => b.int(16)));
    const nan = Uint8Array.of(0x7f, 0xf8, 0, 0, 0, 0, 0, 0);
    expectCode('ERR_UNPICKLE_GLOBAL', () => unpickleModel(of((b) => b.op('G', nan))));
  });

  it('refuses tensors that share memory many times over', () => {
    const of = (copies: number): Uint8Array => {
      const raw = new Uint8Array(1_000_000);
      const header = pickle(2)
        .op(']')
        .global('torch._utils', '_rebuild_tensor_v2')
        .put(0)
        .op('0')
        .mark()
        .mark();
      header
        .str('storage')
        .global('torch', 'ByteStorage')
        .str('0')
        .str('cpu')
        .op('J', u32(raw.length))
        .tuple()
        .op('Q');
      header.int(0).op('J', u32(raw.length)).tuple1().int(1).tuple1().tuple().put(1).op('0');
      const body = 'h\0h\x01Ra'.repeat(copies);
      return buildZip([
        { name: 'a/data.pkl', data: Buffer.concat([header.done(), Buffer.from(`${body}.`, 'latin1')]) },
        { name: 'a/data/0', data: raw },
      ]);
    };
    expect(collectTensors(unpickleModel(of(50)).value).tensors).to.have.length(50);
    expectCode('ERR_UNPICKLE_LIMIT', () => collectTensors(unpickleModel(of(200)).value));
  });

  it('does not wait for a pipe', function () {
    const pipe = join(temp(), 'pipe');
    if (spawnSync('mkfifo', [pipe]).status !== 0) {
      console.log('      skipped: this system makes no pipes');
      this.skip();
    }
    expectCode('ERR_FILE_UNREADABLE', () => unpickleFile(pipe));
  });

  it('refuses paths without end', () => {
    const b = pickle(2).op(']');
    for (let i = 0; i < 5000; i++) b.op(']');
    for (let i = 0; i < 5000; i++) b.op('a');
    expectCode('ERR_UNPICKLE_LIMIT', () => collectTensors(unpickle(b.stop().done())));
  });
});
