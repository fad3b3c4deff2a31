import { closeSync, fstatSync, readSync } from 'node:fs';
import { ioError, openRegular } from '../../core/files.js';
import { type ByteSource, DescriptorSource } from '../../core/formats/source.js';

/** The first bytes of a file, at most `limit`. */
export function readHead(file: string, limit: number): Buffer {
  const fd = openRegular(file, 'model file');
  try {
    const buffer = Buffer.alloc(limit);
    let got = 0;
    while (got < limit) {
      const n = readSync(fd, buffer, got, limit - got, got);
      if (n === 0) break;
      got += n;
    }
    return buffer.subarray(0, got);
  } catch (error) {
    throw ioError(error, file, 'model file');
  } finally {
    closeSync(fd);
  }
}

/** Runs `work` over the bytes of a file, which is open only meanwhile. */
export function withSource<T>(file: string, work: (source: ByteSource) => T): T {
  const fd = openRegular(file, 'model file');
  try {
    return work(new DescriptorSource(fd, fstatSync(fd).size));
  } finally {
    closeSync(fd);
  }
}
