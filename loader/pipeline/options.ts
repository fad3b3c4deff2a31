import type { KeyObject } from 'node:crypto';
import { DigestCache } from '../../core/digest/cache.js';
import { isModelsealError } from '../../core/errors/index.js';
import { checkOptions, is, type OptionTable } from '../../core/options.js';
import type { ProgressSink } from '../../core/progress.js';
import { ReportBuilder } from '../../core/report/index.js';
import { Certificate } from '../../core/x509/index.js';
import type { CertificateOptions } from '../verify-certificate.js';
import type { TrustAnchors } from '../path/index.js';
import { PURPOSES, type Purpose } from '../path/purposes.js';
import { TrustPolicy } from '../policy/policy.js';
import type { RevocationEvidence, RevocationMode } from '../revocation/index.js';
import { type AttestationDemand, checkDemands } from '../attestation/demand.js';
import { EvidencePack } from '../evidence/pack.js';
import type { EngineChoice } from '../runtime/onnx/engine.js';
import { checkScanOptions, type ScanOptions } from '../../scanner/options.js';
import { AnchorScopes } from '../trust/scopes.js';
import type { SigstoreTrust } from '../sigstore/index.js';

/** What to verify against and how. Exactly one of `trustRoots`, `publicKey` and `sigstore`: there is no default trust. */
export interface VerifyOptions {
  /** The time validity is judged at. Required: it never comes from the model, nor from a clock in here. */
  readonly at: Date;
  /** Certificate method: the operator's own trust anchors. */
  readonly trustRoots?: TrustAnchors | undefined;
  /** Key method: the key that must have signed. */
  readonly publicKey?: KeyObject | undefined;
  /** Sigstore method: the instance, the identity and its provider. */
  readonly sigstore?: SigstoreTrust | undefined;

  /** Certificates that may help to build a path; none of them is trusted. */
  readonly intermediates?: readonly Certificate[] | undefined;
  /** CRLs and OCSP responses. */
  readonly evidence?: RevocationEvidence | undefined;
  /** Asks for more evidence about a path that is valid so far; without it the network is never used. */
  readonly fetch?: CertificateOptions['fetch'];
  /**
   * Time-stamp authorities that are believed. A signature with a token of theirs is judged at the time of the token;
   * without one, at the present.
   */
  readonly tsaRoots?: TrustAnchors | undefined;
  /** Which models each of the anchors may vouch for, where they come from a trust store. */
  readonly scopes?: AnchorScopes | undefined;
  /** Policies (OIDs) that tokens must be made under; any without it. */
  readonly tsaPolicies?: readonly string[] | undefined;
  /** What must be known about revocation; a policy can demand more. */
  readonly revocation?: RevocationMode | undefined;
  /** How the caller calls the model, `hf://…` or `oci://…`, for rules of a policy that speak of that. */
  readonly reference?: string | undefined;
  /** Which signers are accepted, and other demands. Without it, whoever the trust vouches for. */
  readonly policy?: TrustPolicy | undefined;
  /** What the signer's certificate must be for, `code-signing` unless told. */
  readonly purpose?: Purpose | undefined;

  /** Signature file; `model.sig` in the folder or beside the file without it. */
  readonly signature?: string | undefined;
  /**
   * Signatures and evidence in one file, in the place of those beside the model; nothing is fetched then. Excludes
   * `signature` and `fetch`.
   */
  readonly pack?: EvidencePack | undefined;
  /** Attestations about the model; those beside it, of the types that are demanded, without it. */
  readonly attestations?: readonly string[] | undefined;
  /** Attestations without which the model is refused. */
  readonly requireAttestations?: readonly AttestationDemand[] | undefined;
  /** Identities that may attest, exactly; without them whoever may sign the model. */
  readonly attesters?: readonly string[] | undefined;
  /** Paths relative to the model that are not part of it. */
  readonly ignorePaths?: readonly string[] | undefined;
  /** Accept files that no manifest names. They are never handed out. */
  readonly ignoreUnsignedFiles?: boolean | undefined;
  /** How many different signers must have signed; a policy can demand more. */
  readonly threshold?: number | undefined;
  /** They must be under different CAs as well. */
  readonly distinctRoots?: boolean | undefined;
  /** `refuse` does not honour excluded paths that the manifest itself records. */
  readonly manifestIgnores?: 'allow' | 'refuse' | undefined;
  /** Verify these files and folders only; the report says what was not looked at. */
  readonly only?: readonly string[] | undefined;
  /** Keep the verified bytes in memory. */
  readonly hold?: boolean | undefined;
  /**
   * Digests of files that did not change are taken from here instead of reading them. The report says so. Without effect
   * where the bytes themselves are wanted.
   */
  readonly digestCache?: DigestCache | undefined;
  readonly onProgress?: ProgressSink | undefined;
  /** Filled as the checks are made, and complete when a refusal is thrown. */
  readonly report?: ReportBuilder | undefined;
}

