import { ModelsealError } from '../../core/errors/index.js';
import { checkDistinct, checkName, MAX_ENTRIES } from '../../core/model/index.js';
import { INDEX_TYPE, type ReceivedDocument } from './client.js';
import { isDigest } from './reference.js';

/** A blob as a manifest describes it. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations: Readonly<Record<string, string>>;
}

/** One file of a model in a registry. */
export interface RegistryFile {
  readonly name: string;
  readonly digest: string;
  readonly size: number;
}

export const FILEPATH = 'org.cncf.model.filepath';
export const TITLE = 'org.opencontainers.image.title';
export const BUNDLE_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
/** Contents that are no file: archives, and what ORAS makes of a folder. */
const PACKED = /(?:\.tar|\+(?:gzip|zstd))$|(?:^|[.+])tar(?:[.+]|$)/;
const UNPACK = 'io.deis.oras.content.unpack';
/** What ORAS calls a plain file for which nobody said a type; a folder is marked by {@link UNPACK}. */
const ORAS_FILE = 'application/vnd.oci.image.layer.v1.tar';

type Fields = Readonly<Record<string, unknown>>;

const bad = (problem: string): ModelsealError => new ModelsealError('ERR_REGISTRY_MANIFEST', { problem });

/**
 * The files of an artifact: one a layer, raw, with its name in an annotation. So are ModelPack's raw layers, those of
 * Docker Model Runner, and what `oras push` makes of files.
 *
 * @throws {ModelsealError} `ERR_REGISTRY_MANIFEST`, `ERR_REGISTRY_LAYER`, the `ERR_NAME_…` codes
 */
export function filesOf({ json }: Pick<ReceivedDocument, 'json'>): RegistryFile[] {
  if (json.mediaType === INDEX_TYPE || json.manifests !== undefined)
    throw bad('it is a list of manifests, and which one is meant is not for the tool to guess');
  const files = descriptors(json.layers, 'layers').map(({ mediaType, digest, size, annotations }) => {
    const path = annotations[FILEPATH];
    const title = annotations[TITLE];
    const name = path ?? title;
    const layer = name ?? digest;
    if (name === undefined || name === '')
      throw new ModelsealError('ERR_REGISTRY_LAYER', { layer, problem: 'it has no name' });
    if (path !== undefined && title !== undefined && path !== title && !path.endsWith(`/${title}`))
      throw new ModelsealError('ERR_REGISTRY_LAYER', { layer, problem: `it is called ${title} as well` });
    if ((PACKED.test(mediaType) && mediaType !== ORAS_FILE) || annotations[UNPACK] === 'true')
      throw new ModelsealError('ERR_REGISTRY_LAYER', {
        layer,
        problem: `it is an archive (${mediaType}), whose files have no digests here`,
      });
    checkName(name);
    return { name, digest, size };
  });
  checkDistinct(files.map(({ name }) => name));
  return files;
}

/** @throws {ModelsealError} `ERR_REGISTRY_MANIFEST` */
export function descriptors(value: unknown, what: string): Descriptor[] {
  if (!Array.isArray(value)) throw bad(`it has no ${what}`);
  if (value.length > MAX_ENTRIES) throw bad(`it has ${value.length} ${what}`);
  return value.map((entry: unknown) => {
    const { mediaType, digest, size, annotations } = fields(entry);
    if (typeof mediaType !== 'string' || !isDigest(digest))
      throw bad(`one of its ${what} has no type or no sha256 digest`);
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
      throw bad(`${digest} has no size`);
    const texts = Object.entries(fields(annotations)).filter(
      (pair): pair is [string, string] => typeof pair[1] === 'string',
    );
    return { mediaType, digest, size, annotations: Object.fromEntries(texts) };
  });
}

export const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
