import type { Scenario } from '../stage/scenario.js';
import { attackerCa } from './attacker-ca.js';
import { certificateExpired } from './certificate-expired.js';
import { certificateExpiredStamped } from './certificate-expired-stamped.js';
import { certificateRevoked } from './certificate-revoked.js';
import { genuineModel } from './genuine-model.js';
import { genuineUnderGuard } from './genuine-under-guard.js';
import { revokedKeyStamped } from './revoked-key-stamped.js';
import { signatureMoved } from './signature-moved.js';
import { signatureStripped } from './signature-stripped.js';
import { signerMissing } from './signer-missing.js';
import { swappedAfterVerification } from './swapped-after-verification.js';
import { versionRolledBack } from './version-rolled-back.js';
import { weightsBit } from './weights-bit.js';
import { wrapperAdded } from './wrapper-added.js';
import { wrapperReplacesFile } from './wrapper-replaces-file.js';
import { wrapperUnderGuard } from './wrapper-under-guard.js';

/** Part three, in the order of the screen: what is blocked, and what goes on working. */
export const SCENARIOS: readonly Scenario[] = [
  genuineModel,
  genuineUnderGuard,
  wrapperAdded,
  wrapperReplacesFile,
  weightsBit,
  signatureStripped,
  attackerCa,
  certificateRevoked,
  certificateExpired,
  certificateExpiredStamped,
  revokedKeyStamped,
  signerMissing,
  versionRolledBack,
  signatureMoved,
  swappedAfterVerification,
  wrapperUnderGuard,
];
