import { type ProtobufField, ProtobufReader } from '../../core/formats/protobuf.js';
import type { ByteSource } from '../../core/formats/source.js';
import type { FormatScanner, ScanContext } from '../types.js';

/** Operators that run Python functions of the loading process. */
const PYTHON_OPERATORS = new Set(['PyFunc', 'PyFuncStateless', 'EagerPyFunc', 'NumpyFunction', 'PythonOp']);
/** Operators that read, write or look for files, or reach the network, and that no model needs to compute. */
const FILE_OPERATORS = new Set([
  'ReadFile',
  'WriteFile',
  'MatchingFiles',
  'WholeFileReader',
  'WholeFileReaderV2',
  'FixedLengthRecordReader',
  'FixedLengthRecordReaderV2',
  'TextLineReader',
  'TextLineReaderV2',
  'TFRecordReader',
  'TFRecordReaderV2',
  'LMDBReader',
  'FileSystemSetConfiguration',
  'DeleteOldDirs',
  'PrintV2ToFile',
  'DebugIdentity',
  'DebugIdentityV2',
  'DebugIdentityV3',
  'DebugNanCount',
  'DebugNumericSummary',
  'SaveDatasetV2',
  'SaveDataset',
  'LoadDataset',
  'DatasetToTFRecord',
  'DatasetToTFRecordV2',
  'ExperimentalDatasetToTFRecord',
  'TFRecordDataset',
  'TFRecordDatasetV2',
  'TextLineDataset',
  'FixedLengthRecordDataset',
  'FixedLengthRecordDatasetV2',
  'SqlDataset',
  'ExperimentalSqlDataset',
  'CSVDataset',
  'CSVDatasetV2',
  'SnapshotDataset',
  'SnapshotDatasetV2',
  'CacheDataset',
  'CacheDatasetV2',
  'ExperimentalCSVDataset',
  'WriteAudioSummary',
  'WriteGraphSummary',
  'WriteImageSummary',
  'WriteSummary',
  'WriteRawProtoSummary',
  'WriteScalarSummary',
  'WriteHistogramSummary',
  'CreateSummaryFileWriter',
  'CreateSummaryDbWriter',
  'ImportEvent',
  'DumpTensorSlice',
  'ConfigureDistributedTPU',
  'RpcCall',
  'RpcClient',
  'RpcServer',
  'RpcServerStart',
  'RegisterDataset',
  'RegisterDatasetV2',
  'DataServiceDataset',
  'DataServiceDatasetV2',
  'DataServiceDatasetV3',
  'DataServiceDatasetV4',
  'BigQueryReader',
  'GenerateBigQueryReaderPartitions',
  'KafkaDataset',
  'LookupTableImport2',
  'LoadAndRemapMatrix',
  'GenerateVocabRemapping',
  'ShellExecute',
  'Rpc',
  'TryRpc',
  'XlaLaunchFile',
  'ImmutableConst',
  // Savers write with SaveV2 and MergeV2Checkpoints, which every model with variables holds; these are older than that.
  'Save',
  'SaveSlices',
  // Runs a function on another machine.
  'RemoteCall',
  'RemoteFusedGraphExecute',
]);
/** What a SavedModel of one shard has beside its graph: tensors by name, and a fingerprint. */
const VARIABLES = ['variables/variables.index', 'variables/variables.data-00000-of-00001', 'fingerprint.pb'];
/** A function library inside a graph inside a meta graph: three levels, and control flow by name only. */
const MAX_NAME = 4096;

/** TensorFlow SavedModel (`saved_model.pb`) and frozen graphs (`GraphDef`). */
export const savedModelScanner: FormatScanner = {
  format: 'savedmodel',
  detect(head, source) {
    const first = head[0] ?? 0;
    if ((first !== 0x08 && first !== 0x12 && first !== 0x0a) || source.size < 8) return 'no';
    return layoutOf(source) === undefined ? 'no' : 'certain';
  },
  scan(source, context) {
    const scan = new GraphScan(source, context);
    const layout = layoutOf(source);
    if (layout === 'saved') {
      for (const file of VARIABLES) context.sidecar(file);
      scan.savedModel();
    } else if (layout === 'meta') scan.metaGraph(0, source.size);
    else scan.graph(0, source.size);
  },
};

type Layout = 'saved' | 'meta' | 'graph';

/** SavedModel: version 1, meta graphs 2 with a graph in 2. MetaGraphDef: graph 2. GraphDef: nodes 1, library 2, version 3, versions 4. */
function layoutOf(source: ByteSource): Layout | undefined {
  const reader = new ProtobufReader(source);
  try {
    let nodes = 0;
    for (const field of reader.fields()) {
      if (field.number === 2 && field.wire === 2 && nodes === 0) {
        if (hasGraph(reader, field)) return 'saved';
        if (firstIsNode(reader, field)) return 'meta';
        return undefined;
      }
      if (field.number === 1 && field.wire === 2) {
        // Either the first node of a graph, or the information that a meta graph starts with.
        if (!isNode(reader, field)) {
          if (nodes > 0) return undefined;
          continue;
        }
        nodes++;
        if (nodes >= 2) return 'graph';
      } else if (field.number > 5) {
        return undefined;
      }
    }
    return nodes > 0 ? 'graph' : undefined;
  } catch {
    return undefined;
  }
}

