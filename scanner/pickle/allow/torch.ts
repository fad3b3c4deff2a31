import type { AllowedNames } from './types.js';

const STORAGES =
  'BFloat16 Bool Byte Char ComplexDouble ComplexFloat Double Float Half Int Long QInt32 QInt8 QUInt2x4 QUInt4x2 QUInt8 Short';
const DTYPES =
  'bcomplex32 bfloat16 bit bits16 bits1x8 bits2x4 bits4x2 bits8 bool cdouble cfloat chalf complex128 complex32 complex64 double float float16 float32 float4_e2m1fn_x2 float64 float8_e4m3fn float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz float8_e8m0fnu half int int1 int16 int2 int3 int32 int4 int5 int6 int64 int7 int8 long qint32 qint8 quint2x4 quint4x2 quint8 short uint1 uint16 uint2 uint3 uint32 uint4 uint5 uint6 uint64 uint7 uint8';

const storages = STORAGES.split(' ')
  .map((type) => `${type}Storage`)
  .join(' ');
const tensors = STORAGES.split(' ')
  .map((type) => `${type}Tensor`)
  .join(' ');

const ACTIVATIONS =
  'relu gelu silu elu selu celu leaky_relu mish hardswish hardtanh softplus softmax log_softmax sigmoid tanh relu6 glu';

/** What state dicts and tensors of PyTorch need, in its zip, legacy and in-line forms. */
export const TORCH: Readonly<Record<string, AllowedNames>> = {
  torch: {
    call: `Size device Tensor finfo iinfo UntypedStorage TypedStorage Generator ${storages} ${tensors}`,
    ref: `${DTYPES} strided sparse_coo sparse_csr sparse_csc sparse_bsr sparse_bsc per_tensor_affine per_channel_affine per_channel_affine_float_qparams per_tensor_symmetric per_channel_symmetric contiguous_format channels_last channels_last_3d preserve_format relu tanh sigmoid`,
  },
  'torch.cuda': { call: `${storages} ${tensors}` },
  'torch.storage': { call: 'UntypedStorage TypedStorage _LegacyStorage', check: '_load_from_bytes' },
  'torch._utils': {
    call: '_rebuild_tensor _rebuild_tensor_v2 _rebuild_tensor_v3 _rebuild_parameter _rebuild_parameter_v2 _rebuild_parameter_with_state _rebuild_qtensor _rebuild_sparse_tensor _rebuild_sparse_csr_tensor _rebuild_nested_tensor _rebuild_meta_tensor_no_storage _rebuild_device_tensor_from_numpy _rebuild_device_tensor_from_cpu_tensor _rebuild_xla_tensor',
    applies: '_rebuild_wrapper_subclass',
  },
  'torch._tensor': { applies: '_rebuild_from_type _rebuild_from_type_v2', ref: 'Tensor' },
  'torch.nn.parameter': { call: 'Parameter Buffer UninitializedParameter UninitializedBuffer' },
  'torch.nn.functional': { ref: ACTIVATIONS },
  'torch._C._nn': { ref: ACTIVATIONS },
  'torch.serialization': { call: '_get_layout' },
  'torch.distributions.normal': { instance: 'Normal' },
  'torch.jit._pickle': {
    call: 'build_intlist build_tensorlist build_doublelist build_boollist build_tensor_from_id restore_type_tag',
  },
  'torchvision.ops.misc': {
    instance: 'Conv2dNormActivation ConvNormActivation FrozenBatchNorm2d SqueezeExcitation MLP',
  },
  'torchvision.models.resnet': { instance: 'ResNet BasicBlock Bottleneck' },
  'torchvision.models.vgg': { instance: 'VGG' },
  'torchvision.models.alexnet': { instance: 'AlexNet' },
  'torchvision.models.mobilenetv2': { instance: 'MobileNetV2 InvertedResidual ConvBNReLU' },
  'torchvision.models.densenet': { instance: 'DenseNet _DenseLayer _DenseBlock _Transition' },
};
