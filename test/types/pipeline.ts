// Compile-time tests: `npm run types` fails where a misuse below compiles, since its @ts-expect-error is then unused.
// Nothing in here runs.
import type { UnverifiedBundle } from '../../core/bundle/index.js';
import type { Manifest } from '../../core/model/index.js';
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
import { ComparedModel } from '../../loader/pipeline/compared-model.js';
import { ListedModel } from '../../loader/pipeline/listed-model.js';
import { VerifiedPayload } from '../../loader/pipeline/verified-payload.js';
import { PresentedSigner } from '../../loader/pipeline/presented-signer.js';
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
declare const presented: PresentedSigner;
declare const payload: VerifiedPayload;
declare const listed: ListedModel;
declare const compared: ComparedModel;
declare const certificate: Certificate;
declare const at: Date;

export function accepted(): void {
  void LiveModel.from(scanned);
  PresentedSigner.ofPath(checked);
  AcceptedSigner.from(presented, policy);
  VerifiedPayload.from(bundle, signer);
  VerifiedManifest.from(payload, at);
  ListedModel.of(verified, 'folder', {});
  void ComparedModel.of(listed, {});
  MatchedModel.from(compared);
  void OnnxRuntime.load(matched, 'model.onnx');
}

export function refused(): void {
  const alike = { manifest, signer, treeDigest: undefined, metadata: undefined, format: 'v1.0' as const };
  // @ts-expect-error an unverified bundle is not a manifest
  ListedModel.of(bundle, 'folder', {});
  // @ts-expect-error a manifest that no signature covers
  ListedModel.of(manifest, 'folder', {});
  // @ts-expect-error an unverified bundle cannot be loaded
  void LiveModel.from(bundle);
  // @ts-expect-error a matched model was not scanned
  void LiveModel.from(matched);
  // @ts-expect-error a path on disk is not a model
  void LiveModel.from('folder');

  // @ts-expect-error a copy of a verified manifest with other files
  ListedModel.of({ ...verified, manifest }, 'folder', {});
  // @ts-expect-error a plain copy is no verified manifest either
  ListedModel.of({ ...verified }, 'folder', {});
  // @ts-expect-error an object of the same shape
  ListedModel.of(alike, 'folder', {});
  // @ts-expect-error a listing was not compared
  MatchedModel.from(listed);
  // @ts-expect-error a copy of a comparison without its differences
  MatchedModel.from({ ...compared, differences: [] });
  // @ts-expect-error a copy of a listing with other files
  void ComparedModel.of({ ...listed }, {});
  // @ts-expect-error a copy of a scanned model
  void LiveModel.from({ ...scanned });
  // @ts-expect-error a copy of a matched model inside an object that claims to be scanned
  void LiveModel.from({ model: { ...matched }, result: scanned.result });
  // @ts-expect-error files cannot be edited in a verified manifest
  verified.manifest = manifest;
  // @ts-expect-error nor its resources
  verified.manifest.resources[0] = { name: 'x', file: 'x', digest: '' };

  // @ts-expect-error a validated path was not looked up in the revocation evidence
  PresentedSigner.ofPath(path);
  // @ts-expect-error a copy of a checked path
  PresentedSigner.ofPath({ ...checked, path });
  // @ts-expect-error a checked path is not yet the right signer
  AcceptedSigner.from(checked, policy);
  // @ts-expect-error nor is a proven signer
  VerifiedPayload.from(bundle, presented);
  // @ts-expect-error a copy of a proven signer with another name
  AcceptedSigner.from({ ...presented, identities: ['email:eve@x.org'] }, policy);
  // @ts-expect-error bytes that no signature covers
  VerifiedManifest.from({ ...payload, bytes: new Uint8Array() }, at);
  // @ts-expect-error a certificate is no signer
  VerifiedPayload.from(bundle, certificate);
  // @ts-expect-error a copy of an accepted signer with another key
  VerifiedPayload.from(bundle, { ...signer, publicKey: certificate.publicKey() });

  // @ts-expect-error only the check makes one
  new VerifiedManifest({}, signer);
  // @ts-expect-error only the check makes one
  new MatchedModel(verified, 'folder', new Map(), undefined);
  // @ts-expect-error only the check makes one
  new PresentedSigner({});
  // @ts-expect-error only the check makes one
  new AcceptedSigner(presented, policy);
  // @ts-expect-error only the check makes one
  new LiveModel('model.onnx', matched, {});
  // @ts-expect-error a policy is made by its factories
  new TrustPolicy({});
  // @ts-expect-error an object of the same shape is no policy
  AcceptedSigner.from(presented, { ...policy });

  // @ts-expect-error the time of verification is required
  void verifyModel('folder', {});
  // @ts-expect-error trust anchors are parsed, not a list of certificates
  void verifyModel('folder', { at: new Date(0), trustRoots: [certificate] });
}
