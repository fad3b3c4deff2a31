import { type OnnxMessage, type OnnxTensor, type OnnxVisitor, walkOnnx } from '../../core/formats/onnx.js';
import { type ProtobufField, ProtobufReader } from '../../core/formats/protobuf.js';
import type { ByteSource } from '../../core/formats/source.js';
import { leavesFolder } from '../containers/paths.js';
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
/** Operators through which a runtime opens a file that an attribute names. */
const FILE_OPERATORS = new Set(['EPContext']);
/** Keys of external data that are in use. */
const EXTERNAL_KEYS = ['location', 'offset', 'length', 'checksum', 'basepath', 'prepacked'];
const MAX_TEXT = 1 << 20;
const LENGTH_DELIMITED = 2;

/** What is reported of an ONNX model, in one pass over graphs, functions, tensors and attributes. */
export function scanOnnx(source: ByteSource, context: ScanContext): void {
  const reader = new ProtobufReader(source);
  const judge = new Judge(reader, context);
  walkOnnx(reader, judge);
  judge.end();
}

class Judge implements OnnxVisitor {
  readonly #reader: ProtobufReader;
  readonly #context: ScanContext;
  readonly #functions: ReadonlySet<string>;
  readonly #custom = new Map<string, Set<string>>();
  /** The nodes around what is read, with operator and domain as far as they are known. */
  readonly #nodes: { operator: string; domain: string }[] = [];

  constructor(reader: ProtobufReader, context: ScanContext) {
    this.#reader = reader;
    this.#context = context;
    // Functions of the model explain operators of unknown domains, so they are collected first.
    this.#functions = new Set(this.#functionNames());
  }

  spend(units: number): boolean {
    return this.#context.spend(units);
  }

  enter(message: OnnxMessage): void {
    if (message === 'node') this.#nodes.push({ operator: '', domain: '' });
  }

  field(message: OnnxMessage, field: ProtobufField): void {
    if (field.wire !== LENGTH_DELIMITED) return;
    const node = this.#nodes.at(-1);
    if (message === 'node' && node && field.number === 4) node.operator = this.#text(field);
    else if (message === 'node' && node && field.number === 7) node.domain = this.#text(field);
    // AttributeProto: s 4, strings 9.
    else if (message === 'attribute' && (field.number === 4 || field.number === 9)) {
      this.#hostileText(field, 'an attribute');
    } else if (message === 'property') this.#hostileText(field, 'metadata');
  }

  leave(message: OnnxMessage, at: ProtobufField): void {
    const node = message === 'node' ? this.#nodes.pop() : undefined;
    if (node !== undefined) this.#judgeNode(node.operator, node.domain, at);
  }

  tensor({ name, at, external, broken, odd }: OnnxTensor): void {
    for (const problem of [...broken, ...odd]) this.#structure(`tensor ${name}: ${problem}`, at);
    for (const [key, value] of external ?? []) this.#judgeExternal(key, value, name, at);
  }

  tooDeep(at: ProtobufField): void {
    this.#context.unparsed('messages are nested too deep', at.start);
  }

  end(): void {
    for (const [domain, operators] of this.#custom) {
      const names = [...operators].slice(0, 5).join(', ');
      this.#context.report('ONNX-CUSTOM-OPERATOR', `operators of ${domain.slice(0, 100)}: ${names}`);
    }
  }

  #structure(message: string, at: ProtobufField): void {
    this.#context.report('ONNX-STRUCTURE', message, at.start);
  }

  #text(field: ProtobufField): string {
    return this.#reader.text(field, MAX_TEXT);
  }

  *#functionNames(): Generator<string> {
    for (const field of this.#reader.fields()) {
      if (field.number !== 25 || field.wire !== LENGTH_DELIMITED) continue;
      let [name, domain] = ['', ''];
      for (const part of this.#reader.fields(field.start, field.end)) {
        if (part.number === 1 && part.wire === LENGTH_DELIMITED) name = this.#text(part);
        if (part.number === 10 && part.wire === LENGTH_DELIMITED) domain = this.#text(part);
      }
      yield `${domain}/${name}`;
    }
  }

  #judgeNode(operator: string, domain: string, at: ProtobufField): void {
    if (CODE_OPERATORS.has(operator)) {
      this.#context.report('ONNX-CODE-OPERATOR', `the operator ${operator} runs Python code`, at.start);
    } else if (FILE_OPERATORS.has(operator)) {
      this.#context.report('ONNX-FILE-OPERATOR', `the operator ${operator} opens a file`, at.start);
    } else if (!DOMAINS.has(domain) && !this.#functions.has(`${domain}/${operator}`)) {
      const operators = this.#custom.get(domain) ?? new Set<string>();
      if (operators.size < 64) operators.add(operator.slice(0, 100));
      if (this.#custom.size < 64 || this.#custom.has(domain)) this.#custom.set(domain, operators);
    }
  }

  #judgeExternal(key: string, value: string, name: string, at: ProtobufField): void {
    if (key === 'location') {
      if (leavesFolder(value) || value.includes('\0') || /^[a-z]+:\/\//i.test(value)) {
        const message = `tensor ${name} is read from ${value.slice(0, 200)}`;
        this.#context.report('ONNX-EXTERNAL-ESCAPE', message, at.start);
      } else if (value === '') this.#structure(`tensor ${name} is read from a file without a name`, at);
      else this.#context.sidecar(value);
    }
    if ((key === 'offset' || key === 'length') && !/^\d{1,19}$/.test(value)) {
      this.#structure(`the ${key} of external data is ${value.slice(0, 40)}`, at);
    }
    // ONNX's own loader sets any further key as an attribute of a Python object.
    if (!EXTERNAL_KEYS.some((known) => key.startsWith(known))) {
      this.#structure(`external data have the unknown key ${key.slice(0, 60)}`, at);
    }
  }

  #hostileText(field: ProtobufField, where: string): void {
    const length = field.end - field.start;
    if (length < 8 || length > MAX_TEXT || !this.#context.spend(length)) return;
    const text = this.#text(field);
    const danger = pythonDangers(text).find(
      ({ what }) => what === 'runs a program' || what === 'evaluates text as code',
    );
    if (danger) this.#structure(`a text in ${where} ${danger.what}`, field);
  }
}
