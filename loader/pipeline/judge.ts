import { ModelsealError } from '../../core/errors/index.js';
import { type Comparison, compareModel, type MeasuredModel, treeDigestOf } from '../../core/model/index.js';
import type { Choice } from './listing.js';
import type { VerifiedManifest } from './manifest.js';
import type { MatchOptions } from './options.js';

/** Puts everything found into the report and then throws the gravest difference, if there is one. */
export function judge(
  verified: VerifiedManifest,
  { extra, records }: Choice,
  model: MeasuredModel,
  only: ReadonlySet<string> | undefined,
  options: MatchOptions,
): void {
  const { manifest } = verified;
  const { report } = options;
  const found: Comparison = compareModel(manifest, model, only);
  const notVerified = only ? manifest.files().filter((file) => !only.has(file)) : [];
  report.files({
    matched: found.matched.length,
    bytes: model.bytes,
    changed: found.changed,
    missing: found.missing,
    extra,
    ignored: [...model.tree.ignored, ...records],
    notVerified,
  });
  if (records.length > 0)
    report.skipped(
      'files.download-records',
      `left out: ${records.length} records of a download, which no program loads`,
    );
  if (only) {
    report.skipped(
      'files.only',
      `${notVerified.length} signed files were not looked at, nor whether there are unsigned ones`,
    );
  }
  const refused: ModelsealError[] = [];
  if (found.changed.length > 0)
    refused.push(new ModelsealError('ERR_FILE_CHANGED', { files: found.changed }));
  if (found.missing.length > 0)
    refused.push(new ModelsealError('ERR_FILE_MISSING', { files: found.missing }));
  if (extra.length > 0) {
    if (options.ignoreUnsignedFiles)
      report.skipped('files.unsigned', `ignored, on request: ${extra.length} unsigned files`);
    else refused.push(new ModelsealError('ERR_FILE_UNSIGNED', { files: extra }));
  }
  for (const difference of refused) report.failed('files', difference);
  if (refused[0]) throw refused[0];
  report.passed('files', `${found.matched.length} files are the signed ones`, 'OMS v1.0 §8');
  checkTree(verified, model, only !== undefined, options);
}

function checkTree(
  verified: VerifiedManifest,
  model: MeasuredModel,
  partial: boolean,
  options: MatchOptions,
): void {
  const recorded = verified.treeDigest;
  if (recorded === undefined) return;
  if (partial) {
    options.report.skipped('files.tree', 'the tree digest needs every file');
    return;
  }
  const computed = treeDigestOf(model);
  if (computed === recorded) {
    options.report.passed('files.tree', 'names, sizes and digests give the signed tree digest');
  } else if (options.ignoreUnsignedFiles && model.emptyFiles.length > 0) {
    options.report.skipped('files.tree', 'empty files may be unsigned, which was allowed');
  } else {
    const different = new ModelsealError('ERR_TREE_DIGEST', { recorded, computed });
    options.report.failed('files.tree', different);
    throw different;
  }
}
