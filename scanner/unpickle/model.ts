import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { ModelsealError } from '../../core/errors/index.js';
import { ioError } from '../../core/files.js';
import { hasZipEnd, readZip, type ZipEntry } from '../../core/formats/zip.js';
import { readZipEntry } from '../containers/zip-data.js';
import { type ByteSource, DescriptorSource, MemorySource } from '../../core/formats/source.js';
import { Copies } from './copies.js';
import { checkUnpickleOptions, type UnpickleOptions } from './options.js';
import { STORAGE_TYPES, TORCH_TYPES, TorchStorage } from './tensor.js';
import { Unpickler } from './unpickler.js';
import { PyReference, PyTuple, type PyValue } from './values.js';

/** Which of its forms a file had. */
export type ModelForm = 'pickle' | 'pytorch-zip' | 'pytorch-legacy';

export interface UnpickledModel {
  readonly form: ModelForm;
  readonly value: PyValue;
}

/** A pickle is read into memory whole: the largest buffer that every supported Node can make. */
export const MAX_MODEL_BYTES = 2 ** 32 - 1;
/** PyTorch compresses nothing; an archive that somebody packed again still expands to no more than this. */
const UNPACKED_BYTES = 1 << 26;
const UNPACKED_FACTOR = 100;
/** Tensors within pickles within tensors: one level is real. */
const MAX_NESTING = 4;
/** torch.serialization.MAGIC_NUMBER */
const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;
const LEGACY_PROTOCOL = 1001;

/**
 * Rebuilds a pickle or a PyTorch file, zip or legacy, as data.
 *
 * @throws {ModelsealError} `ERR_UNPICKLE_*`, `ERR_TORCH_STORAGE`, `ERR_FORMAT_MALFORMED`
 * @example
 * const { value } = unpickleModel(bytes);
 */
export function unpickleModel(input: Uint8Array | ByteSource, options: UnpickleOptions = {}): UnpickledModel {
  checkUnpickleOptions('unpickleModel', options);
  return bounded(() => read(input, options, new Copies(sizeOf(input)), 0));
}

/**
 * The same for a file on disk.
 * @example
 * const { value } = unpickleFile('model.pt');
 */
export function unpickleFile(file: string, options: UnpickleOptions = {}): UnpickledModel {
  checkUnpickleOptions('unpickleFile', options);
  let fd: number;
  try {
    // Opening a pipe waits for its other end otherwise.
    fd = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    throw ioError(error, file, 'model');
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile())
      throw new ModelsealError('ERR_FILE_UNREADABLE', { file, reason: 'it is a device, a pipe or a folder' });
    return unpickleModel(new DescriptorSource(fd, stat.size), options);
  } finally {
    closeSync(fd);
  }
}

/**
 * Rebuilds one pickle as data.
 * @example
 * const value = unpickle(bytes);
 */
export function unpickle(input: Uint8Array | ByteSource, options: UnpickleOptions = {}): PyValue {
  checkUnpickleOptions('unpickle', options);
  return bounded(() => {
    const bytes = allOf(input);
    const copies = new Copies(bytes.length);
    const nested = (inner: Uint8Array): PyValue => read(inner, options, copies, 1).value;
    return new Unpickler(bytes, { ...options, nested }, copies).load();
  });
}

/** What the engine itself has no room for is a limit like any other. */
function bounded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ModelsealError('ERR_UNPICKLE_LIMIT', { what: 'bytes of a value', limit: MAX_MODEL_BYTES });
  }
}

function allOf(input: Uint8Array | ByteSource): Uint8Array {
  if (input instanceof Uint8Array) return input;
  if (input.size > MAX_MODEL_BYTES) {
    throw new ModelsealError('ERR_UNPICKLE_LIMIT', { what: 'bytes', limit: MAX_MODEL_BYTES });
  }
  return Uint8Array.from(input.read(0, input.size));
}

const sizeOf = (input: Uint8Array | ByteSource): number =>
  input instanceof Uint8Array ? input.length : input.size;

