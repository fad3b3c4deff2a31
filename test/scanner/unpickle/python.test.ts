import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { convertModel, recordName } from '../../../scanner/convert/index.js';
import {
  NdArray,
  NumpyScalar,
  PyComplex,
  type PyValue,
  type Tensor,
  unpickleFile,
} from '../../../scanner/unpickle/index.js';
import { sha256Of } from '../../support/digest.js';
import { needPython, runPython } from '../../support/peers.js';
import { useTemp } from '../../support/temp.js';

/** Writes arrays of every kind in every protocol, and what Python says they hold. */
const NUMPY = `
import sys, os, json, pickle, numpy as np
out = sys.argv[1]
arrays = {t: (np.arange(24) % 5).astype(t).reshape(2, 3, 4) for t in ['b1','i1','i2','i4','i8','u1','u2','u4','u8','f2','f4','f8','c8','c16','>i4','>f8','>u2','>c8']}
arrays['fortran'] = np.asfortranarray(np.arange(24.).reshape(2, 3, 4))
arrays['big-fortran'] = np.asfortranarray(np.arange(6, dtype='>i2').reshape(2, 3))
arrays['strided'] = np.arange(24.)[::-3]
arrays['transposed'] = np.arange(6).reshape(2, 3).T
arrays['zero-d'] = np.array(5.5)
arrays['empty'] = np.zeros((0, 3), 'f4')
arrays['text'] = np.array(['a', 'bcd', ''])
arrays['bytes'] = np.array([b'a', b'bcd'])
arrays['times'] = np.array(['2020-01-01', '1969-12-31T12:00'], 'datetime64[ms]')
arrays['objects'] = np.array([1, 'a', None, 2.5], dtype=object)
arrays['records'] = np.array([(1, 2.5, 'x'), (-3, 4.5, 'yz')], dtype=[('a', '<i4'), ('b', '>f8'), ('c', 'U2')])
arrays['extremes'] = np.array([2**63 - 1, -2**63])
arrays['special'] = np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324])
def say(x):
  if isinstance(x, np.void): return {n: say(x[n]) for n in x.dtype.names}
  if isinstance(x, (np.datetime64,)): return str(int(x.astype('i8')))
  if isinstance(x, bytes): return x.decode('latin1')
  if isinstance(x, (bool, np.bool_)): return bool(x)
  if isinstance(x, (complex, np.complexfloating)): return [repr(float(x.real)), repr(float(x.imag))]
  if isinstance(x, (int, np.integer)): return str(int(x))
  if isinstance(x, (float, np.floating)): return float(x).hex()
  return x
expected = {n: {'shape': list(a.shape), 'values': [say(x) for x in (a.flatten() if a.shape else [a[()]])]} for n, a in arrays.items()}
for p in range(6):
  with open(os.path.join(out, f'np.{p}.pkl'), 'wb') as f: pickle.dump({'arrays': arrays, 'scalars': {n: a.flatten()[0] for n, a in arrays.items() if a.size}}, f, protocol=p)
json.dump(expected, open(os.path.join(out, 'expected.json'), 'w'))
try:
  import joblib
  joblib.dump({'arrays': arrays, 'scalars': {}}, os.path.join(out, 'np.6.pkl'))
except ImportError: pass
`;

function floatHex(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const raw = bits.getBigUint64(0);
  const sign = raw >> 63n ? '-' : '';
  const exponent = Number((raw >> 52n) & 0x7ffn);
  const fraction = (raw & 0xfffffffffffffn).toString(16).padStart(13, '0');
  if ((raw & 0x7fffffffffffffffn) === 0n) return `${sign}0x0.0p+0`;
  const shown = exponent === 0 ? -1022 : exponent - 1023;
  return `${sign}0x${exponent === 0 ? 0 : 1}.${fraction}p${shown < 0 ? '' : '+'}${shown}`;
}

/** A value in the words of the Python program above. */
function say(value: PyValue, type: string): unknown {
  if (value instanceof NumpyScalar) return say(value.value, type);
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([k, v]) => [k, say(v, k === 'b' ? 'f' : 'i')]));
  if (value instanceof PyComplex)
    return [value.real, value.imaginary].map((n) => (Number.isInteger(n) ? `${n}.0` : String(n)));
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number')
    return /f/.test(type) || !Number.isInteger(value) ? floatHex(value) : String(value);
  return value;
}

const FLOATS = new Set(['f2', 'f4', 'f8', '>f8', 'fortran', 'strided', 'zero-d', 'special', 'empty']);

