import type { CertificateSummary } from '../../core/report/index.js';
import type { Narrator } from './narrator.js';
import type { World } from './world.js';

/** Names of the organisation and its developer. */
const ORGANISATION = 'Example Corp';
export const DEVELOPER = { name: 'Model Developer', email: 'models@example.com' };

/** The commands that set up an authority and a developer in it. */
const initCommand = (home: string): string[] => [
  'ca',
  'init',
  '--home',
  home,
  '--name',
  ORGANISATION,
  '--no-passphrase',
];

export const issueCommand = (home: string, out: string): string[] => [
  ...['ca', 'issue', '--home', home, '--name', DEVELOPER.name, '--email', DEVELOPER.email],
  ...['--out', out, '--no-passphrase'],
];

export const signCommand = (folder: string, developer: string): string[] => [
  ...[
    'sign',
    folder,
    '--private-key',
    `${developer}/key.pem`,
    '--signing-certificate',
    `${developer}/chain.pem`,
  ],
];

/** A command that must succeed; the demonstration cannot go on without it. */
export async function must(
  args: readonly string[],
  world: World,
  narrator?: Narrator,
): Promise<Readonly<Record<string, unknown>>> {
  narrator?.command(world.shown(['modelseal', ...args.map((a) => (a.includes(' ') ? `"${a}"` : a))]));
  const { result, error } = await world.run(args, world.now);
  if (error || !result) throw new Error(`modelseal ${args.join(' ')}: ${error?.message ?? 'no result'}`);
  return result;
}

/** Part two: an authority, a developer, a signed model and a signed application. Every line is a command that runs. */
export async function establishTrust(world: World, narrator: Narrator): Promise<void> {
  const developer = world.path('developer');
  const made = (await must(initCommand(world.authority), world, narrator)) as {
    root?: CertificateSummary;
    issuing?: CertificateSummary;
  };
  narrator.fact(
    'root',
    `${made.root?.subject}, ${made.root?.key}, SHA-256 ${made.root?.fingerprint.slice(0, 16)}…`,
  );
  narrator.fact('issuing CA', `${made.issuing?.subject}, until ${made.issuing?.notAfter.slice(0, 10)}`);
  const { certificate } = (await must(issueCommand(world.authority, developer), world, narrator)) as {
    certificate?: CertificateSummary;
  };
  narrator.fact(
    'developer',
    `${certificate?.identities.join(', ')}, until ${certificate?.notAfter.slice(0, 10)}`,
  );
  for (const folder of [world.model, world.application]) {
    await must(signCommand(folder, developer), world, narrator);
  }
  const crls = ['root.crl', 'issuing.crl'].flatMap((name) => ['--crl', world.path('ca', name)]);
  const report = await must(
    ['verify', world.model, '--trust-root', world.path('ca', 'root.pem'), ...crls, '--revocation', 'require'],
    world,
    narrator,
  );
  const { verdict, files } = report as { verdict?: string; files?: { matched: number; bytes: number } };
  if (verdict !== 'accepted') throw new Error(`the freshly signed model is ${verdict}`);
  narrator.fact('verdict', `${verdict}, ${files?.matched} files, ${files?.bytes} bytes`);
}
