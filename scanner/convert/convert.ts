import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { ModelsealError } from '../../core/errors/index.js';
import { readBounded, writeAtomic } from '../../core/files.js';
import { checkOptions, is, type OptionTable } from '../../core/options.js';
import { VERSION } from '../../core/version.js';
import { type Constructors, MAX_MODEL_BYTES, type ModelForm, unpickleModel } from '../unpickle/index.js';
import { collectTensors } from './collect.js';
import { writeSafetensors } from './safetensors.js';

export interface ConvertOptions {
  /** The file to write. */
  readonly out: string;
  /** When the conversion took place, for the record. */
  readonly at: Date;
  /** Further constructors by exact name. */
  readonly constructors?: Constructors;
  /** Replace an existing result and record. */
  readonly overwrite?: boolean;
}

const CONVERT: OptionTable<ConvertOptions> = {
  out: is.text,
  at: is.time,
  constructors: is.object,
  overwrite: is.flag,
};

/** What was made of what, so that the result can be signed together with where it comes from. */
export interface ConversionRecord {
  readonly type: 'modelseal-conversion/1';
  readonly tool: { readonly name: 'modelseal'; readonly version: string };
  readonly convertedAt: string;
  readonly source: {
    readonly name: string;
    readonly form: ModelForm;
    readonly size: number;
    readonly sha256: string;
  };
  readonly result: {
    readonly name: string;
    readonly format: 'safetensors';
    readonly size: number;
    readonly sha256: string;
  };
  readonly tensors: readonly {
    readonly name: string;
    readonly dtype: string;
    readonly shape: readonly number[];
  }[];
  readonly omitted: readonly { readonly path: string; readonly what: string }[];
}

/** Name of the record that lies beside a converted file. */
export function recordName(out: string): string {
  return `${out}.conversion.json`;
}

/**
 * Rebuilds a pickle or PyTorch file without executing anything and writes its tensors as safetensors, with a record
 * beside it. The digest of the source is of the very bytes that were read.
 *
 * @throws {ModelsealError} `ERR_UNPICKLE_*`, `ERR_TORCH_STORAGE`, `ERR_CONVERT_SOURCE`, `ERR_CONVERT_TENSOR`
 * @example
 * const record = convertModel('model.pkl', { out: 'model.safetensors', at: new Date() });
 */
export function convertModel(file: string, options: ConvertOptions): ConversionRecord {
  checkOptions('convertModel', options, CONVERT);
  const bytes = readBounded(file, 'model', MAX_MODEL_BYTES);
  const { form, value } = unpickleModel(
    bytes,
    options.constructors ? { constructors: options.constructors } : {},
  );
  const { tensors, omitted } = collectTensors(value);
  if (tensors.length === 0) {
    throw new ModelsealError('ERR_CONVERT_SOURCE', {
      file,
      problem: 'it holds no tensor and no numeric array',
    });
  }
  const overwrite = options.overwrite ?? false;
  const written = writeSafetensors(options.out, tensors, overwrite);
  const record: ConversionRecord = {
    type: 'modelseal-conversion/1',
    tool: { name: 'modelseal', version: VERSION },
    convertedAt: options.at.toISOString(),
    source: {
      name: basename(file),
      form,
      size: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    },
    result: { name: basename(options.out), format: 'safetensors', ...written },
    tensors: tensors.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
    omitted,
  };
  writeAtomic(recordName(options.out), `${JSON.stringify(record, null, 2)}\n`, { overwrite });
  return record;
}
