// The one way in which verified bytes reach the scan and the runtimes without a copy. It is exported from no public
// module: whoever else reads a model gets bytes of their own, and what they do to them changes nothing.

type Lend = (name: string, alias: boolean) => Promise<Uint8Array>;

/** What has bytes by name: a matched model, or something that a caller of the public functions made. */
interface Readable<T> {
  read(name: string): T | Promise<T>;
}

const lenders = new WeakMap<object, Lend>();

/** Called once by a model for itself. `alias` is true where the bytes will be seen outside of the loader. */
export function lendFrom(model: object, lend: Lend): void {
  lenders.set(model, lend);
}

/** Bytes of a file to look at and to let go of: never to be written to, nor handed on. */
export async function borrow<T>(model: Readable<T>, name: string): Promise<T | Uint8Array> {
  return (await lenders.get(model)?.(name, false)) ?? model.read(name);
}

/** Bytes of a file to live on, such as tensors over them, which callers may write to: the model no longer relies on them. */
export async function borrowToLiveOn(model: Readable<Uint8Array>, name: string): Promise<Uint8Array> {
  return (await lenders.get(model)?.(name, true)) ?? model.read(name);
}
