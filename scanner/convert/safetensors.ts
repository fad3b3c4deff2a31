import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ModelsealError } from '../../core/errors/index.js';
import { syncToDisk } from '../../core/files.js';
import { MAX_SAFETENSORS_HEADER } from '../../core/formats/safetensors.js';
import type { StoredTensor } from './collect.js';

interface WrittenFile {
  readonly sha256: string;
  readonly size: number;
}

/**
 * Writes tensors as safetensors: eight bytes of header length, a JSON header padded to eight bytes, then the data
 * without gaps, larger elements first so that each tensor is aligned. Atomic: a reader never sees a part.
 *
 * @throws {ModelsealError} `ERR_FILE_EXISTS`, `ERR_FILE_UNWRITABLE`, `ERR_TORCH_STORAGE`
 */
export function writeSafetensors(
  file: string,
  tensors: readonly StoredTensor[],
  overwrite = false,
): WrittenFile {
  const ordered = [...tensors].sort((a, b) => b.itemSize - a.itemSize || (a.name < b.name ? -1 : 1));
  const header = encodeHeader(ordered);
  const temporary = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}.tmp`);
  const hash = createHash('sha256');
  let size = 0;
  try {
    const fd = openSync(temporary, 'wx', 0o644);
    const write = (bytes: Uint8Array): void => {
      hash.update(bytes);
      size += bytes.length;
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    };
    try {
      write(header);
      for (const tensor of ordered) write(tensor.bytes());
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    if (overwrite) renameSync(temporary, file);
    else {
      linkSync(temporary, file);
      unlinkSync(temporary);
    }
    syncToDisk(dirname(file));
  } catch (error) {
    try {
      unlinkSync(temporary);
    } catch {
      // It was never made, or has its final name.
    }
    if (error instanceof ModelsealError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EEXIST') throw new ModelsealError('ERR_FILE_EXISTS', { file });
    throw new ModelsealError(
      'ERR_FILE_UNWRITABLE',
      { file, reason: code ?? String(error) },
      { cause: error },
    );
  }
  return { sha256: hash.digest('hex'), size };
}

function encodeHeader(tensors: readonly StoredTensor[]): Uint8Array {
  const header: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  header.__metadata__ = { format: 'pt' };
  let at = 0;
  for (const { name, dtype, shape, itemSize } of tensors) {
    const end = at + shape.reduce((a, b) => a * b, 1) * itemSize;
    header[name] = { dtype, shape, data_offsets: [at, end] };
    at = end;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Math.ceil(json.length / 8) * 8;
  if (length > MAX_SAFETENSORS_HEADER) {
    throw new ModelsealError('ERR_CONVERT_TENSOR', { tensor: 'the header', problem: 'it would be too long' });
  }
  const out = Buffer.alloc(8 + length, 0x20);
  out.writeBigUInt64LE(BigInt(length));
  json.copy(out, 8);
  return out;
}
