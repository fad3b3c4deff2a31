import { ModelsealError } from '../../core/errors/index.js';
import type { Certificate } from '../../core/x509/index.js';
import type { AnchorEntry, AnchorUse } from './entry.js';
import { coversName, scopeText } from './scope.js';

/** Which models an anchor may vouch for by their signed names, asked when the name is proven. */
export class AnchorScopes {
  readonly #entries: readonly AnchorEntry[];

  private constructor(entries: readonly AnchorEntry[]) {
    this.#entries = entries;
  }

  static of(entries: readonly AnchorEntry[]): AnchorScopes {
    return new AnchorScopes(entries);
  }

  /** The certificates of anchors by their names; what is not there, or not for this use, gives none. */
  named(names: readonly string[], use: AnchorUse): readonly Certificate[] {
    const wanted = this.#entries.filter((entry) => entry.use === use && names.includes(entry.name));
    return wanted.flatMap(({ certificates }) => certificates);
  }

  /** Under which name an anchor is trusted: a root and its successors have one. */
  nameOf(anchor: Certificate | undefined): string | undefined {
    return this.#named(anchor)[0]?.name;
  }

  /**
   * @param anchor The certificate at the end of the signer's path.
   * @throws {ModelsealError} `ERR_TRUST_SCOPE`
   */
  require(anchor: Certificate | undefined, model: string): void {
    const named = this.#named(anchor);
    // One that is not of the store has no business here either.
    if (named.some(({ scope }) => coversName(scope, model))) return;
    throw new ModelsealError('ERR_TRUST_SCOPE', {
      anchor: named.map(({ name }) => name).join(', ') || (anchor?.label ?? 'none'),
      model,
      scope: named.flatMap(({ scope }) => scope.map(scopeText)),
    });
  }

  #named(anchor: Certificate | undefined): readonly AnchorEntry[] {
    return this.#entries.filter(
      ({ use, certificates }) =>
        use === 'signing' &&
        certificates.some((certificate) => certificate.fingerprint === anchor?.fingerprint),
    );
  }
}
