import { realpathSync } from 'node:fs';
import { ModelsealError } from '../../core/errors/index.js';
import { ioError } from '../../core/files.js';
import { ReportBuilder } from '../../core/report/index.js';
import { readCertificateFiles, readTrustAnchors } from '../path/index.js';
import type { VerifiedManifest } from '../pipeline/manifest.js';
import { verifyManifest } from '../pipeline/verify.js';
import { readPolicy, TrustPolicy } from '../policy/index.js';
import { readEvidence } from '../revocation/index.js';
import type { GuardConfig } from './config.js';
import type { SignedFolder } from './state.js';

/**
 * Verifies the signature of every folder: signer, path, revocation, policy, and the signature over the manifest. The
 * files themselves are checked one by one, when they are imported.
 *
 * @throws {ModelsealError} The cause of the first refusal, as `modelseal verify` gives it; `ERR_GUARD_MANIFEST`
 */
export async function verifySignedFolders(config: GuardConfig, at: Date): Promise<SignedFolder[]> {
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
    policy: policyOf(config),
  };
  const folders: SignedFolder[] = [];
  for (const { folder, signature } of config.signed) {
    const root = realFolder(folder);
    const { manifest } = await verifyManifest(root, { ...options, signature }, new ReportBuilder(folder, at));
    folders.push({ root, files: digests(manifest, folder) });
  }
  return folders;
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
