import { type ProtobufField, ProtobufReader } from '../../core/protobuf.js';
import { leavesFolder } from '../containers/paths.js';
import type { ByteSource } from '../source.js';
import type { ScanContext } from '../types.js';
import { pythonDangers } from './python-code.js';

/** Operator sets that come with ONNX Runtime. */
const DOMAINS = new Set([
  '',
  'ai.onnx',
  'ai.onnx.ml',
  'ai.onnx.training',
  'ai.onnx.preview',
  'ai.onnx.preview.training',
  'com.microsoft',
  'com.microsoft.nchwc',
  'com.microsoft.experimental',
  'com.microsoft.dml',
  'com.ms.internal.nhwc',
  'org.pytorch.aten',
  'org.pytorch.prims',
]);
/** Operators that call back into Python, whatever their domain. */
const CODE_OPERATORS = new Set(['PyOp', 'PyCustomOp', 'PythonOp', 'PythonOpGrad', 'PyFunc', 'EagerPyFunc']);
/** Control flow nests; no exporter goes deeper. */
const MAX_DEPTH = 32;
const MAX_TEXT = 1 << 20;
/** Bits of one element by TensorProto.DataType; texts (8) have no fixed size. */
const TYPE_BITS: { readonly [type: number]: number } = {
  1: 32,
  2: 8,
  3: 8,
  4: 16,
  5: 16,
  6: 32,
  7: 64,
  9: 8,
  10: 16,
  11: 64,
  12: 32,
  13: 64,
  14: 64,
  15: 128,
  16: 16,
  17: 8,
  18: 8,
  19: 8,
  20: 8,
  21: 4,
  22: 4,
  23: 4,
  24: 8,
  25: 2,
  26: 2,
};

/** One pass over an ONNX model: graphs, functions, tensors, attributes. Weights stay where they are. */
export class OnnxScan {
  readonly #reader: ProtobufReader;
  readonly #context: ScanContext;
  readonly #functions = new Set<string>();
  readonly #custom = new Map<string, Set<string>>();

  constructor(source: ByteSource, context: ScanContext) {
    this.#reader = new ProtobufReader(source);
    this.#context = context;
  }

  model(): void {
    // Functions of the model explain operators of unknown domains, so they are collected first.
    for (const field of this.#reader.fields()) {
      if (field.number === 25 && field.wire === 2) this.#functions.add(this.#functionName(field));
    }
    for (const field of this.#reader.fields()) {
      if (!this.#context.spend(8)) return;
      if (field.wire !== 2) continue;
      if (field.number === 7) this.#graph(field, 0);
      else if (field.number === 25) this.#function(field);
      else if (field.number === 14) this.#property(field);
      else if (field.number === 20) this.#training(field);
    }
    for (const [domain, operators] of this.#custom) {
      const names = [...operators].slice(0, 5).join(', ');
      this.#context.report('ONNX-CUSTOM-OPERATOR', `operators of ${domain.slice(0, 100)}: ${names}`);
    }
  }

  #fields(field: ProtobufField): Iterable<ProtobufField> {
    return this.#reader.fields(field.start, field.end);
  }

