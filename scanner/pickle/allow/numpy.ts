import type { AllowedNames } from './types.js';

const SCALARS =
  'bool bool_ bool8 byte bytes_ cdouble cfloat character clongdouble clongfloat complex complex_ complex128 complex192 complex256 complex64 complexfloating csingle datetime64 double flexible float float_ float128 float16 float32 float64 float96 floating generic half inexact int int0 int16 int32 int64 int8 int_ intc integer intp long longcomplex longdouble longfloat longlong number object object_ object0 record short signedinteger single singlecomplex str_ str0 string_ timedelta64 ubyte uint uint0 uint16 uint32 uint64 uint8 uintc uintp ulong ulonglong unicode_ unsignedinteger ushort void void0';

const UFUNCS =
  'abs absolute acos acosh add arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin asinh atan atan2 atanh bitwise_and bitwise_count bitwise_invert bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor cbrt ceil conj conjugate copysign cos cosh deg2rad degrees divide divmod equal exp exp2 expm1 fabs float_power floor floor_divide fmax fmin fmod frexp gcd greater greater_equal heaviside hypot invert isfinite isinf isnan isnat lcm ldexp left_shift less less_equal log log10 log1p log2 logaddexp logaddexp2 logical_and logical_not logical_or logical_xor matmul matvec maximum minimum mod modf multiply negative nextafter not_equal positive pow power rad2deg radians reciprocal remainder right_shift rint sign signbit sin sinh spacing sqrt square subtract tan tanh true_divide trunc vecdot vecmat';

const SPECIAL_UFUNCS =
  'beta betainc betaln boxcox boxcox1p btdtr cbrt digamma ellipe ellipk entr erf erfc erfcinv erfinv exp10 exp2 expi expit expm1 gamma gammainc gammaincc gammaln huber i0 i1 inv_boxcox inv_boxcox1p j0 j1 jv kl_div log1p log_expit log_ndtr loggamma logit ndtr ndtri poch psi pseudo_huber rel_entr rgamma stdtr xlog1py xlogy y0 y1 zeta';

const STATISTICS =
  'mean median sum max min amax amin std var average prod argmax argmin ptp nanmean nanmedian nansum nanmax nanmin nanstd nanvar any all clip round ravel nan_to_num linspace logspace squeeze transpose';

const BIT_GENERATORS = { call: 'PCG64 PCG64DXSM MT19937 Philox SFC64' };
const CONSTRUCTORS = '__randomstate_ctor __bit_generator_ctor __generator_ctor';

/** The types and constructors that arrays and scalars of NumPy 1 and 2 need. */
export const NUMPY: Readonly<Record<string, AllowedNames>> = {
  numpy: {
    call: `dtype ndarray matrix recarray poly1d ${SCALARS}`,
    ref: `${UFUNCS} ${STATISTICS}`,
    check: 'memmap vectorize',
  },
  'numpy.core.multiarray': { call: 'scalar', applies: '_reconstruct' },
  'numpy._core.multiarray': { call: 'scalar', applies: '_reconstruct' },
  'numpy.core.numeric': { call: '_frombuffer' },
  'numpy._core.numeric': { call: '_frombuffer' },
  'numpy.core': { check: '_ufunc_reconstruct' },
  'numpy._core': { check: '_ufunc_reconstruct' },
  'numpy.core._multiarray_umath': { call: 'scalar', applies: '_reconstruct', ref: UFUNCS },
  'numpy._core._multiarray_umath': { call: 'scalar', applies: '_reconstruct', ref: UFUNCS },
  'numpy.core.umath': { ref: UFUNCS },
  'numpy._core.umath': { ref: UFUNCS },
  'numpy.core.fromnumeric': { ref: STATISTICS },
  'numpy._core.fromnumeric': { ref: STATISTICS },
  'numpy.lib.function_base': { ref: STATISTICS },
  'numpy.lib._function_base_impl': { ref: STATISTICS },
  'numpy.lib.nanfunctions': { ref: STATISTICS },
  'numpy.lib._nanfunctions_impl': { ref: STATISTICS },
  'numpy.core.memmap': { check: 'memmap' },
  'numpy._core.memmap': { check: 'memmap' },
  'numpy.core.records': { call: 'recarray record' },
  'numpy._core.records': { call: 'recarray record' },
  'numpy.rec': { call: 'recarray record' },
  'numpy.char': { call: 'chararray' },
  'numpy.core.defchararray': { call: 'chararray' },
  'numpy._core.defchararray': { call: 'chararray' },
  'numpy.matrixlib.defmatrix': { call: 'matrix' },
  'numpy.ma.core': { call: 'MaskedArray MaskedConstant', applies: '_mareconstruct' },
  'numpy.ma': { call: 'MaskedArray' },
  'numpy.lib.polynomial': { call: 'poly1d' },
  'numpy.lib._polynomial_impl': { call: 'poly1d' },
  'numpy.polynomial.polynomial': { call: 'Polynomial' },
  'numpy.polynomial.chebyshev': { call: 'Chebyshev' },
  'numpy.polynomial.legendre': { call: 'Legendre' },
  'numpy.polynomial.hermite': { call: 'Hermite' },
  'numpy.polynomial.laguerre': { call: 'Laguerre' },
  'numpy.dtypes': {
    call: 'BoolDType ByteDType BytesDType CLongDoubleDType Complex128DType Complex64DType DateTime64DType Float16DType Float32DType Float64DType Int16DType Int32DType Int64DType Int8DType IntDType LongDType LongDoubleDType LongLongDType ObjectDType ShortDType StrDType StringDType TimeDelta64DType UByteDType UInt16DType UInt32DType UInt64DType UInt8DType UIntDType ULongDType ULongLongDType UShortDType VoidDType',
  },
  'numpy.core._internal': { call: '_convert_to_stringdtype_kwargs' },
  'numpy._core._internal': { call: '_convert_to_stringdtype_kwargs' },
  'numpy.random._pickle': { applies: CONSTRUCTORS },
  'numpy.random': { applies: CONSTRUCTORS },
  'numpy.random.mtrand': { call: 'RandomState' },
  'numpy.random._generator': { call: 'Generator' },
  'numpy.random._pcg64': BIT_GENERATORS,
  'numpy.random._mt19937': BIT_GENERATORS,
  'numpy.random._philox': BIT_GENERATORS,
  'numpy.random._sfc64': BIT_GENERATORS,
  'numpy.random.bit_generator': {
    call: 'SeedSequence SeedlessSeedSequence',
    applies: '__pyx_unpickle_SeedSequence __pyx_unpickle_SeedlessSeedSequence',
  },
  'numpy.random._bit_generator': { call: 'SeedSequence', applies: '__pyx_unpickle_SeedSequence' },
  'scipy.special._ufuncs': { ref: SPECIAL_UFUNCS },
  'scipy.special': { ref: SPECIAL_UFUNCS },
};
