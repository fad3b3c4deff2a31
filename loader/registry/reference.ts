import { ModelsealError } from '../../core/errors/index.js';

/** What stands behind `oci://`: where an artifact is, by tag or by digest. */
export interface RegistryReference {
  /** Host, with the port where one is named. */
  readonly host: string;
  readonly repository: string;
  readonly tag: string | undefined;
  /** `sha256:…` of the manifest. */
  readonly digest: string | undefined;
}

const SCHEME = 'oci://';
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?$/;
/** As the distribution specification has it; nothing in it can lead out of a path. */
const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const MAX_REPOSITORY = 255;

export const isRegistryReference = (text: string): boolean => text.startsWith(SCHEME);
export const isDigest = (text: unknown): text is string => typeof text === 'string' && DIGEST.test(text);

/** @throws {ModelsealError} `ERR_REGISTRY_REFERENCE` */
export function parseReference(text: string): RegistryReference {
  const bad = (problem: string): ModelsealError =>
    new ModelsealError('ERR_REGISTRY_REFERENCE', { reference: text, problem });
  if (!isRegistryReference(text)) throw bad('it does not begin with oci://');
  const rest = text.slice(SCHEME.length);
  const slash = rest.indexOf('/');
  const host = rest.slice(0, slash);
  if (slash < 0 || !HOST.test(host)) throw bad('it has no host and repository');
  const [named = '', digest, more] = rest.slice(slash + 1).split('@');
  const colon = named.indexOf(':');
  const repository = colon < 0 ? named : named.slice(0, colon);
  const tag = colon < 0 ? undefined : named.slice(colon + 1);
  if (!REPOSITORY.test(repository) || repository.length > MAX_REPOSITORY)
    throw bad(
      'the name of the repository has other characters than lower-case letters, digits and separators',
    );
  if (tag !== undefined && !TAG.test(tag)) throw bad('the tag is malformed');
  if (more !== undefined || (digest !== undefined && !DIGEST.test(digest)))
    throw bad('behind @ stands no sha256 digest');
  if (tag === undefined && digest === undefined) throw bad('it has neither a tag nor a digest');
  return { host, repository, tag, digest };
}
