import type { Manifest } from './manifest.js';
import type { MeasuredModel } from './measure.js';

/** How a model differs from its manifest: every name, not only the first. */
export interface Comparison {
  readonly matched: readonly string[];
  readonly changed: readonly string[];
  /** In the manifest, not in the model. */
  readonly missing: readonly string[];
  /** In the model, not in the manifest. Empty files are not listed under `shards`, which cannot name them. */
  readonly extra: readonly string[];
}

/**
 * Compares what a manifest says with what was read. Both sides list files; a file under `shards` matches when every
 * one of its shards does.
 *
 * @param only Names to compare; all without it. Files outside of it are neither missing nor extra.
 */
export function compareModel(
  manifest: Manifest,
  model: MeasuredModel,
  only?: ReadonlySet<string>,
): Comparison {
  const found = new Map<string, Map<string, string>>();
  for (const item of model.items) {
    const file = signedName(manifest, model, item.file);
    const name = file === item.file ? item.name : file + item.name.slice(item.file.length);
    const parts = found.get(file);
    if (parts) parts.set(name, item.digest);
    else found.set(file, new Map([[name, item.digest]]));
  }
  const matched: string[] = [];
  const changed: string[] = [];
  const missing: string[] = [];
  for (const file of manifest.files()) {
    if (only && !only.has(file)) continue;
    const parts = found.get(file);
    if (!parts) (isEmptied(model, file) ? changed : missing).push(file);
    else (sameParts(manifest, file, parts) ? matched : changed).push(file);
  }
  const extra = [...found.keys()].filter((file) => !manifest.has(file) && (!only || only.has(file)));
  return { matched, changed, missing, extra };
}

function sameParts(manifest: Manifest, file: string, parts: ReadonlyMap<string, string>): boolean {
  const expected = manifest.resourcesOf(file);
  return expected.length === parts.size && expected.every((r) => parts.get(r.name) === r.digest);
}

/** A file that lost all its bytes has no shards, yet it is there: it changed. */
function isEmptied(model: MeasuredModel, file: string): boolean {
  return model.emptyFiles.includes(file);
}

/** A single file has the name ".", or its own, which the consumer may have changed (OMS §6.5: informational). */
function signedName(manifest: Manifest, model: MeasuredModel, file: string): string {
  return model.tree.single && manifest.unnamedSingle ? '.' : file;
}
