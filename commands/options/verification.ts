import { ATTESTATION_NAMES } from '../../core/attestation/types.js';
import { belowModel } from '../../core/below.js';
import { ModelsealError } from '../../core/errors/index.js';
import type { VerifyOptions } from '../../loader/pipeline/options.js';
import type { StoredTrust } from '../../loader/trust/index.js';
import type { Certificate } from '../../core/x509/index.js';
import { type CommandContext, parseTime } from '../terminal/index.js';
import { textVariable } from './environment.js';
import { referenceOf } from './locate.js';
import { flag, list, needed, type OptionTable, text, type Values } from './table.js';
import { TRUST } from './trust.js';
import { storedTrust } from './trust-store.js';

/** Everything that the verification of a model can be told. */
export const VERIFICATION = {
  ...TRUST,
  signature: text('Signature file; model.sig in the folder or beside the file without it'),
  evidence: text(
    'Evidence pack: signatures, chains, CRLs and OCSP responses come from it alone, nothing is fetched',
  ),
  attestation: list('Attestation about the model; those beside it, of the required types, without it'),
  'require-attestation': {
    ...list('Attestation without which the model is refused'),
    choices: ATTESTATION_NAMES,
  },
  attester: list('Identity that may attest, exactly; whoever may sign the model without it'),
  'scan-version': text('With --require-attestation scan: version of the scanner, exactly'),
  'scan-max-age': {
    type: 'number',
    describe: 'With --require-attestation scan: how many days old it may be',
  },
  'ignore-paths': list('Path inside the model that is no part of it'),
  'ignore-unsigned-files': flag('Accept files that the manifest does not name'),
  'manifest-ignores': {
    type: 'boolean',
    default: true,
    describe: 'Honour excluded paths that the manifest records; --no-manifest-ignores does not',
  },
  only: list('Verify this file or folder of the model only'),
} as const satisfies OptionTable;

export const MODEL = needed(
  text('Model folder, single file, or hf://ORG/NAME[@REVISION] of the local cache'),
);

/** The model, and what is known of it; a command that knows it by another name adds that one. */
export type VerifyArguments = Values<typeof VERIFICATION> & { readonly model: string };

/**
 * Reads everything that the options name. One kind of trust must be given; which options go together is checked here
 * so that the message can speak of options.
 */
export async function readVerifyOptions(
  argv: VerifyArguments,
  context: CommandContext,
): Promise<VerifyOptions> {
  const policy = await readPolicies(argv, context);
  const at = argv.at === undefined ? context.now() : parseTime(argv.at, '--at');
  const { stored, ...trust } = await readTrust(argv, context);
  const intermediates = argv.intermediates
    ? (await import('../../loader/path/anchor.js')).readCertificateFiles(
        argv.intermediates,
        'intermediate certificate',
      )
    : [];
  return {
    ...trust,
    ...(await readTimestampTrust(argv, stored)),
    scopes: stored?.scopes,
    at,
    intermediates: [...intermediates, ...(stored?.intermediates ?? [])],
    evidence: await readGiven(argv, intermediates, stored),
    fetch: await fetcher(argv, at, context),
    policy,
    reference: referenceOf(argv),
    revocation: argv.revocation,
    threshold: argv.threshold,
    distinctRoots: argv['distinct-roots'],
    purpose: argv.purpose,
    signature: argv.signature,
    pack: await readPack(argv),
    attestations: argv.attestation,
    requireAttestations: readDemands(argv),
    attesters: argv.attester,
    ignorePaths: argv['ignore-paths']?.map((path) => belowModel(argv.model, path)),
    ignoreUnsignedFiles: argv['ignore-unsigned-files'],
    manifestIgnores: argv['manifest-ignores'] === false ? 'refuse' : 'allow',
    only: argv.only,
  };
}

/** Variables by which programs are told of a proxy. */
const PROXY = /^(?:https?|all)_proxy$/i;

/** The network is imported only when it was asked for. */
export async function fetcher(
  argv: Pick<VerifyArguments, 'fetch' | 'fetch-private' | 'fetch-cache'>,
  at: Date,
  context: CommandContext,
): Promise<VerifyOptions['fetch']> {
  const { fetch, 'fetch-private': allowPrivate, 'fetch-cache': cache } = argv;
  if (!fetch) {
    if (!allowPrivate && cache === undefined) return undefined;
    throw new ModelsealError('ERR_USAGE', { problem: '--fetch-private and --fetch-cache need --fetch' });
  }
  // A proxy would resolve the names, and reach the private addresses that we refuse.
  const proxy = Object.keys(context.env).find((name) => PROXY.test(name) && context.env[name]);
  if (proxy !== undefined)
    context.output.note(`--fetch connects directly and does not use the proxy that ${proxy} names`);
  const { fetchEvidence } = await import('../../loader/revocation/fetch.js');
  return (path) => fetchEvidence(path, { at, allowPrivate, cache });
}