/** @param copies Shared by all pickles of a file: one within another may be read again and again. */
function read(
  input: Uint8Array | ByteSource,
  options: UnpickleOptions,
  copies: Copies,
  depth: number,
): UnpickledModel {
  if (depth > MAX_NESTING)
    throw new ModelsealError('ERR_UNPICKLE_LIMIT', { what: 'nested pickles', limit: MAX_NESTING });
  const inner: UnpickleOptions = {
    ...options,
    nested: (bytes) => read(bytes, options, copies, depth + 1).value,
  };
  const source = input instanceof Uint8Array ? new MemorySource(input) : input;
  const head = source.read(0, 4);
  if (head[0] === 0x50 && head[1] === 0x4b && hasZipEnd(source)) {
    return { form: 'pytorch-zip', value: readZipModel(source, inner, copies, depth) };
  }
  const bytes = allOf(input);
  const first = new Unpickler(bytes, inner, copies);
  return isLegacy(bytes)
    ? { form: 'pytorch-legacy', value: readLegacy(bytes, inner, copies) }
    : { form: 'pickle', value: first.load() };
}

/** Its first pickle is the magic number and nothing else. */
function isLegacy(bytes: Uint8Array): boolean {
  try {
    return new Unpickler(bytes.subarray(0, 64), { maxOpcodes: 4 }).load() === LEGACY_MAGIC;
  } catch {
    return false;
  }
}

/** `('storage', type, key, location, elements[, view])` */
interface StorageId {
  readonly key: string;
  readonly dtype: string;
  readonly length: number;
  readonly view: PyValue;
}

function storageId(pid: PyValue, offset: number): StorageId {
  const [tag, type, key, , length, view = null] = pid instanceof PyTuple ? pid.items : [];
  const name = type instanceof PyReference && type.name.startsWith('torch.') ? type.name : '';
  const dtype = STORAGE_TYPES[name.slice(name.lastIndexOf('.') + 1)];
  if (tag !== 'storage' || dtype === undefined || typeof key !== 'string' || !isSize(length)) {
    throw new ModelsealError('ERR_UNPICKLE_GLOBAL', {
      global: 'a persistent object that is no tensor storage',
      offset,
    });
  }
  return { key, dtype, length, view };
}

