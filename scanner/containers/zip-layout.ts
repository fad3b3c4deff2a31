import type { ByteSource } from '../../core/formats/source.js';
import type { MemberOptions, ScanContext } from '../types.js';
import type { ZipArchive, ZipEntry } from '../../core/formats/zip.js';

/** What kind of model an archive is, by the names in it, and how its entries are to be looked at. */
export interface ZipLayout {
  readonly formats: readonly string[];
  options(entry: ZipEntry): MemberOptions;
  readonly check?: (source: ByteSource, archive: ZipArchive, context: ScanContext) => void;
}

/** Models in one archive; beyond these an entry is looked at by its own content alone. */
const MAX_ROOTS = 64;
const ANY: MemberOptions = {};
const RAW: MemberOptions = { as: 'raw' };

/** Recognises the layout of PyTorch, NumPy and Keras archives; others are archives of files. */
export function zipLayout(entries: readonly ZipEntry[]): ZipLayout {
  const names = entries.map((e) => e.name);
  const roots = names
    .filter((n) => /(^|\/)(data|constants|bytecode)\.pkl$/.test(n))
    .slice(0, MAX_ROOTS)
    .map(rootOf);
  if (roots.length > 0) return torchLayout(names, roots);
  const exported = names.find((n) => /(^|\/)archive_format$/.test(n));
  if (exported !== undefined) return exportLayout(rootOf(exported));
  if (names.length > 0 && names.every((n) => n.endsWith('.npy')))
    return { formats: ['npz'], options: () => ANY };
  if (
    names.includes('config.json') &&
    (names.includes('metadata.json') || names.includes('model.weights.h5'))
  ) {
    return { formats: ['keras'], options: () => ANY };
  }
  if (names.includes('META-INF/MANIFEST.MF')) {
    return {
      formats: ['jar'],
      options: () => ANY,
      check: (_source, _archive, context) =>
        context.report('EXE-BINARY', 'it is a Java archive, which the Java runtime executes'),
    };
  }
  return { formats: [], options: () => ANY };
}

function rootOf(name: string): string {
  return name.slice(0, name.lastIndexOf('/') + 1);
}

/** Entries of these folders are numbers: tensors, with constants of TorchScript among them. */
const STORAGE = /^(data|constants|tensors|data\/weights|data\/constants)\/[\w.-]+$/;

/** Programs of `torch.export` (`.pt2`): graphs in JSON, weights as numbers, constants and inputs as archives. */
function exportLayout(root: string): ZipLayout {
  const numbers = /^data\/(?:weights|constants)\/(?:weight|tensor)_\d+$/;
  return {
    formats: ['pytorch-export'],
    options: ({ name }) => (name.startsWith(root) && numbers.test(name.slice(root.length)) ? RAW : ANY),
  };
}

function torchLayout(names: readonly string[], roots: readonly string[]): ZipLayout {
  const script = names.some((n) => n.endsWith('.py') && `/${n}`.includes('/code/'));
  const options = (entry: ZipEntry): MemberOptions => {
    const root = roots.find((r) => entry.name.startsWith(r)) ?? '';
    const inner = entry.name.slice(root.length);
    if (/\.(pkl|debug_pkl)$/.test(inner)) return { format: 'pickle' };
    if (inner.startsWith('code/') && inner.endsWith('.py')) return { format: 'torchscript' };
    return STORAGE.test(inner) ? RAW : ANY;
  };
  return { formats: [script ? 'torchscript' : 'pytorch'], options };
}
