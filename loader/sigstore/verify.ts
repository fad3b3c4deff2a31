import type { KeyObject } from 'node:crypto';
import type { SignedEntity, TrustMaterial } from '@sigstore/verify';
import type { UnverifiedBundle } from '../../core/bundle/index.js';
import { type ErrorCode, ModelsealError } from '../../core/errors/index.js';
import { Certificate, parseIdentity, verifySignedData } from '../../core/x509/index.js';
import { type SigstoreIdentity, sigstoreIdentity } from './identity.js';
import { SigstoreRoot } from './root.js';

/** Trust in one identity of one Sigstore instance. */
export interface SigstoreTrust {
  readonly trustedRoot: SigstoreRoot;
  /** E-mail address or URI in the certificate, compared exactly. */
  readonly identity: string;
  /** OIDC issuer that vouched for it, compared exactly. */
  readonly identityProvider: string;
}

/** Clocks of a log and of a verifier differ; more than this is not a difference of clocks. */
const CLOCK_TOLERANCE_MS = 5 * 60 * 1000;

/**
 * A signature that Sigstore's own checks have accepted: Fulcio chain, signed certificate timestamp, inclusion in the
 * transparency log, time of signing. Whose it is was not looked at. Made only by {@link LoggedSignature.verify}.
 */
export class LoggedSignature {
  readonly leaf: Certificate;
  /** Leaf first; the issuing chain as the trusted root has it. */
  readonly chain: readonly Certificate[];
  /** When the transparency log, or a timestamp authority, saw the signature. */
  readonly signedAt: Date;
  readonly #logged = true;

  private constructor(leaf: Certificate, chain: readonly Certificate[], signedAt: Date) {
    this.leaf = leaf;
    this.chain = chain;
    this.signedAt = signedAt;
  }

  static isLogged(value: unknown): value is LoggedSignature {
    return typeof value === 'object' && value !== null && #logged in value && value.#logged;
  }

  /**
   * Verifies a bundle of the sigstore method offline, through the Sigstore project's library.
   *
   * @throws {ModelsealError} `ERR_SIGSTORE_…`
   */
  static async verify(bundle: UnverifiedBundle, trust: SigstoreTrust): Promise<LoggedSignature> {
    if (!SigstoreRoot.isRoot(trust.trustedRoot)) {
      throw new ModelsealError('ERR_SIGSTORE_IDENTITY_MISSING', {
        missing: 'a trusted root (SigstoreRoot.read)',
      });
    }
    // An empty expectation would be met by an empty claim.
    if (!trust.identity)
      throw new ModelsealError('ERR_SIGSTORE_IDENTITY_MISSING', { missing: 'the identity (--identity)' });
    if (!trust.identityProvider) {
      throw new ModelsealError('ERR_SIGSTORE_IDENTITY_MISSING', {
        missing: 'the provider (--identity-provider)',
      });
    }
    const [der] = bundle.chain;
    if (!der) throw new ModelsealError('ERR_SIGSTORE_BUNDLE', { problem: 'there is no certificate' });
    const leaf = Certificate.decode(der);
    const signedAt = await verifyWithLibrary(bundle, trust.trustedRoot);
    return new LoggedSignature(leaf, [leaf, ...issuersOf(leaf, trust.trustedRoot)], signedAt);
  }
}

/** The holder of the one trusted identity, as Sigstore vouches for it. Made only by {@link SigstoreSigner.from}. */
export class SigstoreSigner {
  readonly logged: LoggedSignature;
  readonly identity: SigstoreIdentity;
  readonly #verified = true;

  private constructor(logged: LoggedSignature, identity: SigstoreIdentity) {
    this.logged = logged;
    this.identity = identity;
  }

  get publicKey(): KeyObject {
    return this.logged.leaf.publicKey();
  }

  static isVerified(value: unknown): value is SigstoreSigner {
    return typeof value === 'object' && value !== null && #verified in value && value.#verified;
  }