function isSize(value: PyValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function fits(storage: TorchStorage, bytes: Uint8Array): void {
  const needed = storage.length * (TORCH_TYPES[storage.dtype] ?? 1);
  if (bytes.length < needed) {
    const problem = `it needs ${needed} bytes, the file has ${bytes.length}`;
    throw new ModelsealError('ERR_TORCH_STORAGE', { key: storage.key, problem });
  }
}

/** `NAME/data.pkl`, and one entry `NAME/data/KEY` for each storage. */
function readZipModel(source: ByteSource, options: UnpickleOptions, copies: Copies, depth: number): PyValue {
  const archive = readZip(source);
  const problem = archive.problems[0];
  if (problem)
    throw new ModelsealError('ERR_UNPICKLE_MALFORMED', { problem: problem.message, offset: problem.offset });
  const pickles = archive.entries.filter((e) => /^[^/]+\/data\.pkl$/.test(e.name));
  const [entry] = pickles;
  if (!entry || pickles.length > 1) {
    throw new ModelsealError('ERR_UNPICKLE_MALFORMED', {
      problem: 'the archive is no PyTorch file',
      offset: 0,
    });
  }
  const prefix = entry.name.slice(0, -'data.pkl'.length);
  const byName = new Map(archive.entries.map((e) => [e.name, e]));
  const order = byName.get(`${prefix}byteorder`);
  if (order && Buffer.from(readZipEntry(source, order, 16)).toString('latin1') !== 'little') {
    throw new ModelsealError('ERR_TORCH_STORAGE', {
      key: 'byteorder',
      problem: 'big-endian tensors are not read',
    });
  }
  let room = Math.min(MAX_MODEL_BYTES, UNPACKED_BYTES + UNPACKED_FACTOR * source.size);
  const unpacked = (member: ZipEntry): Uint8Array => {
    const bytes = readZipEntry(source, member, room);
    room -= bytes.length;
    // An archive within a pickle may be read, and unpacked, again and again.
    if (depth === 0) copies.hold(bytes.length);
    else copies.pay(bytes.length);
    return Uint8Array.from(bytes);
  };
  const storages = new Map<string, TorchStorage>();
  const persistent = (pid: PyValue, offset: number): PyValue => {
    const { key, dtype, length } = storageId(pid, offset);
    const known = storages.get(key);
    if (known?.dtype === dtype) return known;
    const storage = new TorchStorage(key, dtype, length);
    const member = byName.get(`${prefix}data/${key}`);
    if (!member)
      throw new ModelsealError('ERR_TORCH_STORAGE', { key, problem: 'the archive does not hold it' });
    // Two tensors may see one storage as different types: they share its bytes all the same.
    storage.bytes = known?.bytes ?? unpacked(member);
    fits(storage, storage.bytes);
    storages.set(key, storage);
    return storage;
  };
  return new Unpickler(unpacked(entry), { ...options, persistent }, copies).load();
}

/** Magic number, protocol, platform, the object, the keys of its storages; then each storage, length first. */
function readLegacy(bytes: Uint8Array, options: UnpickleOptions, copies: Copies): PyValue {
  const roots = new Map<string, TorchStorage>();
  const views: { readonly view: TorchStorage; readonly root: TorchStorage; readonly offset: number }[] = [];
  const persistent = (pid: PyValue, offset: number): PyValue => {
    // Whole models carry each class with the source text it had: ('module', class, file, source).
    if (pid instanceof PyTuple && pid.items[0] === 'module' && pid.items[1] instanceof PyReference)
      return pid.items[1];
    const { key, dtype, length, view } = storageId(pid, offset);
    const root = roots.get(key) ?? new TorchStorage(key, dtype, length);
    roots.set(key, root);
    if (view === null) return root;
    const [viewKey, from, size] = view instanceof PyTuple ? view.items : [];
    if (typeof viewKey !== 'string' || !isSize(from) || !isSize(size)) {
      throw new ModelsealError('ERR_TORCH_STORAGE', { key, problem: 'its view is malformed' });
    }
    const part = new TorchStorage(viewKey, dtype, size);
    views.push({ view: part, root, offset: from });
    return part;
  };
  const reader = new Unpickler(bytes, { ...options, persistent }, copies);
  reader.load();
  if (reader.load() !== LEGACY_PROTOCOL) {
    throw new ModelsealError('ERR_UNPICKLE_MALFORMED', {
      problem: 'its PyTorch protocol is unknown',
      offset: 0,
    });
  }
  reader.load();
  const value = reader.load();
  const keys = reader.load();
  let at = reader.position;
  for (const key of Array.isArray(keys) ? keys : []) {
    const storage = typeof key === 'string' ? roots.get(key) : undefined;
    if (!storage)
      throw new ModelsealError('ERR_TORCH_STORAGE', {
        key: typeof key === 'string' ? key : 'of no name',
        problem: 'no tensor uses it',
      });
    const size = storage.length * (TORCH_TYPES[storage.dtype] ?? 1);
    const stored =
      at + 8 <= bytes.length ? new DataView(bytes.buffer, bytes.byteOffset + at).getBigInt64(0, true) : -1n;
    if (stored !== BigInt(storage.length) || at + 8 + size > bytes.length) {
      throw new ModelsealError('ERR_TORCH_STORAGE', {
        key: storage.key,
        problem: 'its length does not match',
      });
    }
    storage.bytes = bytes.slice(at + 8, at + 8 + size);
    at += 8 + size;
  }
  for (const storage of roots.values()) fits(storage, storage.bytes);
  for (const { view, root, offset } of views) {
    const size = TORCH_TYPES[root.dtype] ?? 1;
    view.bytes = root.bytes.subarray(offset * size, (offset + view.length) * size);
    fits(view, view.bytes);
  }
  return value;
}
