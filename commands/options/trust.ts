import type { Argv } from 'yargs';
import type { RevocationMode } from '../../loader/revocation/index.js';

/** Options that say what is trusted and what is known of revocation, the same for every command that verifies models. */
export interface TrustArguments {
  readonly 'trust-root'?: string[] | undefined;
  readonly 'public-key'?: string | undefined;
  readonly identity?: string[] | undefined;
  readonly 'trusted-root'?: string | undefined;
  readonly 'identity-provider'?: string | undefined;
  readonly purpose?: 'code-signing' | 'any' | undefined;
  readonly intermediates?: string[] | undefined;
  readonly crl?: string[] | undefined;
  readonly ocsp?: string[] | undefined;
  readonly revocation?: RevocationMode | undefined;
  readonly fetch?: boolean | undefined;
  readonly 'fetch-private'?: boolean | undefined;
  readonly 'fetch-cache'?: string | undefined;
  readonly policy?: string | undefined;
  readonly at?: string | undefined;
}

export const files = (describe: string) => ({ type: 'string', array: true, describe }) as const;
export const text = (describe: string) => ({ type: 'string', describe }) as const;
export const flag = (describe: string) => ({ type: 'boolean', default: false, describe }) as const;

export const IDENTITY =
  'Accepted signer, exactly: email:ADDRESS, uri:URI or dns:HOST; may be repeated, any of them is accepted';

export function trustOptions<T>(yargs: Argv<T>): Argv<T & TrustArguments> {
  return yargs
    .option('trust-root', files('Trust anchor: certificates in PEM or DER, or a folder of them'))
    .option('public-key', text('Key that must have signed: PEM, DER or JWK'))
    .option('identity', files(IDENTITY))
    .option('trusted-root', text('Sigstore trusted_root.json; with --identity and --identity-provider'))
    .option('identity-provider', text('Sigstore: OIDC issuer that vouched for the identity, exactly'))
    .option('purpose', {
      choices: ['code-signing', 'any'] as const,
      describe: "What the signer's certificate must be for; code-signing without it",
    })
    .option('intermediates', files('Certificates that may help to build the path; not trusted'))
    .option('crl', files('CRL in PEM or DER'))
    .option('ocsp', files('OCSP response in DER'))
    .option('revocation', {
      choices: ['require', 'prefer', 'off'] as const,
      describe: 'What must be known about revocation',
    })
    .option('fetch', flag('Fetch CRLs and OCSP responses from the addresses in the certificates'))
    .option('fetch-private', flag('With --fetch: allow private and loopback addresses'))
    .option('fetch-cache', text('With --fetch: folder to keep CRLs in'))
    .option('policy', text('Trust policy, YAML or JSON; the stricter of policy and options wins'))
    .option(
      'at',
      text('Time to judge validity at: ISO 8601, a date, or seconds since 1970; now without it'),
    ) as unknown as Argv<T & TrustArguments>;
}