  #text(field: ProtobufField): string {
    return this.#reader.text(field, MAX_TEXT);
  }

  #functionName(field: ProtobufField): string {
    let [name, domain] = ['', ''];
    for (const part of this.#fields(field)) {
      if (part.number === 1 && part.wire === 2) name = this.#text(part);
      if (part.number === 10 && part.wire === 2) domain = this.#text(part);
    }
    return `${domain}/${name}`;
  }

  #function(field: ProtobufField): void {
    for (const part of this.#fields(field)) {
      if (part.wire !== 2) continue;
      if (part.number === 7) this.#node(part, 1);
      if (part.number === 11) this.#attribute(part, 1);
    }
  }

  #training(field: ProtobufField): void {
    for (const part of this.#fields(field)) {
      if (part.wire === 2 && (part.number === 1 || part.number === 2)) this.#graph(part, 1);
    }
  }

  #property(field: ProtobufField): void {
    for (const part of this.#fields(field)) if (part.wire === 2) this.#hostileText(part, 'metadata');
  }

  #graph(field: ProtobufField, depth: number): void {
    if (depth > MAX_DEPTH) {
      this.#context.unparsed('graphs are nested too deep', field.start);
      return;
    }
    for (const part of this.#fields(field)) {
      if (!this.#context.spend(8)) return;
      if (part.wire !== 2) continue;
      if (part.number === 1) this.#node(part, depth);
      else if (part.number === 5) this.#tensor(part);
      else if (part.number === 15) this.#sparse(part);
      else if (part.number === 16) this.#property(part);
    }
  }

  #node(field: ProtobufField, depth: number): void {
    let [operator, domain] = ['', ''];
    for (const part of this.#fields(field)) {
      if (!this.#context.spend(4)) return;
      if (part.wire !== 2) continue;
      if (part.number === 4) operator = this.#text(part);
      else if (part.number === 7) domain = this.#text(part);
      else if (part.number === 5) this.#attribute(part, depth);
      else if (part.number === 9) this.#property(part);
    }
    if (CODE_OPERATORS.has(operator)) {
      this.#context.report('ONNX-CODE-OPERATOR', `the operator ${operator} runs Python code`, field.start);
    } else if (!DOMAINS.has(domain) && !this.#functions.has(`${domain}/${operator}`)) {
      const operators = this.#custom.get(domain) ?? new Set<string>();
      if (operators.size < 64) operators.add(operator.slice(0, 100));
      if (this.#custom.size < 64 || this.#custom.has(domain)) this.#custom.set(domain, operators);
    }
  }

  #attribute(field: ProtobufField, depth: number): void {
    for (const part of this.#fields(field)) {
      if (!this.#context.spend(4)) return;
      if (part.wire !== 2) continue;
      // AttributeProto: s 4, t 5, g 6, strings 9, tensors 10, graphs 11, sparse 22 and 23.
      if (part.number === 4 || part.number === 9) this.#hostileText(part, 'an attribute');
      else if (part.number === 5 || part.number === 10) this.#tensor(part);
      else if (part.number === 6 || part.number === 11) this.#graph(part, depth + 1);
      else if (part.number === 22 || part.number === 23) this.#sparse(part);
    }
  }

  #sparse(field: ProtobufField): void {
    for (const part of this.#fields(field)) {
      if (part.wire === 2 && (part.number === 1 || part.number === 2)) this.#tensor(part);
    }
  }

  #tensor(field: ProtobufField): void {
    let [type, elements, external, raw] = [0, 1, false, -1];
    let name = '';
    for (const part of this.#fields(field)) {
      if (part.number === 1) elements = this.#dimensions(part, elements);
      else if (part.number === 2 && part.wire === 0) type = Number(part.value);
      else if (part.number === 8 && part.wire === 2) name = this.#text(part).slice(0, 100);
      else if (part.number === 9) raw = part.end - part.start;
      else if (part.number === 13 && part.wire === 2) this.#external(part, name);
      else if (part.number === 14 && part.value === 1n) external = true;
    }
    const bits = TYPE_BITS[type];
    if (elements < 0 || !Number.isSafeInteger(elements)) {
      this.#context.report(
        'ONNX-STRUCTURE',
        `the shape of tensor ${name} multiplies to ${elements}`,
        field.start,
      );
    } else if (!external && raw >= 0 && bits !== undefined && raw !== Math.ceil((elements * bits) / 8)) {
      const needed = Math.ceil((elements * bits) / 8);
      this.#context.report(
        'ONNX-STRUCTURE',
        `tensor ${name} has ${raw} bytes where its shape needs ${needed}`,
        field.start,
      );
    }
  }

  /** Dimensions come packed or one by one; a negative one makes the product negative for good. */
  #dimensions(part: ProtobufField, product: number): number {
    const times = (value: bigint): number => {
      const n = Number(BigInt.asIntN(64, value));
      return n < 0 || product < 0 ? -1 : product * n;
    };
    if (part.wire === 0) return times(part.value);
    if (part.wire !== 2) return product;
    // Packed varints look like no fields; they are few, so they are decoded here.
    let out = product;
    let value = 0n;
    let shift = 0n;
    for (const byte of this.#reader.bytes(part, 4096)) {
      value |= BigInt(byte & 127) << shift;
      shift += 7n;
      if (byte >= 128) continue;
      const n = Number(BigInt.asIntN(64, value));
      out = n < 0 || out < 0 ? -1 : out * n;
      value = 0n;
      shift = 0n;
    }
    return out;
  }

  #external(field: ProtobufField, name: string): void {
    let [key, value] = ['', ''];
    for (const part of this.#fields(field)) {
      if (part.number === 1 && part.wire === 2) key = this.#text(part);
      if (part.number === 2 && part.wire === 2) value = this.#text(part);
    }
    if (key === 'location' && (leavesFolder(value) || value.includes('\0') || /^[a-z]+:\/\//i.test(value))) {
      this.#context.report(
        'ONNX-EXTERNAL-ESCAPE',
        `tensor ${name} is read from ${value.slice(0, 200)}`,
        field.start,
      );
    } else if (key === 'location' && value === '') {
      this.#context.report(
        'ONNX-STRUCTURE',
        `tensor ${name} is read from a file without a name`,
        field.start,
      );
    } else if (key === 'location') this.#context.sidecar(value);
    if ((key === 'offset' || key === 'length') && !/^\d{1,19}$/.test(value)) {
      this.#context.report(
        'ONNX-STRUCTURE',
        `the ${key} of external data is ${value.slice(0, 40)}`,
        field.start,
      );
    }
    // ONNX's own loader sets any further key as an attribute of a Python object.
    if (
      !['location', 'offset', 'length', 'checksum', 'basepath', 'prepacked'].some((known) =>
        key.startsWith(known),
      )
    ) {
      this.#context.report(
        'ONNX-STRUCTURE',
        `external data have the unknown key ${key.slice(0, 60)}`,
        field.start,
      );
    }
  }

  #hostileText(field: ProtobufField, where: string): void {
    const length = field.end - field.start;
    if (length < 8 || length > MAX_TEXT || !this.#context.spend(length)) return;
    const text = this.#text(field);
    const danger = pythonDangers(text).find(
      ({ what }) => what === 'runs a program' || what === 'evaluates text as code',
    );
    if (danger) this.#context.report('ONNX-STRUCTURE', `a text in ${where} ${danger.what}`, field.start);
  }
}
