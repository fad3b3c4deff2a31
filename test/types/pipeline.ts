// Compile-time tests: `npm run types` fails where a misuse below compiles, since its @ts-expect-error is then unused.
// Nothing in here runs.
import type { UnverifiedBundle } from '../../core/bundle/index.js';
import type { Manifest } from '../../core/model/index.js';
import type { ReportBuilder } from '../../core/report/index.js';
import type { Certificate } from '../../core/x509/index.js';
import {
  AcceptedSigner,
  LiveModel,
  MatchedModel,
  OnnxRuntime,
  TrustPolicy,
  type ValidatedPath,
  VerifiedManifest,
  verifyModel,
} from '../../loader/index.js';
import type { CheckedPath } from '../../loader/revocation/index.js';
import type { ScannedModel } from '../../scanner/scanned-model.js';

declare const bundle: UnverifiedBundle;
declare const manifest: Manifest;
declare const verified: VerifiedManifest;
declare const matched: MatchedModel;
declare const scanned: ScannedModel<MatchedModel>;
declare const path: ValidatedPath;
declare const checked: CheckedPath;
declare const signer: AcceptedSigner;
declare const policy: TrustPolicy;
declare const report: ReportBuilder;
declare const certificate: Certificate;

export function accepted(): void {
  void LiveModel.from(scanned);
  void MatchedModel.from(verified, 'folder', { report });
  VerifiedManifest.from(bundle, signer, report);
  AcceptedSigner.ofPath(checked, policy, report);
  void OnnxRuntime.load(matched, 'model.onnx');
}

export function refused(): void {
  // @ts-expect-error an unverified bundle is not a manifest
  void MatchedModel.from(bundle, 'folder', { report });
  // @ts-expect-error a manifest that no signature covers
  void MatchedModel.from(manifest, 'folder', { report });
  // @ts-expect-error an unverified bundle cannot be loaded
  void LiveModel.from(bundle);
  // @ts-expect-error a matched model was not scanned
  void LiveModel.from(matched);
  // @ts-expect-error a path on disk is not a model
  void LiveModel.from('folder');

  // @ts-expect-error a copy of a verified manifest with other files
  void MatchedModel.from({ ...verified, manifest }, 'folder', { report });
  // @ts-expect-error a plain copy is no verified manifest either
  void MatchedModel.from({ ...verified }, 'folder', { report });
  // @ts-expect-error an object of the same shape
  void MatchedModel.from({ manifest, signer, treeDigest: undefined, metadata: undefined }, 'folder', {
    report,
  });
  // @ts-expect-error a copy of a scanned model
  void LiveModel.from({ ...scanned });
  // @ts-expect-error a copy of a matched model inside an object that claims to be scanned
  void LiveModel.from({ model: { ...matched }, result: scanned.result });
  // @ts-expect-error files cannot be edited in a verified manifest
  verified.manifest = manifest;
  // @ts-expect-error nor its resources
  verified.manifest.resources[0] = { name: 'x', file: 'x', digest: '' };

  // @ts-expect-error a validated path was not looked up in the revocation evidence
  AcceptedSigner.ofPath(path, policy, report);
  // @ts-expect-error a copy of a checked path
  AcceptedSigner.ofPath({ ...checked, path }, policy, report);
  // @ts-expect-error a checked path is not yet the right signer
  VerifiedManifest.from(bundle, checked, report);
  // @ts-expect-error a certificate is no signer
  VerifiedManifest.from(bundle, certificate, report);
  // @ts-expect-error a copy of an accepted signer with another key
  VerifiedManifest.from(bundle, { ...signer, publicKey: certificate.publicKey() }, report);

  // @ts-expect-error only the check makes one
  new VerifiedManifest({}, signer);
  // @ts-expect-error only the check makes one
  new MatchedModel(verified, 'folder', new Map(), undefined);
  // @ts-expect-error only the check makes one
  new AcceptedSigner({}, policy, report);
  // @ts-expect-error only the check makes one
  new LiveModel('model.onnx', matched, {});
  // @ts-expect-error a policy is made by its factories
  new TrustPolicy({});
  // @ts-expect-error an object of the same shape is no policy
  AcceptedSigner.ofPath(checked, { ...policy }, report);

  // @ts-expect-error the time of verification is required
  void verifyModel('folder', {});
  // @ts-expect-error trust anchors are parsed, not a list of certificates
  void verifyModel('folder', { at: new Date(0), trustRoots: [certificate] });
}
