import { ModelsealError } from '../../core/errors/index.js';
import type { Certificate } from '../../core/x509/index.js';
import { TrustAnchors } from '../path/index.js';
import { decodeEvidence, type RevocationEvidence } from '../revocation/evidence.js';
import { coversPath } from './scope.js';
import { AnchorScopes } from './scopes.js';
import type { TrustStore } from './store.js';

/** What a store says about one model, as options of a verification. */
export interface StoredTrust {
  readonly trustRoots: TrustAnchors;
  readonly tsaRoots: TrustAnchors | undefined;
  readonly intermediates: readonly Certificate[];
  readonly evidence: RevocationEvidence;
  readonly scopes: AnchorScopes;
}

/**
 * The anchors of a store that count for a model in this place.
 *
 * @param names Anchors to take, for signers and for time; all of the store without them.
 * @throws {ModelsealError} `ERR_TRUST_STORE_EMPTY`, `ERR_TRUST_UNKNOWN`, `ERR_TRUST_STORE`
 * @example
 * const trust = trustFromStore(TrustStore.at('trust'), 'model');
 * const { report } = await verifyModel('model', { ...trust, at: new Date() });
 */
export function trustFromStore(store: TrustStore, path: string, names?: readonly string[]): StoredTrust {
  const entries = store.entries(names).filter(({ scope }) => coversPath(scope, path));
  const signing = entries.filter(({ use }) => use === 'signing');
  const tsa = entries.filter(({ use }) => use === 'time-stamping');
  if (signing.length === 0) throw new ModelsealError('ERR_TRUST_STORE_EMPTY', { store: store.folder, path });
  const intermediates = entries.flatMap((entry) => entry.intermediates);
  const evidence = {
    crls: entries.flatMap(({ crls }) => crls),
    ocsp: entries.flatMap(({ ocsp }) => ocsp),
  };
  return {
    trustRoots: TrustAnchors.from(signing.flatMap(({ certificates }) => certificates)),
    tsaRoots:
      tsa.length === 0 ? undefined : TrustAnchors.from(tsa.flatMap(({ certificates }) => certificates)),
    intermediates,
    // Fetched some time ago, and passed over for newer where there is newer.
    evidence: decodeEvidence(evidence, 'trust store', intermediates, 'fetched'),
    scopes: AnchorScopes.of(entries),
  };
}
