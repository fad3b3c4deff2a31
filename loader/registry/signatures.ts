import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { furtherNames, MAX_BUNDLE_BYTES, MAX_SIGNERS } from '../../core/bundle/index.js';
import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import { ReportBuilder } from '../../core/report/index.js';
import type { VerifyOptions } from '../pipeline/options.js';
import { SIGNATURE_NAME } from '../pipeline/signature-file.js';
import { type SignedList, verifyManifest } from '../pipeline/verify.js';
import { PrivateFolder } from '../stage/private-folder.js';
import { BUNDLE_TYPE, descriptors, fields, type RegistryFile } from './artifact.js';
import type { ReceivedDocument, RegistryClient } from './client.js';

/** Names under which signatures lie among the files of a model. */
export const SIGNATURE_NAMES: readonly string[] = [SIGNATURE_NAME, ...furtherNames(SIGNATURE_NAME)];

/** The tag under which a registry without a list of referrers keeps one (OCI distribution specification 1.1). */
export const referrersTag = (digest: string): string => digest.replace(':', '-');

/**
 * The signatures of an artifact: its referrers of that kind, and those among its files, as a plain push has them.
 * At most as many as may sign one model.
 */
export async function fetchSignatures(
  client: RegistryClient,
  manifest: ReceivedDocument,
  files: readonly RegistryFile[],
): Promise<Uint8Array[]> {
  const found: { readonly digest: string; readonly size: number }[] = [];
  const list =
    (await client.referrers(manifest.digest)) ?? (await client.manifest(referrersTag(manifest.digest)));
  const referrers = list ? descriptors(list.json.manifests, 'referrers') : [];
  const kinds = (list?.json.manifests ?? []) as readonly unknown[];
  for (const [i, { digest }] of referrers.entries()) {
    const { artifactType } = fields(kinds[i]);
    if (artifactType !== undefined && artifactType !== BUNDLE_TYPE) continue;
    if (found.length >= MAX_SIGNERS) break;
    const referrer = await client.manifest(digest);
    if (!referrer || fields(referrer.json.subject).digest !== manifest.digest) continue;
    const [bundle] = descriptors(referrer.json.layers, 'layers').filter((l) => l.mediaType === BUNDLE_TYPE);
    if (bundle) found.push(bundle);
  }
  for (const name of SIGNATURE_NAMES) {
    const file = files.find((f) => f.name === name);
    if (file && found.length < MAX_SIGNERS) found.push(file);
  }
  const bundles: Uint8Array[] = [];
  for (const { digest, size } of found) {
    if (size > MAX_BUNDLE_BYTES)
      throw new ModelsealError('ERR_FILE_TOO_LARGE', {
        file: 'the signature',
        size,
        limit: MAX_BUNDLE_BYTES,
      });
    bundles.push(await client.blob(digest, size));
  }
  return bundles;
}

/**
 * Verifies the signatures of an artifact as those of a model on disk are. Anybody who may write to a repository can
 * attach a signature of their own to it, so that one that is refused does not hide one that is accepted.
 *
 * @throws {ModelsealError} The cause why the first signature is refused, where all are
 */
export async function verifySignatures(
  subject: string,
  bundles: readonly Uint8Array[],
  given: VerifyOptions,
  report: ReportBuilder,
): Promise<SignedList> {
  const options = { ...given, reference: given.reference ?? subject };
  const folder = PrivateFolder.make(tmpdir(), 'exec', 'signatures');
  try {
    const together = place(folder.content, 'all', bundles);
    const alone =
      bundles.length > 1 ? bundles.map((bundle, i) => place(folder.content, String(i), [bundle])) : [];
    let signature = together;
    for (const candidate of alone.length > 0 ? [together, ...alone] : []) {
      try {
        await verifyManifest(
          subject,
          { ...options, signature: candidate },
          new ReportBuilder(subject, options.at),
        );
        signature = candidate;
        break;
      } catch (error) {
        if (!isModelsealError(error) || error.kind !== 'refused') throw error;
      }
    }
    return await verifyManifest(subject, { ...options, signature }, report);
  } finally {
    folder.remove();
  }
}

function place(parent: string, name: string, bundles: readonly Uint8Array[]): string {
  const folder = join(parent, name);
  mkdirSync(folder, { mode: 0o700 });
  bundles.forEach((bundle, i) => {
    const file = SIGNATURE_NAMES[i];
    if (file !== undefined) writeFileSync(join(folder, file), bundle, { mode: 0o600 });
  });
  return join(folder, SIGNATURE_NAME);
}