/** Every kind of tensor; then the converted file beside what PyTorch itself says. */
const TORCH = `
import sys, os, pickle, torch
out = sys.argv[1]
base = torch.arange(24, dtype=torch.float32)
value = {str(t).split('.')[1]: (torch.arange(6) % 3).to(t).reshape(2, 3) for t in (torch.bfloat16, torch.half, torch.float, torch.double, torch.int8, torch.int16, torch.int32, torch.int64, torch.uint8, torch.bool, torch.uint16, torch.uint32, torch.uint64, torch.float8_e4m3fn, torch.float8_e5m2, torch.complex64)}
value.update({'base': base, 'view': base.view(4, 6).t()[1:3], 'part': base[5:9], 'step': base[::3], 'zero': torch.tensor(2.5), 'empty': torch.zeros(0, 3), 'expanded': torch.ones(1).expand(2, 4), 'parameter': torch.nn.Parameter(torch.ones(2)), 'nested': {'list': [torch.ones(1), torch.zeros(2)]}})
torch.save(value, os.path.join(out, 'zip.pt'))
torch.save(value, os.path.join(out, 'legacy.pt'), _use_new_zipfile_serialization=False)
with open(os.path.join(out, 'inline.pkl'), 'wb') as f: pickle.dump(value, f)
`;

const COMPARE = `
import sys, os, torch
from safetensors.torch import load_file
out = sys.argv[1]
value = torch.load(os.path.join(out, 'zip.pt'), weights_only=True)
nested = value.pop('nested')
value.update({'nested.list.0': nested['list'][0], 'nested.list.1': nested['list'][1]})
for name in sys.argv[2:]:
  got = load_file(os.path.join(out, name))
  assert set(got) == set(value), set(got) ^ set(value)
  for k, v in value.items():
    assert got[k].dtype == v.dtype and got[k].shape == v.shape, (name, k, got[k].dtype, got[k].shape)
    raw = lambda t: t.detach().contiguous().reshape(-1).view(torch.uint8) if t.numel() else t.reshape(-1)
    assert torch.equal(raw(got[k]), raw(v)), (name, k)
print('equal')
`;

describe('what Python wrote, rebuilt', () => {
  const folder = useTemp();

  it('equals what NumPy says, in every type, order and protocol', function () {
    const python = needPython(this, 'numpy');
    const run = runPython(python, NUMPY, [folder()]);
    expect(run.status, run.output).to.equal(0);
    const expected = JSON.parse(readFileSync(join(folder(), 'expected.json'), 'utf8')) as Record<
      string,
      { shape: number[]; values: unknown[] }
    >;
    for (let p = 0; p < 7; p++) {
      let root: Map<string, Map<string, PyValue>>;
      try {
        root = unpickleFile(join(folder(), `np.${p}.pkl`)).value as unknown as typeof root;
      } catch (error) {
        if (p === 6 && /not found/.test(String(error))) continue;
        throw error;
      }
      for (const [name, { shape, values }] of Object.entries(expected)) {
        const array = root.get('arrays')?.get(name);
        const type = FLOATS.has(name) ? 'f' : 'i';
        expect(array, name).to.be.instanceOf(NdArray);
        if (!(array instanceof NdArray)) continue;
        expect(array.shape, `${name} of protocol ${p}`).to.deep.equal(shape);
        expect(
          array.values().map((v) => say(v, type)),
          `${name} of protocol ${p}`,
        ).to.deep.equal(values);
        const scalar = root.get('scalars')?.get(name);
        if (scalar !== undefined && name !== 'objects')
          expect(say(scalar, type), `scalar ${name}`).to.deep.equal(values[0]);
      }
    }
  });

  it('equals what PyTorch says after conversion, from every form of file', function () {
    this.timeout(120_000);
    const python = needPython(this, 'torch, safetensors');
    const run = runPython(python, TORCH, [folder()]);
    expect(run.status, run.output).to.equal(0);
    const forms = { 'zip.pt': 'pytorch-zip', 'legacy.pt': 'pytorch-legacy', 'inline.pkl': 'pickle' } as const;
    for (const [name, form] of Object.entries(forms)) {
      const out = join(folder(), `${name}.safetensors`);
      const record = convertModel(join(folder(), name), { out, at: new Date(0) });
      expect(record.source.form).to.equal(form);
      expect(record.source.sha256).to.equal(sha256Of(join(folder(), name)));
      expect(record.result.sha256).to.equal(sha256Of(out));
      expect(JSON.parse(readFileSync(recordName(out), 'utf8'))).to.deep.equal(record);
    }
    const same = runPython(python, COMPARE, [folder(), ...Object.keys(forms).map((f) => `${f}.safetensors`)]);
    expect(same.output.trim()).to.equal('equal');
  });

  it('shares the memory of tensors that share a storage', function () {
    this.timeout(120_000);
    const python = needPython(this, 'torch');
    expect(runPython(python, TORCH, [folder()]).status).to.equal(0);
    for (const name of ['zip.pt', 'legacy.pt']) {
      const value = unpickleFile(join(folder(), name)).value as Map<PyValue, PyValue>;
      const [base, view, part] = ['base', 'view', 'part'].map((key) => value.get(key)) as Tensor[];
      expect(view?.storage, name).to.equal(base?.storage);
      expect(part?.storage.bytes.buffer, name).to.equal(base?.storage.bytes.buffer);
    }
  });
});
