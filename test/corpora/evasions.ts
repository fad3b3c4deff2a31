import { deflateSync } from 'node:zlib';
import { buildZip } from '../support/archive-builder.js';
import {
  denseLayer,
  EVIL_PICKLE,
  field,
  GOOD_PICKLE,
  gguf,
  ggufPair,
  kerasConfig,
  kerasZip,
  onnxExternal,
  onnxModel,
  safetensors,
  savedModel,
  tensor,
  torchZip,
} from '../support/model-builder.js';
import { pickle } from '../support/pickle-builder.js';
import { clean, found, type ScanCase } from '../support/scan-case.js';

/** Files made to get past this very scanner, each with an honest neighbour: what a review has tried. */

const latin = (text: string): Buffer => Buffer.from(text, 'latin1');
/** More members with a small remark than findings are kept, and one that is a threat behind them. */
const flood = (last: Uint8Array): Buffer =>
  buildZip([
    ...Array.from({ length: 1200 }, (_, i) => ({
      name: `${i}.pkl`,
      data: Buffer.concat([GOOD_PICKLE, latin('\x01\x02\x03')]),
    })),
    { name: 'last.pkl', data: last },
  ]);
/** A type that is harmless in one place only, accounted for several times, so that another can be passed on. */
const passedOn = (times: number): Uint8Array => {
  const b = pickle(4).stackGlobal('numpy', 'memmap').int(0).tuple1().bytes(latin('b')).tuple3().put(5);
  b.op('0').stackGlobal('numpy.core.multiarray', '_reconstruct').put(6).op('0');
  for (let i = 0; i < times; i++) b.get(6).get(5).reduce().op('0');
  b.stackGlobal('torch._tensor', '_rebuild_from_type_v2').mark();
  b.stackGlobal('torch.storage', '_load_from_bytes').stackGlobal('torch', 'Tensor');
  return b.bytes(EVIL_PICKLE).tuple1().op('}').tuple().reduce().stop().done();
};
const zfile = (data: Uint8Array): Buffer =>
  Buffer.concat([latin(`ZF${`0x${data.length.toString(16)}`.padEnd(19)}`), deflateSync(data)]);
const script = (code: string): Buffer =>
  torchZip(GOOD_PICKLE, [
    { name: 'archive/constants.pkl', data: GOOD_PICKLE },
    { name: 'archive/code/__torch__/m.py', data: code },
  ]);
const exported = (member: string, data: Uint8Array): Buffer =>
  buildZip([
    { name: 'm/archive_format', data: 'pt2' },
    { name: 'm/models/model.json', data: '{"graph_module":{}}' },
    { name: `m/data/${member}`, data },
  ]);
const numbers = Buffer.from(Float32Array.of(0.1, -2.5, 3e9, 4).buffer);
/** BINBYTES over most of the file hides from a look at its first bytes what comes behind. */
const behindString = (prefix: Buffer, rest: Uint8Array): Buffer => {
  const head = Buffer.alloc(5, 0x42);
  head.writeUInt32LE(200_000, 1);
  return Buffer.concat([prefix, head, Buffer.alloc(200_000), latin('0'), rest.subarray(2)]);
};
const st = (offsets: string): Buffer =>
  safetensors(`{"a":{"dtype":"F32","shape":${offsets}}}`, Buffer.alloc(8));
const printing = (attribute: string): Buffer => {
  const node = Buffer.concat([field(1, 'p'), field(2, 'PrintV2'), field(5, attribute)]);
  const graph = Buffer.concat([
    field(1, Buffer.concat([field(1, 'x'), field(2, 'Placeholder')])),
    field(1, node),
  ]);
  return Buffer.concat([
    latin('\x08\x01'),
    field(2, Buffer.concat([field(1, field(4, 'serve')), field(2, graph)])),
  ]);
};
const keras = (class_name: string, module = 'keras.layers'): Buffer =>
  kerasZip(kerasConfig([denseLayer, { module, class_name, config: {}, registered_name: null }]));
const chat = (text: string) => (): Buffer => gguf({ pairs: [ggufPair('tokenizer.chat_template', text)] });

