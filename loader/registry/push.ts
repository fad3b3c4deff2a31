import { createReadStream } from 'node:fs';
import { basename, extname } from 'node:path';
import { Readable } from 'node:stream';
import {
  decodeStatement,
  furtherSignatures,
  MAX_BUNDLE_BYTES,
  UnverifiedBundle,
} from '../../core/bundle/index.js';
import { ModelsealError } from '../../core/errors/index.js';
import { readBounded } from '../../core/files.js';
import {
  compareModel,
  DEFAULT_IGNORED,
  IgnoreRules,
  type MeasuredModel,
  type ModelFile,
  measureModel,
  walkModel,
} from '../../core/model/index.js';
import { inside, readSignature } from '../pipeline/signature-file.js';
import { BUNDLE_TYPE, descriptors, FILEPATH, TITLE } from './artifact.js';
import { digestOf, INDEX_TYPE, MANIFEST_TYPE, RegistryClient } from './client.js';
import { checkPushOptions, type PushOptions } from './options.js';
import { parseReference } from './reference.js';
import { referrersTag } from './signatures.js';

// CNCF ModelPack, model format specification v1.
const ARTIFACT_TYPE = 'application/vnd.cncf.model.manifest.v1+json';
const CONFIG_TYPE = 'application/vnd.cncf.model.config.v1+json';
const EMPTY_TYPE = 'application/vnd.oci.empty.v1+json';
const EMPTY = Buffer.from('{}');

/** What stands in a registry after a push. */
export interface PushedModel {
  /** `oci://HOST/REPOSITORY@sha256:…` */
  readonly reference: string;
  readonly digest: string;
  readonly files: number;
  readonly bytes: number;
  /** Files that were sent; the others were there already. */
  readonly sent: number;
  /** Digests of the manifests that hold the signatures. */
  readonly signatures: readonly string[];
}

/**
 * Puts a signed model into a registry: one raw layer a file as ModelPack describes it, and each signature as a referrer.
 * A signature that is not over these files is refused before anything is sent; whose it is, is for whoever pulls.
 *
 * @param path Model folder or single file.
 * @param text `oci://HOST/REPOSITORY:TAG`
 * @throws {ModelsealError} `ERR_SIGNATURE_MISSING`, `ERR_FILE_CHANGED`, `ERR_FILE_MISSING`, `ERR_FILE_UNSIGNED`, the
 *   `ERR_MODEL_…` and `ERR_REGISTRY_…` codes
 * @example
 * const { digest } = await pushModel('model', 'oci://registry.example/acme/tiny:v1', { env: process.env });
 */
export async function pushModel(path: string, text: string, options: PushOptions): Promise<PushedModel> {
  checkPushOptions('pushModel', options);
  const place = parseReference(text);
  if (place.tag === undefined || place.digest !== undefined)
    throw new ModelsealError('ERR_REGISTRY_REFERENCE', { reference: text, problem: 'a push needs a tag' });
  const first = readSignature(path, options.signature);
  const further = furtherSignatures(first.path);
  const signatures = [
    first.bytes,
    ...further.map((file) => readBounded(file, 'signature', MAX_BUNDLE_BYTES)),
  ];
  const own = [first.path, ...further].flatMap((file) => inside(path, file) ?? []);
  const measured = await measure(path, own, signatures, options);
  const client = new RegistryClient(place, options);
  const { tree, items, bytes: total } = measured;
  const byName = new Map(tree.files.map((file) => [file.name, file]));
  const layers: object[] = [];
  const digests: string[] = [];
  let bytes = 0;
  let sent = 0;
  for (const { file: name, digest: hex } of items) {
    const file = byName.get(name) as ModelFile;
    const digest = `sha256:${hex}`;
    if (await client.putBlob(digest, file.size, () => contentOf(file))) sent += 1;
    layers.push({
      mediaType: layerType(name),
      digest,
      size: file.size,
      annotations: { [TITLE]: name, [FILEPATH]: name },
    });
    digests.push(digest);
    bytes += file.size;
    options.onProgress?.({ bytes, total, files: layers.length, totalFiles: items.length });
  }
  const config = Buffer.from(
    JSON.stringify({
      descriptor: { name: tree.name },
      modelfs: { type: 'layers', diffIds: digests },
      config: {},
    }),
  );
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    artifactType: ARTIFACT_TYPE,
    config: await put(client, CONFIG_TYPE, config),
    layers,
  };
  const document = Buffer.from(JSON.stringify(manifest));
  const digest = digestOf(document);
  const subject = { mediaType: MANIFEST_TYPE, digest, size: document.length };
  // By digest first: nobody gets the tag before the signatures are there.
  await client.putManifest(digest, MANIFEST_TYPE, document);
  const referrers: string[] = [];
  for (const bundle of signatures) referrers.push(await putSignature(client, subject, bundle));
  await client.putManifest(place.tag, MANIFEST_TYPE, document);
  const reference = `oci://${place.host}/${place.repository}@${digest}`;
  return { reference, digest, files: layers.length, bytes: total, sent, signatures: referrers };
}

