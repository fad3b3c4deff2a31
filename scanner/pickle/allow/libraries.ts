import type { AllowedNames } from './types.js';

const SPARSE = 'bsr coo csc csr dia dok lil';

/** The method by which an `interp1d` has chosen to interpolate, held as a reference. */
export const INTERP1D_METHODS =
  '_call_linear _call_linear_np _call_nearest _call_nearest_2 _call_previousnext _call_spline _call_nan_spline'.split(
    ' ',
  );
const INTERP1D = INTERP1D_METHODS.map((name) => `interp1d.${name}`).join(' ');

/** `scipy.sparse` keeps each format in a module of its own, renamed with an underscore in release 1.8. */
function sparse(): Record<string, AllowedNames> {
  const table: Record<string, AllowedNames> = {
    'scipy.sparse': {
      call: SPARSE.split(' ')
        .map((f) => `${f}_matrix ${f}_array`)
        .join(' '),
    },
    'scipy.sparse._matrix': { call: 'spmatrix' },
    'scipy.sparse._base': { call: 'sparray _spbase' },
    'scipy.sparse.base': { call: 'spmatrix' },
  };
  for (const format of SPARSE.split(' ')) {
    const names = { call: `${format}_matrix ${format}_array` };
    table[`scipy.sparse.${format}`] = names;
    table[`scipy.sparse._${format}`] = names;
  }
  return table;
}

/** Data types of further libraries. Their constructors store or parse data; they run nothing of the file's choice. */
export const LIBRARIES: Readonly<Record<string, AllowedNames>> = {
  ...sparse(),
  'scipy.interpolate._interpolate': { instance: 'interp1d PPoly BPoly', ref: INTERP1D },
  'scipy.interpolate.interpolate': { instance: 'interp1d' },
  'scipy.interpolate._fitpack2': {
    instance:
      'UnivariateSpline InterpolatedUnivariateSpline LSQUnivariateSpline BivariateSpline RectBivariateSpline SmoothBivariateSpline LSQBivariateSpline RectSphereBivariateSpline',
  },
  'scipy.interpolate._rgi': { instance: 'RegularGridInterpolator' },
  'scipy.interpolate._rbfinterp': { instance: 'RBFInterpolator' },
  'scipy.interpolate._ndgriddata': { instance: 'NearestNDInterpolator' },
  'scipy.spatial._qhull': { instance: 'Delaunay ConvexHull Voronoi' },
  'scipy.optimize._optimize': { mapping: 'OptimizeResult' },
  'scipy.optimize.optimize': { mapping: 'OptimizeResult' },
  'scipy.interpolate._bsplines': { instance: 'BSpline' },
  'scipy.interpolate._cubic': { instance: 'CubicSpline PchipInterpolator Akima1DInterpolator' },
  'scipy.spatial._ckdtree': { call: 'cKDTree' },
  'scipy.spatial.ckdtree': { call: 'cKDTree' },
  'scipy.spatial._kdtree': { call: 'KDTree' },
  'scipy.spatial.transform._rotation': { call: 'Rotation' },
  'joblib.numpy_pickle': { call: 'NumpyArrayWrapper' },
  'sklearn.externals.joblib.numpy_pickle': { call: 'NumpyArrayWrapper' },
  'xgboost.core': { instance: 'Booster DMatrix' },
  'xgboost.sklearn': { call: 'XGBModel XGBClassifier XGBRegressor XGBRanker XGBRFClassifier XGBRFRegressor' },
  'xgboost.callback': { instance: 'EarlyStopping LearningRateScheduler EvaluationMonitor' },
  'lightgbm.basic': { instance: 'Booster' },
  'lightgbm.sklearn': { call: 'LGBMModel LGBMClassifier LGBMRegressor LGBMRanker' },
  'catboost.core': { instance: 'CatBoost CatBoostClassifier CatBoostRegressor CatBoostRanker' },
  'pandas.core.frame': { instance: 'DataFrame' },
  'pandas.core.series': { instance: 'Series' },
  'pandas.core.internals.managers': { call: 'BlockManager SingleBlockManager' },
  'pandas.core.internals.blocks': { call: 'new_block' },
  'pandas._libs.internals': { call: '_unpickle_block BlockManager BlockPlacement' },
  'pandas._libs.arrays': { applies: '__pyx_unpickle_NDArrayBacked' },
  'pandas.core.indexes.base': { applies: '_new_Index', instance: 'Index' },
  'pandas.core.indexes.range': { instance: 'RangeIndex' },
  'pandas.core.indexes.numeric': { instance: 'Int64Index UInt64Index Float64Index NumericIndex' },
  'pandas.core.indexes.multi': { instance: 'MultiIndex' },
  'pandas.core.indexes.category': { instance: 'CategoricalIndex' },
  'pandas.core.indexes.datetimes': { applies: '_new_DatetimeIndex', instance: 'DatetimeIndex' },
  'pandas.core.indexes.timedeltas': { instance: 'TimedeltaIndex' },
  'pandas.core.arrays.categorical': { instance: 'Categorical' },
  'pandas.core.arrays.datetimes': { instance: 'DatetimeArray' },
  'pandas.core.arrays.timedeltas': { instance: 'TimedeltaArray' },
  'pandas.core.arrays.numpy_': { instance: 'NumpyExtensionArray PandasArray' },
  'pandas.core.arrays.string_': { instance: 'StringArray StringDtype' },
  'pandas.core.arrays.integer': { instance: 'IntegerArray Int64Dtype Int32Dtype Int16Dtype Int8Dtype' },
  'pandas.core.arrays.floating': { instance: 'FloatingArray Float64Dtype Float32Dtype' },
  'pandas.core.arrays.boolean': { instance: 'BooleanArray BooleanDtype' },
  'pandas.core.dtypes.dtypes': { call: 'CategoricalDtype DatetimeTZDtype' },
  'pandas._libs.tslibs.timestamps': { call: '_unpickle_timestamp Timestamp' },
  'pandas._libs.tslibs.timedeltas': { call: '_timedelta_unpickle Timedelta' },
  'pandas._libs.tslibs.nattype': { call: '_nat_unpickle' },
  'pandas._libs.missing': { call: 'NAType' },
  pytz: { call: '_UTC _p' },
  'transformers.training_args': { instance: 'TrainingArguments', call: 'OptimizerNames ParallelMode' },
  'transformers.training_args_seq2seq': { instance: 'Seq2SeqTrainingArguments' },
  'transformers.trainer_utils': {
    call: 'IntervalStrategy SchedulerType HubStrategy EvaluationStrategy SaveStrategy FSDPOption ShardedDDPOption',
  },
  'transformers.trainer_pt_utils': { instance: 'AcceleratorConfig' },
  'transformers.tokenization_utils_base': { mapping: 'BatchEncoding' },
  'accelerate.utils.dataclasses': { call: 'DistributedType' },
  'accelerate.state': { instance: 'PartialState' },
  'pytorch_lightning.utilities.parsing': { mapping: 'AttributeDict' },
  'lightning_fabric.utilities.data': { mapping: 'AttributeDict' },
  'lightning.fabric.utilities.data': { mapping: 'AttributeDict' },
  'pytorch_lightning.callbacks.model_checkpoint': { ref: 'ModelCheckpoint' },
  'pytorch_lightning.callbacks.early_stopping': { ref: 'EarlyStopping' },
};
