/**
 * A Python program that writes pickles of everything a model consists of into a folder, in every protocol and through
 * joblib and PyTorch where those are installed. What cannot be made with the installed versions is left out.
 */
export const WRITE_MODELS = `
import sys, os, pickle, warnings, collections, datetime, decimal, fractions, uuid, pathlib, random, array, re, argparse, types
warnings.filterwarnings('ignore')
out = sys.argv[1]
rng = random.Random(3)
plain = {
  'plain': {'a': [1, 2.5, 'x', None, True, (1, 2, 3), {1, 2}, frozenset([1])], 'b': b'abc' * 100, 'big': 10**40, 'neg': -5, 's': 'é', 'ba': bytearray(b'abc')},
  'std': {'od': collections.OrderedDict(a=1), 'dd': collections.defaultdict(list, {1: [2]}), 'c': collections.Counter('abca'), 'dq': collections.deque([1, 2], 5), 'dt': datetime.datetime(2020, 1, 2, 3, 4, 5, 6), 'd': datetime.date(2020, 1, 2), 'td': datetime.timedelta(1), 'tz': datetime.timezone.utc, 'dec': decimal.Decimal('1.5'), 'fr': fractions.Fraction(1, 3), 'u': uuid.UUID(int=5), 'p': pathlib.PosixPath('/a/b'), 'cx': 1j, 'r': range(5), 'sl': slice(1, 2), 'none': type(None), 'ns': types.SimpleNamespace(a=1), 'ar': array.array('d', [1, 2]), 're': re.compile('a+'), 'args': argparse.Namespace(x=1), 'rng': rng},
}
def save(name, value, protocols=range(6)):
  for p in protocols:
    try:
      data = pickle.dumps(value, protocol=p)
    except Exception:
      continue
    with open(os.path.join(out, f'{name}.{p}.pkl'), 'wb') as f: f.write(data)
  try:
    import joblib
    joblib.dump(value, os.path.join(out, name + '.joblib'))
  except Exception: pass
for name, value in plain.items(): save(name, value)
try:
  import numpy as np
except ImportError: sys.exit(0)
save('numpy', {'a': np.arange(10.), 'b': np.array(['x', 'yy']), 'c': np.array([1, 'a', None], dtype=object), 'd': np.float32(3), 'e': np.array([(1, 2.)], dtype=[('a', 'i4'), ('b', 'f8')]), 'f': np.asfortranarray(np.ones((3, 4))), 'g': np.datetime64('2020-01-01'), 'm': np.ma.array([1, 2], mask=[0, 1]), 'mat': np.matrix([[1]]), 'rs': np.random.RandomState(0), 'gen': np.random.default_rng(0), 'cplx': np.array([1j]), 'dt': np.dtype('>i4'), 'uf': [np.log1p, np.mean]})
try:
  import scipy.sparse as sp
  for kind in 'csr csc coo bsr lil dia dok'.split():
    save('sparse-' + kind, getattr(sp, kind + '_matrix')(np.eye(3)), (2, 4))
except ImportError: pass
try:
  import sklearn
  from sklearn.utils import all_estimators
  from sklearn.linear_model import LogisticRegression
except ImportError: sklearn = None
if sklearn:
  X = np.random.RandomState(0).rand(40, 4); y = (X[:, 0] > .5).astype(int)
  for name, cls in all_estimators():
    try:
      try: e = cls()
      except TypeError:
        try: e = cls(LogisticRegression())
        except Exception: e = cls([('a', LogisticRegression())])
      try: e.fit(X, y)
      except Exception:
        try: e.fit(['a b', 'b c d', 'e'] * 10)
        except Exception: pass
    except Exception: continue
    save('sklearn-' + name, e, (2, 5))
  from sklearn.pipeline import make_pipeline
  from sklearn.preprocessing import FunctionTransformer, MinMaxScaler
  from sklearn.feature_selection import SelectKBest, f_classif
  from sklearn.model_selection import GridSearchCV, StratifiedKFold
  from sklearn.metrics import make_scorer, f1_score
  pipe = make_pipeline(MinMaxScaler(), FunctionTransformer(np.log1p), SelectKBest(f_classif, k=2), GridSearchCV(LogisticRegression(), {'C': [1, 2]}, scoring=make_scorer(f1_score), cv=StratifiedKFold(3)))
  save('pipeline', pipe.fit(X, y), (2, 5))
try:
  import torch
except ImportError: sys.exit(0)
net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.ReLU(), torch.nn.LSTM(4, 4))
def tsave(name, value):
  torch.save(value, os.path.join(out, name + '.zip.pt'))
  torch.save(value, os.path.join(out, name + '.legacy.pt'), _use_new_zipfile_serialization=False)
  with open(os.path.join(out, name + '.torch.pkl'), 'wb') as f: pickle.dump(value, f)
base = torch.arange(24, dtype=torch.float32)
tsave('state', net.state_dict())
tsave('whole', net)
tsave('mixed', {'t': [torch.arange(3).to(t) for t in (torch.bfloat16, torch.half, torch.int8, torch.uint8, torch.bool, torch.complex64, torch.long, torch.double)], 'view': base.view(4, 6).t()[1:3], 'shared': base[5:9], 'step': base[::3], 'zero': torch.zeros(()), 'empty': torch.zeros(0, 3), 'expanded': torch.ones(1).expand(4), 'size': torch.Size([1, 2]), 'device': torch.device('cpu'), 'parameter': torch.nn.Parameter(torch.ones(2)), 'dtype': torch.float32, 'optimizer': torch.optim.Adam(net.parameters()).state_dict(), 'sparse': torch.eye(3).to_sparse()})
`;