const VERIFY: OptionTable<VerifyOptions> = {
  at: is.time,
  trustRoots: is.object,
  publicKey: is.object,
  sigstore: is.object,
  intermediates: is.list(is.made(Certificate)),
  evidence: is.object,
  fetch: is.call,
  scopes: is.made(AnchorScopes),
  tsaRoots: is.object,
  tsaPolicies: is.list(is.text),
  revocation: is.one('require', 'prefer', 'off'),
  reference: is.text,
  policy: is.made(TrustPolicy),
  purpose: is.one(...PURPOSES),
  signature: is.text,
  pack: is.made(EvidencePack),
  attestations: is.list(is.text),
  requireAttestations: is.list(is.object),
  attesters: is.list(is.text),
  ignorePaths: is.list(is.text),
  ignoreUnsignedFiles: is.flag,
  threshold: is.number,
  distinctRoots: is.flag,
  manifestIgnores: is.one('allow', 'refuse'),
  only: is.list(is.text),
  hold: is.flag,
  digestCache: is.made(DigestCache),
  onProgress: is.call,
  report: is.made(ReportBuilder),
};

export interface LoadOptions extends Omit<VerifyOptions, 'hold'> {
  /**
   * Which file of the model to load; needed where several could be. Several ONNX files are loaded together, as encoder
   * and decoder; a sharded checkpoint is named by its index, and is recognised by it.
   */
  readonly file?: string | readonly string[] | undefined;
  readonly engine?: EngineChoice | undefined;
  /** Which findings are threats. */
  readonly scan?: ScanOptions | undefined;
}

const { hold: _, ...LOAD_VERIFY } = VERIFY;
const LOAD: OptionTable<LoadOptions> = {
  ...LOAD_VERIFY,
  file: is.either(is.text, is.list(is.text)),
  engine: is.one('auto', 'wasm', 'native'),
  scan: is.object,
};

/** @throws {ModelsealError} `ERR_USAGE` */
export function checkVerifyOptions(of: string, options: VerifyOptions): void {
  told(options, () => {
    checkOptions(of, options, VERIFY);
    checkDemands(options.requireAttestations ?? []);
  });
}

/** @throws {ModelsealError} `ERR_USAGE` */
export function checkLoadOptions(of: string, options: LoadOptions): void {
  told(options, () => {
    checkOptions(of, options, LOAD);
    checkDemands(options.requireAttestations ?? []);
    if (options.scan) checkScanOptions(of, options.scan);
  });
}

/** A report that was given says of wrong options too that nothing was accepted. */
function told(options: Pick<VerifyOptions, 'report'> | undefined, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (isModelsealError(error) && options?.report instanceof ReportBuilder)
      options.report.failed('options', error);
    throw error;
  }
}

/** What listing the files of a model is told. */
export interface ListOptions {
  /** Where the signature was read from; it is no part of the model it lies in. */
  readonly signatureFile?: string | undefined;
  /** Signatures beside it, which are no part of the model either. */
  readonly further?: readonly string[] | undefined;
  readonly ignorePaths?: readonly string[] | undefined;
  /** Names of files or folders; nothing else is hashed. */
  readonly only?: readonly string[] | undefined;
}

/** What the comparison of a model with its manifest is told. */
export interface CompareOptions {
  /** Keep the bytes that were hashed, so that a runtime can have them. Without it, they are read again on request. */
  readonly hold?: boolean | undefined;
  readonly ignoreUnsignedFiles?: boolean | undefined;
  readonly digestCache?: DigestCache | undefined;
  readonly onProgress?: ProgressSink | undefined;
}
