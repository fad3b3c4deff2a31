import { z } from 'zod';
import { stringify } from 'yaml';
import { ModelsealError } from '../../core/errors/index.js';
import { encodePem } from '../../core/pem.js';
import type { Certificate } from '../../core/x509/index.js';
import { parseScope, type Scope, scopeText } from './scope.js';
import { strictYaml } from '../yaml.js';

/** What an anchor vouches for: who signs, or what time it is. */
export const ANCHOR_USES = ['signing', 'time-stamping'] as const;
export type AnchorUse = (typeof ANCHOR_USES)[number];

/** What is said of an anchor beside its certificates. */
export interface AnchorSettings {
  readonly use: AnchorUse;
  /** Addresses of lists that `refresh` fetches. */
  readonly crl: readonly string[];
  readonly scope: readonly Scope[];
}

/** A named anchor of the store: a root and those that it has cross-signed as its successors. */
export interface AnchorEntry extends AnchorSettings {
  readonly name: string;
  readonly certificates: readonly Certificate[];
  readonly intermediates: readonly Certificate[];
  /** CRLs and OCSP responses that the last refresh got, DER. */
  readonly crls: readonly Uint8Array[];
  readonly ocsp: readonly Uint8Array[];
}

const texts = z.array(z.string().min(1));
const SETTINGS = z.strictObject({
  version: z.literal(1),
  use: z.enum(ANCHOR_USES),
  fingerprints: z.array(z.string().regex(/^[0-9a-f]{64}$/)).min(1),
  crl: texts.optional(),
  scope: texts.optional(),
});

/**
 * Settings of an anchor, which name its certificates so that exchanging one file alone is noticed.
 *
 * @throws {ModelsealError} `ERR_TRUST_STORE`, `ERR_TRUST_SCOPE_FORM`
 */
export function parseSettings(
  text: string,
  file: string,
  certificates: readonly Certificate[],
): AnchorSettings {
  const fail = (problem: string): never => {
    throw new ModelsealError('ERR_TRUST_STORE', { file, problem });
  };
  const result = SETTINGS.safeParse(strictYaml(text, fail));
  if (!result.success) {
    const [issue] = result.error.issues;
    return fail(`${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'it does not fit'}`);
  }
  const { use, fingerprints, crl = [], scope = [] } = result.data;
  const found = certificates.map((certificate) => certificate.fingerprint);
  if (found.join() !== fingerprints.join())
    fail('its fingerprints are not those of the certificates beside it');
  return { use, crl, scope: scope.map(parseScope) };
}

export function formatSettings(settings: AnchorSettings, certificates: readonly Certificate[]): string {
  const { use, crl, scope } = settings;
  return stringify({
    version: 1,
    use,
    fingerprints: certificates.map((certificate) => certificate.fingerprint),
    ...(crl.length > 0 ? { crl } : {}),
    ...(scope.length > 0 ? { scope: scope.map(scopeText) } : {}),
  });
}

/** PEM with the name of each certificate above it, for whoever reads the file. */
export const formatCertificates = (certificates: readonly Certificate[]): string =>
  certificates
    .map((c) => `${c.label.replace(/[^\x20-\x7e]/g, '?')}\n${encodePem('CERTIFICATE', c.raw)}`)
    .join('');

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** @throws {ModelsealError} `ERR_TRUST_NAME` */
export function checkName(name: string): string {
  if (!NAME.test(name)) throw new ModelsealError('ERR_TRUST_NAME', { name });
  return name;
}
