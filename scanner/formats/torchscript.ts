import type { FormatScanner } from '../types.js';
import { readText } from './decode-text.js';

/** Namespaces of operators that PyTorch and its own libraries register. */
const KNOWN_OPERATORS =
  /^(?:aten|prim|prims|quantized|quantized_decomposed|sparse|torchvision|torchaudio|torchtext|image|mkldnn|mkldnn_prepacked|onednn|xnnpack|prepacked|metal|metal_prepack|vulkan|vulkan_prepack|cuda|cudnn|_caffe2|caffe2|inductor|profiler|torch_scatter|torch_sparse|torch_cluster|torch_geometric|fb|static_runtime|tensorexpr|rnn|c10d|c10d_functional|symm_mem|mtia|_nnapi|nnapi|coreml|neuron|_test|internal|vision)$/;

const DANGERS: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  // The serialiser writes types by qualified name and never imports anything but its own __torch__ modules.
  { what: 'imports a module', pattern: /^[ \t]*(?:import\s+\w|from\s+(?!__torch__)\w[\w.]*\s+import\s)/m },
  {
    what: 'calls Python',
    // The serialiser itself writes `getattr(self, "0")` where the name of a member is no identifier.
    pattern:
      /(?<![\w.])(?:eval|exec|__import__|compile|open|globals|getattr(?!\s*\([^",\n]{1,200},\s*"(?!__)))\s*\(|\b(?:os|subprocess|sys|builtins)\s*\.\s*\w+\s*\(/,
  },
  {
    what: 'reads or writes files',
    pattern:
      /\b(?:ops\.)?aten\.(?:save|from_file)\b|\btorch\s*\.\s*(?:from_file|save|load)\s*\(|\bops\.(?:image|torchaudio)\.(?:read_file|write_file|\w*sox_io\w*)/,
  },
  {
    what: 'starts other processes',
    pattern: /\bops\.(?:rpc|dist_rpc|dist_autograd)\.|\btorch\.distributed\b/,
  },
];

/** TorchScript code: a language of its own, written by a compiler; what Python could do has no place in it. */
export const torchScriptScanner: FormatScanner = {
  format: 'torchscript',
  // Only the PyTorch archive that it lies in makes a text TorchScript.
  detect: () => 'no',
  scan(source, context) {
    const code = readText(source);
    if (code === undefined) return context.unparsed('the TorchScript code is not text');
    for (const { what, pattern } of DANGERS) {
      if (pattern.test(code)) context.report('CODE-TORCHSCRIPT', `the code ${what}`);
    }
    const foreign = new Set(
      [...code.matchAll(/\bops\.(\w+)\.\w+/g)].map((m) => m[1] ?? '').filter((n) => !KNOWN_OPERATORS.test(n)),
    );
    if (foreign.size > 0) {
      context.report('CODE-TORCHSCRIPT-OPERATOR', `operators of ${[...foreign].slice(0, 5).join(', ')}`);
    }
  },
};
