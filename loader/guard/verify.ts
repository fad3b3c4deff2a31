import { realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stayAlone } from '../../core/digest/index.js';
import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import { ioError } from '../../core/files.js';
import { ReportBuilder, type SignerSummary } from '../../core/report/index.js';
import { readCertificateFiles, readTrustAnchors } from '../path/index.js';
import { chooseFiles, ListedModel } from '../pipeline/listed-model.js';
import type { VerifiedManifest } from '../pipeline/verified-manifest.js';
import { inside } from '../pipeline/signature-file.js';
import { type SignedList, verifyManifest } from '../pipeline/verify.js';
import { readPolicy, TrustPolicy } from '../policy/index.js';
import { readEvidence } from '../revocation/index.js';
import { readRegular, sha256 } from './catalogue.js';
import type { GuardConfig } from './config.js';
import type { FolderUse, SignedFolder } from './state.js';

/** Who signed a folder, and what it may be used for; told before the program starts. */
export interface SignedBy {
  readonly folder: string;
  readonly use: FolderUse;
  readonly signers: readonly SignerSummary[];
  /** What the acceptance leaves open, such as `revocation not checked`. */
  readonly reservations: readonly string[];
}

export interface VerifiedFolders {
  readonly folders: readonly SignedFolder[];
  readonly signed: readonly SignedBy[];
}

/**
 * Verifies the signature of every folder: signer, path, revocation, policy, and the signature over the manifest; and
 * that the folder holds the signed names, no more and no fewer. The bytes are checked file by file, when they are used.
 *
 * @throws {ModelsealError} The cause of the first refusal, as `modelseal verify` gives it; `ERR_GUARD_MANIFEST`
 */
export async function verifySignedFolders(config: GuardConfig, at: Date): Promise<VerifiedFolders> {
  const intermediates = readCertificateFiles(config.intermediates ?? [], 'intermediate certificate');
  const options = {
    at,
    trustRoots: readTrustAnchors(config.trustRoots),
    intermediates,
    evidence: readEvidence({
      crlFiles: config.crls ?? [],
      ocspFiles: config.ocsp ?? [],
      certificates: intermediates,
    }),
    revocation: config.revocation,
    tsaRoots: config.tsaRoots && readTrustAnchors(config.tsaRoots),
  };
  // A thread would start under the guard, which is not there yet.
  stayAlone();
  const uses = policies(config);
  const folders: SignedFolder[] = [];
  const signed: SignedBy[] = [];
  for (const { folder, signature } of config.signed) {
    const root = realFolder(folder);
    const accepted: (SignedList & { use: FolderUse; report: ReportBuilder })[] = [];
    let refused: unknown;
    for (const { use, policy } of uses) {
      const report = new ReportBuilder(folder, at);
      try {
        accepted.push({
          use,
          report,
          ...(await verifyManifest(root, { ...options, policy, signature }, report)),
        });
      } catch (error) {
        // Another policy may accept the signer, for its own use; nothing else is a matter of policy.
        if (!isModelsealError(error)) throw error;
        refused ??= error;
      }
    }
    const [first] = accepted;
    if (first === undefined) throw refused;
    const use = accepted.length === uses.length ? 'both' : first.use;
    const { manifest, file, further, report } = first;
    const files = digests(manifest, folder);
    folders.push({
      root,
      given: resolve(folder),
      use,
      files,
      ignored: compare(manifest, root, file, further, files),
    });
    const { signers, reservations } = report.build();
    signed.push({ folder, use, signers, reservations });
  }
  return { folders, signed };
}

/** What is asked of signers: one policy for all, or one for code and one for models, each narrowed by the common one. */
function policies(config: GuardConfig): { use: FolderUse; policy: TrustPolicy | undefined }[] {
  const common = policyOf(config);
  if (config.codePolicy === undefined && config.modelPolicy === undefined)
    return [{ use: 'both', policy: common }];
  const narrowed = (file: string | undefined): TrustPolicy | undefined => {
    const own = file === undefined ? undefined : readPolicy(file);
    return own && common ? own.and(common) : (own ?? common);
  };
  return [
    { use: 'code', policy: narrowed(config.codePolicy) },
    { use: 'models', policy: narrowed(config.modelPolicy) },
  ];
}

function policyOf(config: GuardConfig): TrustPolicy | undefined {
  const file = config.policy === undefined ? undefined : readPolicy(config.policy);
  if (config.identity === undefined) return file;
  const narrow = TrustPolicy.accepting([config.identity].flat().map((identity) => ({ identity })));
  return file ? file.and(narrow) : narrow;
}

function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch (error) {
    throw ioError(error, folder, 'signed folder');
  }
}

/** Modules are checked whole and one by one, so the manifest must speak of whole files. */
function digests(verified: VerifiedManifest, folder: string): Record<string, string> {
  const { serialization, resources } = verified.manifest;
  const fail = (problem: string): never => {
    throw new ModelsealError('ERR_GUARD_MANIFEST', { folder, problem });
  };
  if (serialization.method !== 'files') fail(`it lists ${serialization.method}, not whole files`);
  if (serialization.hashType !== 'sha256') fail(`its digests are ${serialization.hashType}, not sha256`);
  return Object.fromEntries(resources.map((r) => [r.file, r.digest]));
}

/**
 * Compares the names in a folder with the signed ones. What a link leads to is hashed: it may stand for its name only if
 * it is what was signed under this name.
 *
 * @returns The names that are no part of the folder as it was signed.
 * @throws {ModelsealError} `ERR_FILE_UNSIGNED`, `ERR_FILE_MISSING`, `ERR_FILE_CHANGED`, and the codes of listing
 */
function compare(
  verified: VerifiedManifest,
  root: string,
  signatureFile: string,
  further: readonly string[],
  files: Readonly<Record<string, string>>,
): string[] {
  const { manifest, signer } = verified;
  const { tree } = ListedModel.of(verified, root, { signatureFile, further });
  if (tree.single)
    throw new ModelsealError('ERR_GUARD_MANIFEST', {
      folder: root,
      problem: 'it is of a single file, not of a folder',
    });
  const { extra } = chooseFiles(manifest, tree, undefined);
  if (extra.length > 0) throw new ModelsealError('ERR_FILE_UNSIGNED', { files: extra });
  const present = new Set(tree.files.map(({ name }) => name));
  const missing = Object.keys(files).filter((name) => !present.has(name));
  if (missing.length > 0) throw new ModelsealError('ERR_FILE_MISSING', { files: missing });
  const changed = tree.files
    .filter(({ name, path }) => path !== join(root, name) && sha256(readRegular(path)) !== files[name])
    .map(({ name }) => name);
  if (changed.length > 0) throw new ModelsealError('ERR_FILE_CHANGED', { files: changed });
  const own = inside(root, signatureFile);
  return [
    ...tree.ignored,
    ...(own === undefined ? [] : [own]),
    ...(signer.policy.manifestIgnores === 'allow' ? manifest.serialization.ignorePaths : []),
  ];
}