export const EVASION_CASES: readonly ScanCase[] = [
  found('suspicious', 'PKL-TRAILING-DATA', 'flood of remarks', 'a.zip', () => flood(GOOD_PICKLE)),
  found('malicious', 'PKL-GLOBAL-DANGEROUS', 'flood of remarks before a threat', 'a.zip', () =>
    flood(EVIL_PICKLE),
  ),
  found('malicious', 'PKL-CALL-ARGUMENTS', 'checked function passed on', 'a.pkl', () => passedOn(0)),
  found('malicious', 'PKL-CALL-ARGUMENTS', 'checked function passed on, hidden by a count', 'a.pkl', () =>
    passedOn(3),
  ),
  clean('joblib file of the first format', 'a.joblib', () => zfile(GOOD_PICKLE)),
  found(
    'malicious',
    'PKL-GLOBAL-DANGEROUS',
    'joblib file of the first format that runs a program',
    'a.joblib',
    () => zfile(EVIL_PICKLE),
    'joblib file of the first format',
  ),
  clean('TorchScript with members named by number', 's.pt', () =>
    script(
      'class M(Module):\n  def forward(self: __torch__.M, x: Tensor) -> Tensor:\n    _0 = getattr(self, "0")\n    return (_0).forward(x, )\n',
    ),
  ),
  found(
    'malicious',
    'CODE-TORCHSCRIPT',
    'TorchScript that reads special attributes',
    's.pt',
    () => script('def f(x):\n    return getattr(x, "__class__")\n'),
    'TorchScript with members named by number',
  ),
  clean('exported program', 'm.pt2', () => exported('weights/weight_0', numbers)),
  found(
    'malicious',
    'PKL-GLOBAL-DANGEROUS',
    'exported program with a pickle for a weight',
    'm.pt2',
    () => exported('weights/weight_0', EVIL_PICKLE),
    'exported program',
  ),
  found('malicious', 'PKL-GLOBAL-DANGEROUS', 'image header and a long string before a threat', 'a.gif', () =>
    behindString(latin('GIF89a\x01\x00\x010'), EVIL_PICKLE),
  ),
  found('malicious', 'PKL-GLOBAL-DANGEROUS', 'protocol that does not exist', 'a.pkl', () =>
    Buffer.concat([latin('\x80\x99'), EVIL_PICKLE.subarray(2)]),
  ),
  found('malicious', 'PKL-GLOBAL-DANGEROUS', 'pickle far behind garbage', 'a.bin', () =>
    Buffer.concat([Buffer.alloc(300_000, 0xfe), EVIL_PICKLE]),
  ),
  found('malicious', 'PKL-GLOBAL-DANGEROUS', 'pickle in the comment of a zip', 'a.zip', () =>
    buildZip([{ name: 'a.txt', data: 'a' }], { comment: EVIL_PICKLE.toString('latin1') }),
  ),
  found('malicious', 'PKL-GLOBAL-DANGEROUS', 'pickle in the padding behind GGUF', 'm.gguf', () =>
    Buffer.concat([gguf(), Buffer.alloc(64), EVIL_PICKLE]),
  ),
  clean('safetensors with whole numbers', 'm.safetensors', () => st('[2],"data_offsets":[0,8]')),
  found(
    'suspicious',
    'ST-HEADER',
    'safetensors with a fraction for a length',
    'm.safetensors',
    () => st('[2.0],"data_offsets":[0,8]'),
    'safetensors with whole numbers',
  ),
  found(
    'suspicious',
    'ST-HEADER',
    'safetensors with an exponent for an offset',
    'm.safetensors',
    () => st('[2],"data_offsets":[0,8e0]'),
    'safetensors with whole numbers',
  ),
  clean('safetensors with a dash in a name', 'm.safetensors', () =>
    safetensors(`{"a-1.5e3":${tensor(0, 8)}}`, Buffer.alloc(8)),
  ),
  clean('graph that prints', 'saved_model.pb', () => printing('stderr')),
  found(
    'malicious',
    'TF-OPERATOR',
    'graph that prints into a file',
    'saved_model.pb',
    () => printing('file:///etc/cron.d/x'),
    'graph that prints',
  ),
  found('malicious', 'TF-OPERATOR', 'graph that maps a file', 'saved_model.pb', () =>
    savedModel(['ImmutableConst']),
  ),
  found('malicious', 'KERAS-MODULE', 'Keras class that is a module Keras imports', 'm.keras', () =>
    keras('os', 'keras.layers'),
  ),
  found('malicious', 'KERAS-MODULE', 'Keras class reached through a module', 'm.keras', () =>
    keras('os.system', 'keras.layers'),
  ),
  found('suspicious', 'ONNX-STRUCTURE', 'ONNX data in a file without a name', 'm.onnx', () =>
    onnxModel({ tensors: [onnxExternal({ location: '' })] }),
  ),
  found(
    'malicious',
    'JINJA-DANGEROUS',
    'template that joins the name of an attribute',
    'm.gguf',
    chat("{%- set x = '_'*2 -%}{{ ()[x+'class'+x] }}"),
  ),
  found(
    'malicious',
    'JINJA-DANGEROUS',
    'template that formats the name of an attribute',
    'm.gguf',
    chat("{{ ()['%c%cclass%c%c'|format(95,95,95,95)] }}"),
  ),
  clean(
    'MLflow model',
    'MLmodel',
    () => 'flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n    model_path: model.pkl\n',
  ),
  found(
    'malicious',
    'CFG-DANGEROUS-TARGET',
    'MLflow model loaded by another module',
    'MLmodel',
    () => 'flavors:\n  python_function:\n    loader_module: os.path\n',
    'MLflow model',
  ),
  found(
    'suspicious',
    'CFG-REMOTE-CODE',
    'MLflow model with a loader of its own',
    'MLmodel',
    () => 'flavors:\n  python_function:\n    loader_module: my_loader\n',
    'MLflow model',
  ),
  found(
    'malicious',
    'CFG-DANGEROUS-TARGET',
    'Hydra resolving a name',
    'config.yaml',
    () => '_target_: hydra.utils.get_method\npath: os.system\n',
  ),
];
