import { types } from 'node:util';
import v8 from 'node:v8';
import { type Catalogue, sha256 } from './catalogue.js';
import { closedProxy, lock } from './lock.js';
import { pristine, taken } from './pristine.js';
import type { Refuse } from './refuse.js';
import { copyOf } from './bytes.js';

const { construct } = Reflect;

type Constructor = new (...args: never[]) => object;

/**
 * Refuses code made from text: `eval` and the four function constructors, under every name they can be reached by.
 * The V8 flag does the same once more for the contexts of workers, and for this one when Node was started with it.
 */
export function guardEval(refuse: Refuse): void {
  v8.setFlagsFromString('--disallow-code-generation-from-strings');
  const no = (name: string) => (): never => refuse('ERR_GUARD_EVAL', { name });
  const closed = (original: Constructor, name: string): Constructor =>
    closedProxy(original, { apply: no(name), construct: no(name) });

  const guarded = closed(Function as unknown as Constructor, 'Function');
  lock(Function.prototype, 'constructor', guarded);
  lock(globalThis, 'Function', guarded);
  // Node 24 itself reads string literals of CommonJS files so, and nothing runs when it does.
  lock(globalThis, 'eval', (text: unknown) => pristine(() => literal(text)) ?? no('eval')());
  for (const sample of [async () => {}, function* () {}, async function* () {}]) {
    const prototype = Object.getPrototypeOf(sample) as { constructor: Constructor };
    const original = prototype.constructor;
    // Their prototype is the original Function constructor, which would otherwise be one step away.
    Object.setPrototypeOf(original, guarded);
    lock(prototype, 'constructor', closed(original, original.name));
  }
}

/** The value of a text that is one string literal; of those with escapes it is not told. */
function literal(text: unknown): string | undefined {
  const [, , value] =
    typeof text === 'string' ? (/^(["'])((?:(?!\1)[^\\\r\n]|\\[^\r\n])*)\1$/.exec(text) ?? []) : [];
  if (value?.includes('\\')) throw new SyntaxError('a string literal with escapes');
  return value;
}

type Source = ArrayBuffer | ArrayBufferView;

/** Taken once, and by what the engine knows of a value, not by its prototype. */
const { isAnyArrayBuffer, isArrayBufferView } = types;
const isBytes = (source: unknown): source is Source => isAnyArrayBuffer(source) || isArrayBufferView(source);

/** WebAssembly is compiled only from bytes that are a file of an accepted manifest; the checked copy is compiled. */
export function guardWasm(catalogue: Catalogue, refuse: Refuse): void {
  const { compile, instantiate, Module } = WebAssembly;
  const bodyOf = taken(Response.prototype.arrayBuffer);
  const checked = (source: Source): Uint8Array<ArrayBuffer> => {
    const copy = copyOf(source);
    pristine(() => {
      const digest = sha256(copy);
      if (!catalogue.listsCode(digest)) refuse('ERR_GUARD_WASM', { digest });
    });
    return copy;
  };
  const body = async (response: Response | Promise<Response>): Promise<Uint8Array<ArrayBuffer>> =>
    checked((await bodyOf(await response)) as ArrayBuffer);

  const guarded = closedProxy(Module, {
    construct: (target, args, newTarget) => construct(target, [checked(args[0])], newTarget),
  });
  lock(Module.prototype, 'constructor', guarded);
  lock(WebAssembly, 'Module', guarded);
  lock(WebAssembly, 'compile', async (source: Source) => compile(checked(source)));
  lock(
    WebAssembly,
    'instantiate',
    async (source: Source | WebAssembly.Module, imports?: WebAssembly.Imports) =>
      // Asked this way round: any bytes can be given the prototype of a module.
      isBytes(source) ? instantiate(checked(source), imports) : instantiate(source, imports),
  );
  lock(WebAssembly, 'compileStreaming', async (response: Response | Promise<Response>) =>
    compile(await body(response)),
  );
  lock(
    WebAssembly,
    'instantiateStreaming',
    async (response: Response | Promise<Response>, imports?: WebAssembly.Imports) =>
      instantiate(await body(response), imports),
  );
}
