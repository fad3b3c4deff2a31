import { readFileSync } from 'node:fs';
import { type ErrorCode, isModelsealError } from '../../core/errors/index.js';
import { Certificate } from '../../core/x509/index.js';
import { findPath, TrustAnchors } from '../../loader/path/index.js';
import { checkRevocation, decodeEvidence } from '../../loader/revocation/index.js';

/** One test of the NIST Public Key Interoperability Test Suite. */
export interface PkitsTest {
  readonly id: string;
  readonly title: string;
  readonly section: string;
  readonly trusted: readonly string[];
  /** Below the anchor first, end entity last. */
  readonly certs: readonly string[];
  readonly crls: readonly string[];
  readonly expected: boolean;
  readonly params: {
    readonly initialPolicySet?: readonly string[];
    readonly initialExplicitPolicy?: boolean;
    readonly initialPolicyMappingInhibit?: boolean;
    readonly initialInhibitPolicy?: boolean;
  };
}

/** The suite with its objects as DER. */
export interface Pkits {
  readonly tests: readonly PkitsTest[];
  readonly certificates: ReadonlyMap<string, Uint8Array>;
  readonly crls: ReadonlyMap<string, Uint8Array>;
}

/** Inside the validity of the suite, 2010-01-01 to 2030-12-31. */
export const PKITS_TIME = new Date('2026-01-01T00:00:00Z');

/** Tests that do not end as the suite expects, each with its reason. Only DSA may stand here. */
export const PKITS_EXCEPTIONS: ReadonlyMap<string, { readonly code: ErrorCode; readonly reason: string }> =
  new Map([
    ['4.1.4', { code: 'ERR_CERT_ALGORITHM_WEAK', reason: 'DSA with SHA-1 is refused, whatever it signs' }],
    ['4.1.5', { code: 'ERR_CERT_ALGORITHM_WEAK', reason: 'DSA, here with inherited parameters, is refused' }],
  ]);

export function readPkits(file: string): Pkits {
  const raw = JSON.parse(readFileSync(file, 'utf8')) as {
    tests: PkitsTest[];
    certs: Record<string, string>;
    crls: Record<string, string>;
  };
  const bytes = (objects: Record<string, string>): Map<string, Uint8Array> =>
    new Map(
      Object.entries(objects).map(([name, text]) => [name, new Uint8Array(Buffer.from(text, 'base64'))]),
    );
  return { tests: raw.tests, certificates: bytes(raw.certs), crls: bytes(raw.crls) };
}

/** Runs one test as a user would: leaf, bag, anchors, CRLs, revocation required. */
export function runPkits(suite: Pkits, test: PkitsTest): 'accepted' | ErrorCode {
  const object = (map: ReadonlyMap<string, Uint8Array>, name: string): Uint8Array => {
    const der = map.get(name);
    if (!der) throw new Error(`the suite has no ${name}`);
    return der;
  };
  const certificate = (name: string): Certificate => Certificate.decode(object(suite.certificates, name));
  const bag = test.certs.map(certificate);
  const leaf = bag.pop();
  if (!leaf) throw new Error(`${test.id} has no end entity`);
  const { params } = test;
  try {
    const path = findPath(leaf, {
      anchors: TrustAnchors.from(test.trusted.map(certificate)),
      intermediates: bag,
      at: PKITS_TIME,
      purpose: 'any',
      ...(params.initialPolicySet ? { policySet: params.initialPolicySet } : {}),
      explicitPolicy: params.initialExplicitPolicy ?? false,
      inhibitPolicyMapping: params.initialPolicyMappingInhibit ?? false,
      inhibitAnyPolicy: params.initialInhibitPolicy ?? false,
    });
    const crls = test.crls.map((name) => object(suite.crls, name));
    checkRevocation(path, {
      evidence: decodeEvidence({ crls }, 'suite', bag),
      mode: 'require',
      at: PKITS_TIME,
    });
    return 'accepted';
  } catch (error) {
    if (isModelsealError(error)) return error.code;
    throw error;
  }
}
