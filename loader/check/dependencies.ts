/** Packages that models of the common libraries name. Others are not wrong, but worth a look before installing them. */
const KNOWN = new Set(
  (
    'python numpy scipy pandas scikit-learn sklearn joblib cloudpickle torch torchvision torchaudio pytorch-lightning lightning ' +
    'tensorflow tensorflow-cpu tensorflow-gpu keras tf-keras jax jaxlib flax optax onnx onnxruntime onnxruntime-gpu skl2onnx ' +
    'transformers tokenizers safetensors accelerate diffusers peft sentence-transformers sentencepiece datasets huggingface-hub ' +
    'xgboost lightgbm catboost statsmodels mlflow gguf llama-cpp-python bitsandbytes einops timm spacy nltk gensim protobuf ' +
    'pillow opencv-python h5py pyarrow polars matplotlib seaborn networkx numba tqdm pyyaml requests packaging regex filelock ' +
    'setuptools wheel typing-extensions'
  ).split(' '),
);

/** One spelling for a package name (PEP 503). */
const normalise = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, '-');

/** What is odd about the dependencies that metadata names; `known` adds to the built-in names. */
export function oddDependencies(dependencies: unknown, known: readonly string[] = []): string[] {
  if (typeof dependencies !== 'object' || dependencies === null) return [];
  const more = new Set(known.map(normalise));
  return Object.entries(dependencies).flatMap(([name, version]) => {
    const odd: string[] = [];
    const normal = normalise(name);
    if (!KNOWN.has(normal) && !more.has(normal)) odd.push(`${name} is not among the known packages`);
    if (typeof version !== 'string' || version.trim() === '' || version.toLowerCase() === 'unknown') {
      odd.push(`the version of ${name} is not known`);
    }
    return odd;
  });
}