function firstIsNode(reader: ProtobufReader, graph: ProtobufField): boolean {
  for (const part of reader.fields(graph.start, graph.end)) {
    return part.number === 1 && part.wire === 2 && isNode(reader, part);
  }
  return false;
}

function hasGraph(reader: ProtobufReader, meta: ProtobufField): boolean {
  for (const field of reader.fields(meta.start, meta.end)) {
    if (field.number > 8 || field.wire !== 2) return false;
    if (field.number !== 2) continue;
    for (const part of reader.fields(field.start, field.end)) {
      return part.number === 1 && part.wire === 2 ? isNode(reader, part) : part.number <= 5;
    }
    return true;
  }
  return false;
}

/** NodeDef: name 1, op 2, input 3, device 4, attr 5. */
function isNode(reader: ProtobufReader, node: ProtobufField): boolean {
  let operator = false;
  for (const field of reader.fields(node.start, node.end)) {
    if (field.wire !== 2 || field.number > 8) return false;
    if (field.number === 2) operator = /^[A-Za-z_][\w>/.]*$/.test(reader.text(field, MAX_NAME));
  }
  return operator;
}

/** The rule that an operator of TensorFlow falls under, if any. */
function operatorRule(operator: string): 'TF-PYTHON-OPERATOR' | 'TF-OPERATOR' | undefined {
  if (PYTHON_OPERATORS.has(operator)) return 'TF-PYTHON-OPERATOR';
  return FILE_OPERATORS.has(operator) ? 'TF-OPERATOR' : undefined;
}

/** The same graph as text (`saved_model.pbtxt`), which TensorFlow loads as well. */
export function scanGraphText(text: string, context: ScanContext): void {
  context.recognised('savedmodel');
  const operators = new Set(
    [...text.matchAll(/\bop\s*:\s*["']([\w>/.]+)["']/g)].map((match) => match[1] ?? ''),
  );
  for (const operator of operators) {
    const rule = operatorRule(operator);
    if (rule) context.report(rule, `a node is of type ${operator}`);
  }
}

class GraphScan {
  readonly #reader: ProtobufReader;
  readonly #context: ScanContext;
  readonly #reported = new Set<string>();

  constructor(source: ByteSource, context: ScanContext) {
    this.#reader = new ProtobufReader(source);
    this.#context = context;
  }

  savedModel(): void {
    for (const meta of this.#reader.fields()) {
      if (meta.number !== 2 || meta.wire !== 2) continue;
      this.metaGraph(meta.start, meta.end);
    }
  }

  metaGraph(start: number, end: number): void {
    for (const part of this.#reader.fields(start, end)) {
      if (!this.#context.spend(8)) return;
      if (part.number === 2 && part.wire === 2) this.graph(part.start, part.end);
    }
  }

  graph(start: number, end: number): void {
    for (const part of this.#reader.fields(start, end)) {
      if (!this.#context.spend(8)) return;
      if (part.wire !== 2) continue;
      if (part.number === 1) this.#node(part);
      if (part.number === 2) this.#library(part);
    }
  }

  /** FunctionDefLibrary: functions 1; FunctionDef: nodes 3. */
  #library(library: ProtobufField): void {
    for (const definition of this.#reader.fields(library.start, library.end)) {
      if (definition.number !== 1 || definition.wire !== 2) continue;
      for (const part of this.#reader.fields(definition.start, definition.end)) {
        if (!this.#context.spend(8)) return;
        if (part.number === 3 && part.wire === 2) this.#node(part);
      }
    }
  }

  #node(node: ProtobufField): void {
    let [name, operator] = ['', ''];
    let toFile = false;
    for (const part of this.#reader.fields(node.start, node.end)) {
      if (!this.#context.spend(2)) return;
      if (part.number === 1 && part.wire === 2) name = this.#reader.text(part, MAX_NAME);
      if (part.number === 2 && part.wire === 2) operator = this.#reader.text(part, MAX_NAME);
      // An attribute with a path; larger ones hold tensors.
      if (part.number === 5 && part.wire === 2 && part.end - part.start <= 2 * MAX_NAME) {
        toFile ||= this.#reader.text(part, 2 * MAX_NAME).includes('file://');
      }
    }
    // Printing is harmless unless its attribute "output_stream" makes it append to a file.
    if (operator === 'PrintV2' && toFile) operator = 'PrintV2ToFile';
    const rule = operatorRule(operator);
    if (!rule || this.#reported.has(operator)) return;
    this.#reported.add(operator);
    this.#context.report(rule, `the node ${name.slice(0, 100)} is of type ${operator}`, node.start);
  }
}
