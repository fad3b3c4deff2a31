import { basename, dirname, join, resolve } from 'node:path';
import { ReportBuilder } from '../../core/report/index.js';
import { reportComparison, reportListing } from '../pipeline/account.js';
import { ComparedModel } from '../pipeline/compared-model.js';
import { ListedModel } from '../pipeline/listed-model.js';
import { MatchedModel } from '../pipeline/matched-model.js';
import { PrivateFolder } from '../stage/private-folder.js';
import { finishCopy, makeFolder } from '../stage/staged-copy.js';
import { publish, requireFree, type StagedModel } from '../stage/stage.js';
import { downloadFile } from './download.js';
import { checkPullOptions, type PullOptions } from './options.js';
import { openArtifact, type SignedArtifact } from './remote.js';

/** More connections gain nothing on one disk, and registries limit them. */
const PARALLEL = 4;

/** A pulled model, and by which digest it can be had again. */
export interface PulledModel extends StagedModel {
  readonly reference: string;
}

/**
 * Gets a model from a registry: its signature and the policy first, then the layers, each verified while it arrives.
 * The folder appears in one step after everything was verified and scanned, and not at all otherwise.
 *
 * @param text `oci://HOST/REPOSITORY:TAG` or `…@sha256:DIGEST`
 * @param target Folder to appear; it does not exist or is empty, and the one above it exists.
 * @throws {ModelsealError} The cause of the refusal. `options.report` then holds everything that was checked.
 * @example
 * await pullModel('oci://registry.example/acme/tiny:v1', 'tiny', { trustRoots, at: new Date(), env: process.env });
 */
export async function pullModel(text: string, target: string, options: PullOptions): Promise<PulledModel> {
  checkPullOptions('pullModel', options);
  const report = options.report ?? new ReportBuilder(text, options.at);
  const full = resolve(target);
  requireFree(full, target);
  const { scan: _scan, skipScan: _skip, ...verify } = options;
  const artifact = await openArtifact(text, verify, report);
  const folder = PrivateFolder.make(dirname(full), 'stage', basename(full));
  try {
    const files = await report.step('download', () => download(artifact, folder, options));
    if (!artifact.compared) await compareFiles(artifact, folder, options, report);
    await finishCopy(text, folder, artifact.verified, files, artifact.signatures, options, report, true);
    return { ...publish(folder, full, target, files, report), reference: artifact.reference };
  } finally {
    folder.remove();
  }
}

async function download(
  { client, verified, files }: SignedArtifact,
  folder: PrivateFolder,
  { signal, onProgress }: PullOptions,
): Promise<string[]> {
  const { manifest, treeDigest } = verified;
  const single = files.length === 1 && manifest.unnamedSingle;
  // Shards do not speak of empty files; the tree digest does, where there is one.
  const wanted = files.filter(
    (f) => single || manifest.has(f.name) || (f.size === 0 && treeDigest !== undefined),
  );
  const total = wanted.reduce((sum, { size }) => sum + size, 0);
  const stop = new AbortController();
  const onAbort = (): void => stop.abort();
  signal?.addEventListener('abort', onAbort);
  if (signal?.aborted) stop.abort();
  const made = new Set<string>();
  const queue = [...wanted];
  let bytes = 0;
  let done = 0;
  const tell = (n: number): void => {
    bytes += n;
    onProgress?.({ bytes, total, files: done, totalFiles: wanted.length });
  };
  const hand = async (): Promise<void> => {
    for (let file = queue.shift(); file; file = queue.shift()) {
      const path = join(folder.content, ...file.name.split('/'));
      makeFolder(dirname(path), made);
      await downloadFile(client, file, path, tell, stop.signal);
      done += 1;
      tell(0);
    }
  };
  // The first failure ends the others, and is the one that is told.
  let first: { readonly error: unknown } | undefined;
  const work = Array.from({ length: Math.min(PARALLEL, wanted.length) }, () =>
    hand().catch((error: unknown) => {
      first ??= { error };
      queue.length = 0;
      stop.abort();
    }),
  );
  await Promise.all(work);
  signal?.removeEventListener('abort', onAbort);
  if (first) throw first.error;
  return wanted.map(({ name }) => name);
}

/** For signatures by shards or another hash, of which the manifest says nothing: the files themselves are hashed. */
async function compareFiles(
  { verified }: SignedArtifact,
  folder: PrivateFolder,
  { ignoreUnsignedFiles, onProgress }: PullOptions,
  report: ReportBuilder,
): Promise<void> {
  const compared = await report.step('files', () => {
    const listed = ListedModel.of(verified, folder.content, {});
    reportListing(report, listed);
    return ComparedModel.of(listed, { ignoreUnsignedFiles, onProgress });
  });
  reportComparison(report, compared);
  MatchedModel.from(compared);
}
