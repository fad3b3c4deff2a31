import { ModelsealError } from '../core/errors/index.js';
import { readBounded } from '../core/files.js';
import type { LiveModel } from '../loader/pipeline/load.js';
import type { InputTensor, OutputTensor } from '../loader/runtime/types.js';
import { type QuarantineOn, quarantineOptions } from './options/quarantine.js';
import { requireTrusted, TRUSTED_PATH } from './options/records.js';
import { type Command, type CommandContext, command, formatBytes, printable } from './terminal/index.js';
import { conclude, remember, reportRenderer } from './verify.js';
import { MODEL, readVerifyOptions, VERIFICATION, type VerifyArguments } from './options/verification.js';

interface LoadArguments extends VerifyArguments {
  readonly 'trusted-path'?: string[] | undefined;
  readonly input?: string | undefined;
  readonly file?: string | undefined;
  readonly engine?: 'auto' | 'wasm' | 'native' | undefined;
  readonly 'allow-unparsed'?: boolean | undefined;
  readonly quarantine?: string | undefined;
  readonly 'quarantine-on': QuarantineOn[];
}

/** Inputs are written by people or scripts; larger ones belong into a program that uses the library. */
const MAX_INPUT = 64 * 1024 * 1024;
const MAX_INPUT_DEPTH = 8;
/** Values of a tensor that are printed for people; all of them are in the JSON. */
const SHOWN_VALUES = 16;

/** `modelseal load MODEL` */
const load: Command = (context) =>
  command({
    command: 'load <model>',
    describe: 'Verify and scan a model, hand its verified bytes to a runtime, and run one inference',
    builder: (yargs) =>
      yargs
        .positional('model', MODEL)
        .options({ ...VERIFICATION, ...TRUSTED_PATH })
        .options(
          quarantineOptions('Move a model that is refused or cannot be loaded into this quarantine folder', [
            'integrity',
            'threat',
            'load',
          ]),
        )
        .option('input', {
          type: 'string',
          describe:
            'JSON file of the inputs: {"name": {"type": "float32", "dims": [1, 4], "data": [0, 1, 2, 3]}}',
        })
        .option('file', { type: 'string', describe: 'File of the model to load, where several could be' })
        .option('allow-unparsed', {
          type: 'boolean',
          describe: 'Load although some signed files are of no format that the scanner understands',
        })
        .option('engine', {
          choices: ['auto', 'wasm', 'native'] as const,
          default: 'auto' as const,
          describe: 'ONNX engine; native needs onnxruntime-node',
        })
        .example('$0 load ./model --trust-root root.pem --crl issuing.crl --input x.json', 'one inference'),
    handler: (argv) => run(argv as unknown as LoadArguments, context),
  });

export default load;

async function run(argv: LoadArguments, context: CommandContext): Promise<void> {
  const [options, { loadModel }, { ReportBuilder }] = await Promise.all([
    readVerifyOptions(argv, context),
    import('../loader/pipeline/load.js'),
    import('../core/report/index.js'),
  ]);
  const inputs = argv.input === undefined ? undefined : await readInputs(argv.input);
  const report = new ReportBuilder(argv.model, options.at, context.observer);
  const bar = context.output.progress('verifying');
  let live: LiveModel;
  try {
    const model = await requireTrusted(argv.model, argv, context.env, report);
    const { file, engine } = argv;
    const scan = argv['allow-unparsed'] ? { policy: { allowUnparsed: true } } : undefined;
    ({ live } = await loadModel(model, {
      ...options,
      report,
      file,
      engine,
      scan,
      onProgress: bar.sink,
    }));
  } catch (error) {
    bar.done();
    await remember('load', error, report, context);
    if (argv.quarantine !== undefined) {
      const { quarantineRefused } = await import('./quarantine-refused.js');
      await quarantineRefused(report.build(), argv.quarantine, argv['quarantine-on'], context);
    }
    await conclude(error, report, context);
    return;
  }
  bar.done();
  await remember('load', undefined, report, context);
  try {
    const outputs = inputs && (await report.step('inference', () => live.run(inputs)));
    if (outputs) report.passed('inference', `${Object.keys(outputs).length} outputs`);
    const render = await reportRenderer(context);
    const built = report.build();
    const value = {
      ...built,
      loaded: describe(live),
      ...(outputs ? { outputs: jsonOutputs(outputs) } : {}),
    };
    context.output.result(value, () =>
      [...modelLines(live), ...outputLines(outputs), render(built)].join('\n'),
    );
  } finally {
    await live.close();
  }
}

async function readInputs(file: string): Promise<Record<string, InputTensor>> {
  const { parseStrictJson } = await import('../core/json/strict-json.js');
  const json = parseStrictJson(readBounded(file, 'input', MAX_INPUT), {
    what: `input ${file}`,
    maxBytes: MAX_INPUT,
    maxDepth: MAX_INPUT_DEPTH,
  });
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new ModelsealError('ERR_USAGE', { problem: `${file} is not an object of tensors by name` });
  }
  // Each tensor is checked field by field before the runtime sees it.
  return json as unknown as Record<string, InputTensor>;
}

function describe(live: LiveModel): object {
  const { file, format, onnx, safetensors } = live;
  const tensors = safetensors && [...safetensors.tensors.values()];
  return {
    file,
    format,
    ...(onnx ? { engine: onnx.engine, inputs: onnx.inputs, outputs: onnx.outputs } : {}),
    ...(tensors
      ? { tensors: tensors.map(({ name, dtype, shape, bytes }) => ({ name, dtype, shape, bytes })) }
      : {}),
  };
}

function modelLines(live: LiveModel): string[] {
  const lines = [`${printable(live.file)}: ${live.format}${live.onnx ? `, ${live.onnx.engine}` : ''}`];
  for (const [kind, shapes] of [
    ['input', live.onnx?.inputs],
    ['output', live.onnx?.outputs],
  ] as const) {
    for (const s of shapes ?? [])
      lines.push(`  ${kind.padEnd(6)} ${printable(s.name)}  ${s.type} [${s.dims.join(', ')}]`);
  }
  for (const t of live.safetensors?.tensors.values() ?? []) {
    lines.push(`  ${printable(t.name)}  ${t.dtype} [${t.shape.join(', ')}]  ${formatBytes(t.bytes)}`);
  }
  return lines;
}

function outputLines(outputs: Readonly<Record<string, OutputTensor>> | undefined): string[] {
  return Object.entries(outputs ?? {}).map(([name, { type, dims, data }]) => {
    const shown = values(data)
      .slice(0, SHOWN_VALUES)
      .map((v) => printable(String(v)))
      .join(', ');
    const more = data.length > SHOWN_VALUES ? `, … ${data.length - SHOWN_VALUES} more` : '';
    return `  ${printable(name)} = ${type} [${dims.join(', ')}]: ${shown}${more}`;
  });
}

/** 64-bit integers do not fit a JSON number and become texts, as inputs may be. */
function jsonOutputs(outputs: Readonly<Record<string, OutputTensor>>): object {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { type, dims, data }]) => [
      name,
      { type, dims, data: values(data).map((v) => (typeof v === 'bigint' ? String(v) : v)) },
    ]),
  );
}

const values = (data: OutputTensor['data']): (number | bigint | string)[] =>
  Array.from(data as ArrayLike<number | bigint | string>);
