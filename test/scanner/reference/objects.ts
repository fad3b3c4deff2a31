/** What a slow machine makes of a pickle: every Python object is one JavaScript object, with an identity and real contents. */
export type Py =
  | PyPlain
  | PyText
  | PyBytes
  | PyNumber
  | PyTuple
  | PyList
  | PyDict
  | PySet
  | PyGlobal
  | PyInstance
  | PyComputed;

/** None, a boolean, a float. */
export class PyPlain {
  readonly kind = 'plain';
}
export class PyText {
  readonly kind = 'text';
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}
export class PyBytes {
  readonly kind = 'bytes';
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}
export class PyNumber {
  readonly kind = 'number';
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}
export class PyTuple {
  readonly kind = 'tuple';
  readonly items: readonly Py[];
  constructor(items: readonly Py[]) {
    this.items = items;
  }
}
export class PyList {
  readonly kind = 'list';
  readonly items: Py[] = [];
}
export class PyDict {
  readonly kind = 'dict';
  readonly entries: [Py, Py][] = [];
}
export class PySet {
  readonly kind = 'set';
  readonly items: Py[] = [];
}
/** What an import gives. */
export class PyGlobal {
  readonly kind = 'global';
  readonly path: string;
  constructor(path: string) {
    this.path = path;
  }
}
/** What a call of a global, or an instance of it, is. */
export class PyInstance {
  readonly kind = 'instance';
  readonly of: string;
  readonly parts: Py[];
  constructor(of: string, parts: readonly Py[] = []) {
    this.of = of;
    this.parts = [...parts];
  }
}
/** What nothing is known of: a method, the class of a value. */
export class PyComputed {
  readonly kind = 'computed';
}

/** What an object refers to. */
export function referents(object: Py): readonly Py[] {
  switch (object.kind) {
    case 'tuple':
    case 'list':
    case 'set':
      return object.items;
    case 'dict':
      return object.entries.flat();
    case 'instance':
      return object.parts;
    default:
      return [];
  }
}

/** Everything that can be got at from an object, itself included. */
export function reachable(from: Py): ReadonlySet<Py> {
  const seen = new Set<Py>([from]);
  for (const object of seen) for (const next of referents(object)) seen.add(next);
  return seen;
}
