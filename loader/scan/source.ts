import { readSync } from 'node:fs';

/**
 * Random access to the bytes of one file or archive member. Scanners see bytes only through this, so that the same
 * scanner serves files on disk, verified bytes in memory and members of an archive.
 */
export interface ByteSource {
  /** Bytes in all. */
  readonly size: number;
  /**
   * The bytes `[offset, offset + length)`, fewer at the end of the source, none past it.
   * The result may be reused by the next call: copy what must outlive it.
   */
  read(offset: number, length: number): Uint8Array;
}

/** Bytes that are in memory already. */
export class MemorySource implements ByteSource {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get size(): number {
    return this.#bytes.length;
  }

  read(offset: number, length: number): Uint8Array {
    return this.#bytes.subarray(offset, offset + length);
  }
}

/** An open file. Its size is fixed at opening: bytes appended later are not part of what is scanned. */
export class DescriptorSource implements ByteSource {
  readonly size: number;
  readonly #fd: number;
  #buffer = Buffer.alloc(0);

  constructor(fd: number, size: number) {
    this.#fd = fd;
    this.size = size;
  }

  read(offset: number, length: number): Uint8Array {
    const wanted = Math.max(0, Math.min(length, this.size - offset));
    if (this.#buffer.length < wanted) this.#buffer = Buffer.allocUnsafeSlow(wanted);
    let got = 0;
    while (got < wanted) {
      const n = readSync(this.#fd, this.#buffer, got, wanted - got, offset + got);
      if (n === 0) break;
      got += n;
    }
    return this.#buffer.subarray(0, got);
  }
}
