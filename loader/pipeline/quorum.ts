import type { Manifest } from '../../core/model/index.js';
import { sameBytes } from '../../core/x509/index.js';
import type { TrustPolicy } from '../policy/policy.js';
import type { VerifiedManifest } from './verified-manifest.js';
import type { PresentedSigner } from './presented-signer.js';

/** One signature of several, verified for itself. */
export interface Vote {
  readonly file: string;
  readonly manifest: VerifiedManifest;
  /** What the caller calls the anchor: a root and its successor are one. */
  readonly anchor: string | undefined;
}

/**
 * The most votes for the same files that come from different signers: no two of them share an identity, a key, or, where
 * the policy says so, a CA. The first of them in order where there are several such sets.
 *
 * @param ownNames Names that signature files have in the model: each signer excludes those that were there.
 */
export function largestQuorum(
  votes: readonly Vote[],
  policy: TrustPolicy,
  ownNames: readonly string[],
): readonly Vote[] {
  let best: readonly Vote[] = [];
  const seen: Vote[] = [];
  for (const vote of votes) {
    if (seen.some((other) => sameFiles(other, vote, ownNames))) continue;
    seen.push(vote);
    const alike = votes.filter((other) => sameFiles(vote, other, ownNames));
    const found = largest(alike, (a, b) => sameSigner(a, b, policy.distinctRoots));
    if (found.length > best.length) best = found;
  }
  return best;
}

/** A largest set without two that conflict. There are at most sixteen votes, so that every set can be tried. */
function largest(votes: readonly Vote[], conflict: (a: Vote, b: Vote) => boolean): readonly Vote[] {
  const [first, ...rest] = votes;
  if (!first) return [];
  const compatible = rest.filter((other) => !conflict(first, other));
  const taken = [first, ...largest(compatible, conflict)];
  if (compatible.length === rest.length) return taken;
  const left = largest(rest, conflict);
  return left.length > taken.length ? left : taken;
}

/** Two signatures of one person are one, and so are two under one key; two CAs are two only if they share no key. */
function sameSigner(a: Vote, b: Vote, distinctRoots: boolean): boolean {
  const [one, other] = [a.manifest.signer.presented, b.manifest.signer.presented];
  if (one.keyFingerprint === other.keyFingerprint) return true;
  const persons = new Set(one.identities.map(person));
  if (other.identities.some((identity) => persons.has(person(identity)))) return true;
  if (!distinctRoots) return false;
  return (a.anchor !== undefined && a.anchor === b.anchor) || shareAuthority(one, other);
}

/** Mail systems tell no capitals apart, whatever the standards allow them. */
const person = (identity: string): string => identity.toLowerCase();

/** One compromised CA must not stand behind both: any key above the leaves counts, the anchors' too. */
function shareAuthority(one: PresentedSigner, other: PresentedSigner): boolean {
  const above = one.chain.slice(1);
  return above.some(({ spki }) => other.chain.slice(1).some((ca) => sameBytes(ca.spki, spki)));
}

/** Whether two manifests list the same files, with the same digests, and exclude the same but for signatures. */
function sameFiles(a: Vote, b: Vote, ownNames: readonly string[]): boolean {
  if (a === b) return true;
  const [one, other] = [a.manifest, b.manifest];
  if (one.treeDigest !== undefined && other.treeDigest !== undefined && one.treeDigest !== other.treeDigest)
    return false;
  return (
    shape(one.manifest, ownNames) === shape(other.manifest, ownNames) &&
    one.manifest.rootDigest() === other.manifest.rootDigest() &&
    one.manifest.names.length === other.manifest.names.length &&
    one.manifest.names.every((name, i) => name === other.manifest.names[i])
  );
}

function shape({ modelName, serialization }: Manifest, ownNames: readonly string[]): string {
  const { method, hashType, shardSize, allowSymlinks, ignorePaths } = serialization;
  const excluded = ignorePaths.filter((path) => !ownNames.includes(path)).sort();
  return JSON.stringify([modelName, method, hashType, shardSize ?? null, allowSymlinks, excluded]);
}