/** Lists and hashes the model, and holds it against what its signatures say. */
async function measure(
  path: string,
  own: readonly string[],
  signatures: readonly Uint8Array[],
  { ignorePaths = [] }: PushOptions,
): Promise<MeasuredModel> {
  const statements = signatures.map((bytes) => decodeStatement(UnverifiedBundle.parse(bytes).payload));
  const [statement] = statements;
  if (!statement)
    throw new ModelsealError('ERR_INTERNAL', { problem: 'a signature was read and is not there' });
  const { manifest } = statement;
  const signed = manifest.files();
  const custom = DEFAULT_IGNORED.filter((p) => !signed.some((f) => f === p || f.startsWith(`${p}/`)));
  const ignore = manifest.ignoreRules([...custom, ...ignorePaths, ...own]);
  IgnoreRules.from(ignorePaths, 'caller');
  // Who publishes does not follow links out of the model; what is signed through links inside is sent as files.
  const tree = walkModel(path, { ignore, allowSymlinks: manifest.serialization.allowSymlinks });
  for (const { manifest: each } of statements) {
    const model = await measureModel(tree, each.serialization);
    const found = compareModel(each, model);
    if (found.changed.length > 0) throw new ModelsealError('ERR_FILE_CHANGED', { files: found.changed });
    if (found.missing.length > 0) throw new ModelsealError('ERR_FILE_MISSING', { files: found.missing });
    if (found.extra.length > 0) throw new ModelsealError('ERR_FILE_UNSIGNED', { files: found.extra });
  }
  return measureModel(tree, { ...manifest.serialization, method: 'files', hashType: 'sha256' });
}

/** The registry refuses a blob of another digest, so that a file that changes meanwhile is refused there. */
const contentOf = ({ path, size }: ModelFile): Readable =>
  size === 0 ? Readable.from([]) : createReadStream(path, { end: size - 1, highWaterMark: 1 << 20 });

async function put(client: RegistryClient, mediaType: string, bytes: Buffer | Uint8Array): Promise<object> {
  const digest = digestOf(bytes);
  await client.putBlob(digest, bytes.length, () => Readable.from([bytes]));
  return { mediaType, digest, size: bytes.length };
}

async function putSignature(
  client: RegistryClient,
  subject: { readonly digest: string },
  bundle: Uint8Array,
): Promise<string> {
  const layer = await put(client, BUNDLE_TYPE, bundle);
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      artifactType: BUNDLE_TYPE,
      config: await put(client, EMPTY_TYPE, EMPTY),
      layers: [{ ...layer, annotations: { [TITLE]: 'model.sig' } }],
      subject,
    }),
  );
  const digest = digestOf(bytes);
  const listed = await client.putManifest(digest, MANIFEST_TYPE, bytes);
  if (!listed) await addToTag(client, subject.digest, { digest, size: bytes.length });
  return digest;
}

/** The fallback for registries that keep no list of referrers: an index under a tag that the digest names. */
async function addToTag(
  client: RegistryClient,
  subject: string,
  referrer: { readonly digest: string; readonly size: number },
): Promise<void> {
  const tag = referrersTag(subject);
  const known = await client.manifest(tag);
  // Checked by what reads them, and kept as they are.
  if (known) descriptors(known.json.manifests, 'referrers');
  const manifests = (known?.json.manifests ?? []) as readonly { readonly digest: string }[];
  if (manifests.some(({ digest }) => digest === referrer.digest)) return;
  const entry = { mediaType: MANIFEST_TYPE, ...referrer, artifactType: BUNDLE_TYPE };
  const index = { schemaVersion: 2, mediaType: INDEX_TYPE, manifests: [...manifests, entry] };
  await client.putManifest(tag, INDEX_TYPE, Buffer.from(JSON.stringify(index)));
}

const WEIGHTS = new Set(
  '.safetensors .bin .pt .pth .ckpt .onnx .onnx_data .gguf .ggml .h5 .hdf5 .keras .pb .tflite .npy .npz .pkl .joblib .msgpack .model .data'.split(
    ' ',
  ),
);
const CODE = new Set('.py .js .mjs .ts .sh .ipynb .c .cpp .cu .java .go .rs'.split(' '));
const DOCUMENTS = new Set('.md .rst .pdf .html'.split(' '));

/** What kind of layer ModelPack puts a file into, by its name. */
function layerType(name: string): string {
  const extension = extname(name).toLowerCase();
  const bare = basename(name).toLowerCase();
  const kind = WEIGHTS.has(extension)
    ? 'weight'
    : CODE.has(extension)
      ? 'code'
      : DOCUMENTS.has(extension) || /^(?:license|readme|notice)/.test(bare)
        ? 'doc'
        : 'weight.config';
  return `application/vnd.cncf.model.${kind}.v1.raw`;
}
