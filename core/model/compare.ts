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
  if (!only && isSame(manifest, model))
    return { matched: manifest.files(), changed: [], missing: [], extra: [] };
  const digests = new Map<string, string>();
  const parts = new Map<string, number>();
  // A single file has the name "." in manifests of the reference implementation, whatever it is called here.
  const nameless = model.tree.single && manifest.unnamedSingle;
  for (const item of model.items) {
    const file = nameless ? '.' : item.file;
    digests.set(nameless ? `.${item.name.slice(item.file.length)}` : item.name, item.digest);
    parts.set(file, (parts.get(file) ?? 0) + 1);
  }
  // A file that lost all its bytes has no shards, and one of another size was not read. Yet they are there: changed.
  const unread = new Set([...model.emptyFiles, ...model.otherSize].map((file) => (nameless ? '.' : file)));
  const matched: string[] = [];
  const changed: string[] = [];
  const missing: string[] = [];
  for (const file of manifest.files()) {
    if (only && !only.has(file)) continue;
    const expected = manifest.resourcesOf(file);
    const count = parts.get(file);
    if (count === undefined) (unread.has(file) ? changed : missing).push(file);
    else if (count === expected.length && expected.every((r) => digests.get(r.name) === r.digest))
      matched.push(file);
    else changed.push(file);
  }
  const extra = [...parts.keys()].filter((file) => !manifest.has(file) && (!only || only.has(file)));
  return { matched, changed, missing, extra };
}

/** A model as it was signed has the resources of its manifest in their order; nothing needs to be looked up then. */
function isSame(
  { serialization, names, digests }: Manifest,
  { serialization: read, items }: MeasuredModel,
): boolean {
  return (
    serialization.method === read.method &&
    names.length === items.length &&
    names.every((name, i) => name === items.names[i]) &&
    digests.equals(items.digests)
  );
}
