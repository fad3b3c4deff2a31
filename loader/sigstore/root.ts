import type { TrustedRoot } from '@sigstore/protobuf-specs';
import { ModelsealError } from '../../core/errors/index.js';
import { readBounded } from '../../core/files.js';
import { parseStrictJson } from '../../core/json/strict-json.js';

/** The public-good instance's file has about 10 KiB. */
const MAX_TRUSTED_ROOT = 4 * 1024 * 1024;
const MAX_DEPTH = 16;

/**
 * The trust anchors of one Sigstore instance (its certificate authorities, logs and timestamp authorities), from the
 * operator's `trusted_root.json`. There is no default and nothing is fetched.
 */
export class SigstoreRoot {
  readonly material: TrustedRoot;
  /** Keeps look-alike objects from passing for one. */
  readonly #parsed = true;

  private constructor(material: TrustedRoot) {
    this.material = material;
  }

  /** @throws {ModelsealError} `ERR_SIGSTORE_ROOT`, and the `ERR_JSON_…` codes */
  static async parse(bytes: Uint8Array, file: string): Promise<SigstoreRoot> {
    const fail = (problem: string): never => {
      throw new ModelsealError('ERR_SIGSTORE_ROOT', { file, problem });
    };
    const json = parseStrictJson(bytes, { what: file, maxBytes: MAX_TRUSTED_ROOT, maxDepth: MAX_DEPTH });
    const { TrustedRoot } = await import('@sigstore/protobuf-specs');
    let material: TrustedRoot;
    try {
      material = TrustedRoot.fromJSON(json);
    } catch {
      return fail('it does not have the form of one');
    }
    if (
      !/^application\/vnd\.dev\.sigstore\.trustedroot(\.v0\.\d\+json|\+json;version=0\.\d)$/.test(
        material.mediaType,
      )
    ) {
      fail(`its media type is ${material.mediaType || 'missing'}`);
    }
    // Each of these lists anchors a check; an empty one would turn the check into a refusal without a reason.
    if (material.certificateAuthorities.length === 0) fail('it names no certificate authority');
    if (material.ctlogs.length === 0) fail('it names no certificate log');
    if (material.tlogs.length === 0) fail('it names no transparency log');
    return new SigstoreRoot(material);
  }

  /** @throws {ModelsealError} `ERR_FILE_…`, `ERR_SIGSTORE_ROOT`, and the `ERR_JSON_…` codes */
  static async read(file: string): Promise<SigstoreRoot> {
    return SigstoreRoot.parse(readBounded(file, 'Sigstore trusted root', MAX_TRUSTED_ROOT), file);
  }

  /** False for anything that merely looks like one. */
  static isRoot(value: unknown): value is SigstoreRoot {
    return typeof value === 'object' && value !== null && #parsed in value && value.#parsed;
  }
}
