/** Any numeric typed array that a tensor can live in. */
export type NumericArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

/** A tensor that goes into an inference. `data` in row-major order. */
export interface InputTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: NumericArray | readonly (number | string | boolean | bigint)[];
}

/** A tensor that comes out of an inference. */
export interface OutputTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: NumericArray | readonly string[];
}

/** What a model says of one of its inputs or outputs; a string stands for a dimension that is not fixed. */
export interface TensorShape {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly (number | string)[];
}

/** A model that can compute. It lives on bytes that were verified and never looks at a disk. */
export interface ModelRuntime {
  readonly engine: string;
  readonly inputs: readonly TensorShape[];
  readonly outputs: readonly TensorShape[];
  run(inputs: Readonly<Record<string, InputTensor>>): Promise<Readonly<Record<string, OutputTensor>>>;
  close(): Promise<void>;
}

/** The files a runtime may use: the names of the signed manifest and their verified bytes, nothing else. */
export interface VerifiedFiles {
  has(name: string): boolean;
  /** Bytes whose digest is the signed one, the caller's own. */
  read(name: string): Promise<Uint8Array>;
}
