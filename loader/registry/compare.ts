import { ModelsealError } from '../../core/errors/index.js';
import {
  byCodePoint,
  compareModel,
  DEFAULT_IGNORED,
  Digests,
  IgnoreRules,
  MeasuredItems,
  type MeasuredModel,
  treeDigestOf,
} from '../../core/model/index.js';
import { ListedFolders } from '../../core/model/folders.js';
import type { ReportBuilder } from '../../core/report/index.js';
import { isDownloadRecord } from '../pipeline/listed-model.js';
import type { VerifiedManifest } from '../pipeline/verified-manifest.js';
import type { VerifyOptions } from '../pipeline/options.js';
import type { RegistryFile } from './artifact.js';
import { SIGNATURE_NAMES } from './signatures.js';

const SHA256_BYTES = 32;

/** Whether a manifest of whole files with SHA-256 can say all that was signed. */
export const saysAll = ({ manifest }: VerifiedManifest): boolean =>
  manifest.serialization.method === 'files' && manifest.hashType === 'sha256';

/** The files of an artifact that belong to the model: not its signatures, and not what is excluded. */
export function filesOfModel(
  { manifest, signer }: VerifiedManifest,
  files: readonly RegistryFile[],
  ignorePaths: readonly string[] = [],
): RegistryFile[] {
  const signed = manifest.files();
  const custom = DEFAULT_IGNORED.filter((p) => !signed.some((f) => f === p || f.startsWith(`${p}/`)));
  const own = [...custom, ...ignorePaths];
  const rules =
    signer.policy.manifestIgnores === 'allow' ? manifest.ignoreRules(own) : IgnoreRules.from(own, 'caller');
  return files
    .filter(
      ({ name }) =>
        manifest.has(name) ||
        !(SIGNATURE_NAMES.includes(name) || rules.covers(name) || isDownloadRecord(name)),
    )
    .sort((a, b) => byCodePoint(a.name, b.name));
}

/**
 * Holds the digests of an artifact's layers against the signed ones: the digest of a raw layer is that of its file, so
 * that names, sizes and digests of the whole model are proven without a byte of it.
 *
 * @throws {ModelsealError} `ERR_FILE_CHANGED`, `ERR_FILE_MISSING`, `ERR_FILE_UNSIGNED`, `ERR_TREE_DIGEST`
 */
export function compareLayers(
  verified: VerifiedManifest,
  files: readonly RegistryFile[],
  reference: string,
  options: Pick<VerifyOptions, 'ignoreUnsignedFiles'>,
  report: ReportBuilder,
): void {
  const { manifest, treeDigest: recorded } = verified;
  const names = files.map(({ name }) => name);
  const sizes = Float64Array.from(files, ({ size }) => size);
  const digests = Digests.ofHex(
    files.map(({ digest }) => digest.slice('sha256:'.length)),
    SHA256_BYTES,
  );
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const measured: MeasuredModel = {
    tree: {
      root: reference,
      name: reference,
      single: files.length === 1,
      files: [],
      ignored: [],
      notEntered: [],
      scattered: false,
      warnings: [],
      folders: new ListedFolders(),
    },
    serialization: manifest.serialization,
    items: new MeasuredItems(names, names, sizes, digests),
    emptyFiles: [],
    otherSize: [],
    bytes,
  };
  const found = compareModel(manifest, measured);
  const otherSize = files
    .filter(({ name, size }) => (manifest.sizeOf(name) ?? size) !== size)
    .map(({ name }) => name);
  const changed = [...new Set([...found.changed, ...otherSize])];
  const matched = found.matched.filter((name) => !otherSize.includes(name)).length;
  report.files({
    matched,
    bytes,
    changed,
    missing: found.missing,
    extra: found.extra,
    ignored: [],
    notVerified: [],
  });
  const differences: ModelsealError[] = [];
  if (changed.length > 0) differences.push(new ModelsealError('ERR_FILE_CHANGED', { files: changed }));
  if (found.missing.length > 0)
    differences.push(new ModelsealError('ERR_FILE_MISSING', { files: found.missing }));
  if (found.extra.length > 0) {
    if (options.ignoreUnsignedFiles)
      report.skipped('files.unsigned', `ignored, on request: ${found.extra.length} unsigned files`);
    else differences.push(new ModelsealError('ERR_FILE_UNSIGNED', { files: found.extra }));
  }
  const whole = found.extra.length === 0;
  if (recorded !== undefined && differences.length === 0 && whole) {
    const computed = treeDigestOf(measured);
    if (computed !== recorded)
      differences.push(new ModelsealError('ERR_TREE_DIGEST', { recorded, computed }));
    else report.passed('files.tree', 'names, sizes and digests give the signed tree digest');
  }
  for (const difference of differences) report.failed('files', difference);
  if (differences[0]) throw differences[0];
  report.passed('files', `${matched} layers have the signed names and digests`, 'OMS v1.0 §8');
}
