/**
 * Assembles pickles opcode by opcode, so that tests can write what Python never would. Nothing built here is ever
 * unpickled by Python.
 */
export class PickleBuilder {
  readonly #parts: Buffer[] = [];

  raw(bytes: Uint8Array | string): this {
    this.#parts.push(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes));
    return this;
  }

  op(code: number | string, argument: Uint8Array | string = ''): this {
    return this.raw(typeof code === 'string' ? code : Uint8Array.of(code)).raw(argument);
  }

  proto(version: number): this {
    return this.op(0x80, Uint8Array.of(version));
  }

  frame(length: number | bigint): this {
    return this.op(0x95, u64(BigInt(length)));
  }

  /** SHORT_BINUNICODE, or BINUNICODE for longer text. */
  str(text: string): this {
    const bytes = Buffer.from(text, 'utf8');
    return bytes.length < 256
      ? this.op(0x8c, Uint8Array.of(bytes.length)).raw(bytes)
      : this.op('X', u32(bytes.length)).raw(bytes);
  }

  bytes(data: Uint8Array): this {
    return data.length < 256
      ? this.op('C', Uint8Array.of(data.length)).raw(data)
      : this.op('B', u32(data.length)).raw(data);
  }

  int(value: number): this {
    return value >= 0 && value < 256 ? this.op('K', Uint8Array.of(value)) : this.op('J', u32(value >>> 0));
  }

  none(): this {
    return this.op('N');
  }

  /** The text opcode GLOBAL. */
  global(module: string, name: string): this {
    return this.raw(`c${Buffer.from(`${module}\n${name}`, 'utf8').toString('latin1')}\n`);
  }

  /** Two strings and STACK_GLOBAL. */
  stackGlobal(module: string, name: string): this {
    return this.str(module).str(name).op(0x93);
  }

  mark(): this {
    return this.op('(');
  }

  tuple(): this {
    return this.op('t');
  }

  tuple1(): this {
    return this.op(0x85);
  }

  tuple2(): this {
    return this.op(0x86);
  }

  tuple3(): this {
    return this.op(0x87);
  }

  emptyTuple(): this {
    return this.op(')');
  }

  dict(): this {
    return this.op('}');
  }

  setItems(): this {
    return this.op('u');
  }

  reduce(): this {
    return this.op('R');
  }

  newObject(): this {
    return this.op(0x81);
  }

  build(): this {
    return this.op('b');
  }

  memoize(): this {
    return this.op(0x94);
  }

  put(index: number): this {
    return index < 256 ? this.op('q', Uint8Array.of(index)) : this.op('r', u32(index));
  }

  get(index: number): this {
    return index < 256 ? this.op('h', Uint8Array.of(index)) : this.op('j', u32(index));
  }

  pop(): this {
    return this.op('0');
  }

  stop(): this {
    return this.op('.');
  }

  done(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(Buffer.concat(this.#parts));
  }
}

export function pickle(protocol?: number): PickleBuilder {
  const builder = new PickleBuilder();
  return protocol === undefined ? builder : builder.proto(protocol);
}

export function u32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

export function u64(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

/** A data type as NumPy pickles it. */
export const numpyDtype = (b: PickleBuilder, spec: string, order = '<'): PickleBuilder =>
  b
    .global('numpy', 'dtype')
    .str(spec)
    .op(0x89)
    .op(0x88)
    .tuple3()
    .reduce()
    .mark()
    .int(3)
    .str(order)
    .none()
    .none()
    .none()
    .int(0xffffffff)
    .int(0xffffffff)
    .int(0)
    .tuple()
    .build();

/** A legacy PyTorch file: three of the four bytes of a storage, from the second on, as a tensor. */
export function legacyTorch(storage: Uint8Array): Uint8Array {
  const magic = Uint8Array.of(10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19);
  const tensor = pickle(2)
    .global('torch._utils', '_rebuild_tensor_v2')
    .mark()
    .mark()
    .str('storage')
    .global('torch', 'ByteStorage')
    .str('7')
    .str('cpu')
    .int(4)
    .none()
    .tuple()
    .op('Q')
    .int(1)
    .int(3)
    .tuple1()
    .int(1)
    .tuple1()
    .op(0x89)
    .global('collections', 'OrderedDict')
    .emptyTuple()
    .reduce()
    .tuple()
    .reduce();
  return new Uint8Array(
    Buffer.concat([
      pickle(2).op(0x8a, magic).stop().done(),
      pickle(2).op('M', Uint8Array.of(0xe9, 3)).stop().done(),
      pickle(2).dict().stop().done(),
      tensor.stop().done(),
      pickle(2).op(']').str('7').op('a').stop().done(),
      u64(4n),
      storage,
    ]),
  );
}
