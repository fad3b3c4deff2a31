// loader/path: certification paths; loader/certificate: path and revocation of one certificate.

// What callers need of core.
export { type CacheUse, DigestCache, digestCacheKey } from '../core/digest/index.js';
export { type ErrorCode, isModelsealError, ModelsealError } from '../core/errors/index.js';
export { findHubModel, hubCache } from '../core/hub/index.js';
export { type Report, ReportBuilder } from '../core/report/index.js';
export { Certificate, readCertificates } from '../core/x509/index.js';
// The scanner: threats, pickles as data, and as safetensors.
export {
  type ByteSource,
  type Constructor,
  type Constructors,
  type ConversionRecord,
  convertModel,
  type ConvertOptions,
  DType,
  type FileScan,
  type FileVerdict,
  type Finding,
  NdArray,
  NumpyScalar,
  PyComplex,
  PyDate,
  PyObject,
  PyReference,
  PyText,
  PyTimedelta,
  PyTuple,
  type PyValue,
  type Rule,
  type RuleId,
  RULES,
  type ScanLimits,
  type ScannableModel,
  ScannedModel,
  type ScanOptions,
  scanPaths,
  type ScanPolicy,
  type ScanResult,
  scanSource,
  type Severity,
  Tensor,
  TorchStorage,
  unpickle,
  type UnpickledModel,
  unpickleFile,
  unpickleModel,
  type UnpickleOptions,
} from '../scanner/index.js';
export { type CertificateOptions, verifyCertificate } from './verify-certificate.js';
// loader/check, loader/store: whole stores of models, and what is taken out of them.
export {
  type CheckOptions,
  checkFolder,
  checkModel,
  type FoundModel,
  findModels,
  type WatchOptions,
  watchFolder,
} from './check/index.js';
// loader/attestation: what accepted signers say of a model, and what it was made from.
export {
  type AttestationDemand,
  type Lineage,
  VerifiedAttestation,
  verifyLineage,
} from './attestation/index.js';
// loader/evidence: all that a signature needs besides the trust root, in one file.
export {
  describePack,
  EvidencePack,
  type PackDescription,
  type PackedEvidence,
  type PackParts,
  packEvidence,
} from './evidence/index.js';
// loader/guard: a Node program in which only signed code and verified models run.
export type { GuardConfig } from './guard/config.js';
export { type GuardedRun, type GuardedRunOptions, runGuarded } from './guard/run.js';
export {
  type AlgorithmPolicy,
  DEFAULT_ALGORITHM_POLICY,
  findPath,
  type PathOptions,
  type PathParameters,
  type PolicyOutputs,
  PURPOSES,
  type Purpose,
  readCertificateFiles,
  readTrustAnchors,
  TrustAnchor,
  TrustAnchors,
  ValidatedPath,
  validatePath,
} from './path/index.js';
// loader/pipeline: verified and live models; loader/policy, loader/sigstore: whose signature is wanted.
export {
  AcceptedSigner,
  LiveModel,
  type LoadedModel,
  type LoadOptions,
  loadModel,
  MatchedModel,
  SIGNATURE_NAME,
  scanModel,
  VerifiedManifest,
  type VerifiedModel,
  type VerifyOptions,
  verifyModel,
} from './pipeline/index.js';
export { type PolicyFields, parsePolicy, readPolicy, type SignerRule, TrustPolicy } from './policy/index.js';
export { renderReport, renderShortReport } from './report/index.js';
// loader/revocation: CRLs and OCSP responses.
export {
  type CertificateStatus,
  CheckedPath,
  checkRevocation,
  decodeEvidence,
  describeEvidence,
  type EvidenceDescription,
  type FetchOptions,
  fetchEvidence,
  mergeEvidence,
  NO_EVIDENCE,
  REVOCATION_MODES,
  type RevocationEvidence,
  type RevocationMode,
  type RevocationOptions,
  readEvidence,
} from './revocation/index.js';
export {
  detectRuntimeFormat,
  type EngineChoice,
  type InputTensor,
  type ModelRuntime,
  type NumericArray,
  OnnxRuntime,
  type OutputTensor,
  type RuntimeFormat,
  type SafeTensor,
  SafetensorsFile,
  type SafeTensors,
  ShardedSafetensors,
  type TensorShape,
  type VerifiedFiles,
} from './runtime/index.js';
// loader/registry: models in OCI registries.
export {
  type PulledModel,
  type PullOptions,
  type PushedModel,
  type PushOptions,
  pullModel,
  pushModel,
  type RegistryAccess,
  type RegistryFile,
  type RegistryVerifyOptions,
  type VerifiedArtifact,
  verifyArtifact,
} from './registry/index.js';
// loader/stage: verified copies, and programs in any language on them.
export {
  type ExecOptions,
  type ExecutedModel,
  execModel,
  type StagedModel,
  type StageOptions,
  stageModel,
} from './stage/index.js';
export { type SigstoreIdentity, SigstoreRoot, SigstoreSigner, type SigstoreTrust } from './sigstore/index.js';
export {
  type Incident,
  Quarantine,
  type QuarantineReason,
  type QuarantineRequest,
  requireTrustedStorage,
  type SettledEntry,
} from './store/index.js';
// loader/trust: whom to trust, said once.
export {
  type AnchorEntry,
  AnchorScopes,
  type AnchorUse,
  type NewAnchor,
  type RefreshedAnchor,
  type RefreshOptions,
  refreshStore,
  type StoredTrust,
  TrustStore,
  trustFromStore,
} from './trust/index.js';
