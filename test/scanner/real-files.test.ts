import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { scanPaths } from '../../scanner/scan.js';
import { useTemp } from '../support/temp.js';

/** A Python that has the libraries: of MODELSEAL_PEERS, a virtual environment, or the system's. */
function python(): string {
  const peers = process.env.MODELSEAL_PEERS;
  return peers && existsSync(join(peers, 'bin/python')) ? join(peers, 'bin/python') : 'python3';
}

/** What each library writes, in the current folder. */
const WRITERS: Readonly<Record<string, string>> = {
  numpy: `
import numpy as np
a = np.arange(1000, dtype='f4').reshape(10, 100)
np.save('a.npy', a); np.savez('a.npz', a=a, b=np.zeros((3, 4))); np.savez_compressed('c.npz', z=np.zeros(10_000_000))
np.save('objects.npy', np.array([{'a': 1}, [1]], dtype=object)); np.save('text.npy', np.array(['abc', 'de']))
np.save('fields.npy', np.zeros(5, dtype=[('x', 'f4'), ('y', 'i8', (2,))])); np.save('dates.npy', np.array(['2020-01-01'], dtype='M8[D]'))
np.save('scalar.npy', np.float64(1)); np.save('none.npy', np.zeros((0, 3)))`,
  joblib: `
import joblib, numpy as np
value = {'a': np.arange(1000.0), 'l': list(range(1000))}
joblib.dump(value, 'plain.joblib')
for c in ('zlib', 'gzip', 'bz2', 'xz', 'lzma'): joblib.dump(value, c + '.joblib', compress=(c, 3))`,
  scipy: `
import pickle, joblib, numpy as np, scipy.stats as st, scipy.interpolate as si, scipy.spatial as ss, scipy.optimize as so, scipy.sparse as sp
import scipy; assert tuple(int(n) for n in scipy.__version__.split('.')[:2]) >= (1, 11)  # earlier releases name their modules differently
x = np.arange(8.0); y = np.sin(x); X = np.random.RandomState(0).rand(20, 2)
values = dict(frozen=st.norm(0, 1), loguniform=st.loguniform(1, 10), randint=st.randint(1, 5), kde=st.gaussian_kde(X.T), scott=st.gaussian_kde(X.T, 'scott'), normal=st.multivariate_normal([0, 0]),
    interp=si.interp1d(x, y), grid=si.RegularGridInterpolator((x,), y), rbf=si.RBFInterpolator(X, X[:, 0]), spline=si.UnivariateSpline(x, y), cubic=si.CubicSpline(x, y), tree=ss.KDTree(X), hull=ss.ConvexHull(X), result=so.OptimizeResult(x=1))
for f in 'csr csc coo bsr lil dia dok'.split(): values[f] = getattr(sp, f + '_array')(np.eye(3))
for name, value in values.items():
    for p in range(6):
        try: data = pickle.dumps(value, p)
        except Exception: continue
        open('%s.%d.pkl' % (name, p), 'wb').write(data)
joblib.dump(np.memmap('mapped.bin', dtype='f4', mode='w+', shape=(3,)), 'mapped.joblib')
import os; os.remove('mapped.bin')`,
  safetensors: `
import numpy as np
from safetensors.numpy import save_file
save_file({'a': np.zeros((2, 3), 'f4'), 'b': np.arange(5), 'e': np.zeros((0,), 'f2')}, 'm.safetensors', metadata={'format': 'pt'})`,
  onnx: `
import onnx, numpy as np
from onnx import helper, numpy_helper
w = numpy_helper.from_array(np.ones((10, 4), 'f4'), 'w')
x, y = helper.make_tensor_value_info('x', 1, [1, 10]), helper.make_tensor_value_info('y', 1, [1, 4])
m = helper.make_model(helper.make_graph([helper.make_node('MatMul', ['x', 'w'], ['y'])], 'g', [x], [y], [w]))
onnx.save(m, 'm.onnx'); onnx.save(m, 'external.onnx', save_as_external_data=True, location='external.data', size_threshold=0)`,
  gguf: `
import gguf, numpy as np
w = gguf.GGUFWriter('m.gguf', 'llama'); w.add_block_count(1); w.add_context_length(8)
w.add_chat_template("{% for m in messages %}{{ m['content'] }}{% endfor %}")
w.add_token_list(['t%d' % i for i in range(3000)]); w.add_tensor('t', np.ones((10, 100), 'f4')); w.add_tensor('u', np.zeros((5, 7), 'f2'))
w.write_header_to_file(); w.write_kv_data_to_file(); w.write_tensors_to_file(); w.close()`,
  h5py: `
import h5py, json, numpy as np
for name, version in (('early.h5', 'earliest'), ('late.h5', 'latest')):
    with h5py.File(name, 'w', libver=version) as f:
        f.attrs['model_config'] = json.dumps({'class_name': 'Sequential', 'config': {'layers': [{'class_name': 'Dense', 'config': {'name': 'd', 'units': 1}}]}})
        f.attrs['keras_version'] = '2.15.0'; f.create_dataset('x', data=np.arange(100))
        f.create_group('g/h').create_dataset('z', data=np.random.rand(100, 100), compression='gzip', chunks=(5, 10))
        f['soft'] = h5py.SoftLink('/x')
        if version == 'earliest':
            for i in range(100): f.create_dataset('layers/%d/kernel' % i, data=np.ones(3))`,
  torch: `
import torch, warnings; warnings.simplefilter('ignore')
torch.save({'w': torch.randn(10, 10), 'z': torch.zeros(100)}, 'm.pt')
torch.save({'w': torch.randn(10, 10)}, 'legacy.pt', _use_new_zipfile_serialization=False)
import pickle
for p in range(6): open('state.%d.pkl' % p, 'wb').write(pickle.dumps(torch.nn.Linear(2, 2).state_dict(), p))
torch.save(torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(2, 2)).state_dict(), 'norm.pt')
class M(torch.nn.Module):
    def forward(self, x): return x * 2 + torch.ones(3)
torch.jit.save(torch.jit.trace(M(), torch.ones(3)), 'script.pt')`,
};

describe('files of the libraries themselves', function () {
  this.timeout(120_000);
  const temp = useTemp();

  for (const [library, code] of Object.entries(WRITERS)) {
    it(`raises no alarm over what ${library} writes`, function () {
      const run = spawnSync(python(), ['-c', code], { cwd: temp(), encoding: 'utf8' });
      if (run.error || run.status !== 0) {
        console.log(
          `      skipped: ${library} cannot write here (set MODELSEAL_PEERS): ${run.stderr?.trim().split('\n').at(-1) ?? run.error?.message}`,
        );
        this.skip();
      }
      const { files } = scanPaths([temp()]);
      expect(files.length).to.be.greaterThan(0);
      const loud = files.filter((f) => f.verdict !== 'clean');
      expect(
        loud.map((f) => JSON.stringify({ file: f.file, findings: f.findings, unparsed: f.unparsed })),
      ).to.deep.equal([]);
    });
  }
});