  /**
   * Compares identity and provider exactly, and refuses a signature from the future.
   *
   * @param at The time it is judged at; the validity of the minutes-long certificate is judged at the logged time.
   * @throws {ModelsealError} `ERR_SIGSTORE_FUTURE`, `ERR_SIGNER_NOT_ACCEPTED`
   */
  static from(logged: LoggedSignature, trust: SigstoreTrust, at: Date): SigstoreSigner {
    if (!LoggedSignature.isLogged(logged))
      throw new ModelsealError('ERR_USAGE', { problem: 'SigstoreSigner.from needs a LoggedSignature' });
    const { leaf, signedAt } = logged;
    if (signedAt.getTime() > at.getTime() + CLOCK_TOLERANCE_MS) {
      throw new ModelsealError('ERR_SIGSTORE_FUTURE', {
        signedAt: signedAt.toISOString(),
        at: at.toISOString(),
      });
    }
    const found = sigstoreIdentity(leaf);
    const wanted = parseIdentity(trust.identity);
    if (found.identity !== wanted || found.provider !== trust.identityProvider) {
      throw new ModelsealError('ERR_SIGNER_NOT_ACCEPTED', {
        identities: [`${found.identity} (${found.provider})`],
        accepted: [`${wanted} (${trust.identityProvider})`],
      });
    }
    return new SigstoreSigner(logged, found);
  }
}

async function verifyWithLibrary(bundle: UnverifiedBundle, root: SigstoreRoot): Promise<Date> {
  const [{ bundleFromJSON }, { toSignedEntity, toTrustMaterial, Verifier }] = await Promise.all([
    import('@sigstore/bundle'),
    import('@sigstore/verify'),
  ]);
  let entity: SignedEntity;
  try {
    entity = toSignedEntity(bundleFromJSON(bundle.json));
  } catch (error) {
    throw new ModelsealError('ERR_SIGSTORE_BUNDLE', { problem: words(error) }, { cause: error });
  }
  let material: TrustMaterial;
  try {
    material = toTrustMaterial(root.material);
  } catch (error) {
    throw new ModelsealError(
      'ERR_SIGSTORE_ROOT',
      { file: 'the trusted root', problem: words(error) },
      { cause: error },
    );
  }
  try {
    // One log entry, one certificate timestamp and one trusted time, as the public-good instance provides.
    new Verifier(material, { tlogThreshold: 1, ctlogThreshold: 1, timestampThreshold: 1 }).verify(entity);
    return signingTime(entity);
  } catch (error) {
    throw translated(error);
  }
}

/** The library has one code for several causes; its sentences tell the certificate log from the chain. */
function translated(error: unknown): ModelsealError {
  const code = (error as { code?: unknown }).code;
  const problem = words(error);
  const ours: Readonly<Record<string, ErrorCode>> = {
    TIMESTAMP_ERROR: 'ERR_SIGSTORE_TIMESTAMP',
    SIGNATURE_ERROR: 'ERR_SIGSTORE_SIGNATURE',
    TLOG_ERROR: 'ERR_SIGSTORE_LOG',
    TLOG_BODY_ERROR: 'ERR_SIGSTORE_LOG',
    TLOG_INCLUSION_PROOF_ERROR: 'ERR_SIGSTORE_LOG',
    TLOG_INCLUSION_PROMISE_ERROR: 'ERR_SIGSTORE_LOG',
    TLOG_MISSING_INCLUSION_ERROR: 'ERR_SIGSTORE_LOG',
    CERTIFICATE_ERROR: /\bSCTs?\b/.test(problem) ? 'ERR_SIGSTORE_SCT' : 'ERR_SIGSTORE_CERTIFICATE',
  };
  // What the library throws without a code is malformed input: a body that is not JSON, a certificate that is not DER.
  const known = typeof code === 'string' ? ours[code] : undefined;
  return new ModelsealError(
    (known ?? 'ERR_SIGSTORE_BUNDLE') as 'ERR_SIGSTORE_BUNDLE',
    { problem },
    { cause: error },
  );
}

const words = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').slice(0, 200);

/** The earliest time that a verified source names: a log entry with a signed promise, or a timestamp token. */
function signingTime(entity: SignedEntity): Date {
  const times = entity.timestamps.flatMap((source) => {
    if (source.$case === 'timestamp-authority') return [source.timestamp.signingTime.getTime()];
    return source.tlogEntry.inclusionPromise ? [Number(source.tlogEntry.integratedTime) * 1000] : [];
  });
  return new Date(Math.min(...times));
}

/** The authority's chain that issued the leaf, for the report; whether it did is decided by the library. */
function issuersOf(leaf: Certificate, root: SigstoreRoot): Certificate[] {
  for (const authority of root.material.certificateAuthorities) {
    const chain = (authority.certChain?.certificates ?? []).map((c) =>
      Certificate.decode(new Uint8Array(c.rawBytes)),
    );
    const [issuer] = chain;
    if (!issuer?.subject.equals(leaf.issuer)) continue;
    if (verifySignedData(leaf.signatureAlgorithm, issuer.publicKey(), leaf.tbs, leaf.signature)) return chain;
  }
  return [];
}
