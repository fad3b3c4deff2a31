import { STORE } from './trust-store.js';
import { flag, list, type OptionTable, text, type Values } from './table.js';

/** What a certification path is built from and judged by. */
export const PATH = {
  'trust-root': list('Trust anchor: certificates in PEM or DER, or a folder of them'),
  intermediates: list('Certificates that may help to build the path, or a folder of them; not trusted'),
  crl: list('CRL in PEM or DER'),
  ocsp: list('OCSP response in DER'),
  revocation: {
    choices: ['require', 'prefer', 'off'],
    describe:
      'What must be known about revocation; without it required where a certificate names an address or evidence was given',
  },
  at: text('Time to judge validity at: ISO 8601, a date, or seconds since 1970; now without it'),
} as const satisfies OptionTable;

export const FETCH = {
  fetch: flag('Fetch CRLs and OCSP responses from the addresses in the certificates, without a proxy'),
  'fetch-private': flag('With --fetch: allow private and loopback addresses'),
  'fetch-cache': text('With --fetch: folder to keep CRLs in'),
} as const satisfies OptionTable;

/** Whose word on the time is taken. */
export const TIME = {
  'tsa-root': list('Trust anchor of time-stamp authorities: their tokens prove the time of signing'),
  'tsa-policy': list('Policy that tokens must be made under, an OID; any without it'),
} as const satisfies OptionTable;

/** Whose signature is wanted. */
export const SIGNER = {
  identity: list(
    'Accepted signer, exactly: email:ADDRESS, uri:URI or dns:HOST; may be repeated, any of them is accepted',
  ),
  policy: text('Trust policy, YAML or JSON; the stricter of policy and options wins'),
} as const satisfies OptionTable;

/** What is trusted and what is known of revocation, the same for every command that verifies models. */
export const TRUST = {
  ...PATH,
  ...FETCH,
  ...TIME,
  ...SIGNER,
  ...STORE,
  trust: list('Anchor of the trust store, by name; all of the store where no trust is given at all'),
  'public-key': text('Key that must have signed: PEM, DER or JWK'),
  'trusted-root': text('Sigstore trusted_root.json; with --identity and --identity-provider'),
  'identity-provider': text('Sigstore: OIDC issuer that vouched for the identity, exactly'),
  threshold: { type: 'number', describe: 'How many different signers must have signed; one without it' },
  'distinct-roots': flag('With --threshold: the signers must be under different CAs as well'),
  purpose: {
    choices: ['code-signing', 'any'],
    describe: "What the signer's certificate must be for; code-signing without it",
  },
} as const satisfies OptionTable;

export type TrustArguments = Values<typeof TRUST>;