/** Lists and answers that were named, and those that the trust store holds. */
async function readGiven(
  { crl, ocsp }: VerifyArguments,
  certificates: readonly Certificate[],
  stored: StoredTrust | undefined,
): Promise<VerifyOptions['evidence']> {
  if (!crl && !ocsp) return stored?.evidence;
  const { mergeEvidence, NO_EVIDENCE, readEvidence } = await import('../../loader/revocation/evidence.js');
  const given = readEvidence({ crlFiles: crl ?? [], ocspFiles: ocsp ?? [], certificates });
  return mergeEvidence(given, stored?.evidence ?? NO_EVIDENCE);
}

function readDemands(argv: VerifyArguments): VerifyOptions['requireAttestations'] {
  const { 'require-attestation': types, 'scan-version': scannerVersion, 'scan-max-age': maxAgeDays } = argv;
  const scan = scannerVersion !== undefined || maxAgeDays !== undefined;
  if (scan && !types?.includes('scan')) {
    const problem = '--scan-version and --scan-max-age need --require-attestation scan';
    throw new ModelsealError('ERR_USAGE', { problem });
  }
  return types?.map((type) => (type === 'scan' ? { type, scannerVersion, maxAgeDays } : { type }));
}

async function readPack({ evidence, signature, fetch }: VerifyArguments): Promise<VerifyOptions['pack']> {
  if (evidence === undefined) return undefined;
  if (signature !== undefined || fetch)
    throw new ModelsealError('ERR_USAGE', { problem: '--evidence excludes --signature and --fetch' });
  return (await import('../../loader/evidence/pack.js')).EvidencePack.read(evidence);
}

async function readTimestampTrust(
  argv: VerifyArguments,
  stored: StoredTrust | undefined,
): Promise<Pick<VerifyOptions, 'tsaRoots' | 'tsaPolicies'>> {
  const { 'tsa-root': roots, 'tsa-policy': policies } = argv;
  if (policies && !roots && !stored?.tsaRoots)
    throw new ModelsealError('ERR_USAGE', { problem: '--tsa-policy needs --tsa-root' });
  if (!roots) return { tsaRoots: stored?.tsaRoots, tsaPolicies: policies };
  const { readTrustAnchors } = await import('../../loader/path/anchor.js');
  return { tsaRoots: readTrustAnchors(roots), tsaPolicies: policies };
}

async function readTrust(
  argv: VerifyArguments,
  context: CommandContext,
): Promise<
  Pick<VerifyOptions, 'trustRoots' | 'publicKey' | 'sigstore'> & { readonly stored?: StoredTrust | undefined }
> {
  const names = ['trust-root', 'trust', 'public-key', 'trusted-root'] as const;
  const given = names.filter((name) => argv[name] !== undefined);
  if (given.length > 1)
    throw new ModelsealError('ERR_TRUST_AMBIGUOUS', { given: given.map((n) => `--${n}`) });
  if (argv['identity-provider'] !== undefined && !argv['trusted-root']) {
    throw new ModelsealError('ERR_USAGE', { problem: '--identity-provider needs --trusted-root' });
  }
  if (argv['trust-root']) {
    return { trustRoots: (await import('../../loader/path/anchor.js')).readTrustAnchors(argv['trust-root']) };
  }
  if (argv['public-key'] !== undefined) {
    const { readPublicKey } = await import('../../core/keys/index.js');
    return { publicKey: readPublicKey(argv['public-key']) };
  }
  if (argv['trusted-root'] === undefined) {
    const stored = await storedTrust(argv, context.env);
    return { stored, trustRoots: stored.trustRoots };
  }
  const { SigstoreRoot } = await import('../../loader/sigstore/index.js');
  return {
    sigstore: {
      trustedRoot: await SigstoreRoot.read(argv['trusted-root']),
      identity: oneIdentity(argv.identity),
      identityProvider: argv['identity-provider'] ?? '',
    },
  };
}

/** Sigstore's certificates name one identity, and the trust in it is in one. */
function oneIdentity(given: readonly string[] = []): string {
  if (given.length > 1)
    throw new ModelsealError('ERR_USAGE', { problem: 'with --trusted-root, --identity is given once' });
  return given[0] ?? '';
}

/** The policy file, narrowed to `--identity` where that is given beside trust roots. */
async function readPolicies(
  argv: VerifyArguments,
  { env }: CommandContext,
): Promise<VerifyOptions['policy']> {
  const { TrustPolicy } = await import('../../loader/policy/policy.js');
  const named = argv.policy ?? textVariable(env, 'MODELSEAL_POLICY');
  const file =
    named === undefined ? undefined : (await import('../../loader/policy/document.js')).readPolicy(named);
  if (argv.identity === undefined || argv['trusted-root'] !== undefined) return file;
  const narrow = TrustPolicy.accepting(argv.identity.map((identity) => ({ identity })));
  return file ? file.and(narrow) : narrow;
}
