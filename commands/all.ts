import type { CommandList } from './terminal/command.js';

/**
 * Every top-level command. Its module, of the same name, is imported only when it runs; the build looks at this list too
 * when it leaves commands out of the small bundle.
 */
export const COMMANDS: CommandList = [
  {
    name: 'ca',
    describe: 'Run a certificate authority',
    load: () => import('./ca/index.js'),
  },
  { name: 'sign', describe: 'Sign a model folder or file', load: () => import('./sign.js') },
  {
    name: 'timestamp',
    describe: 'Have a time-stamp authority state when a signature existed, or renew that statement',
    load: () => import('./timestamp.js'),
  },
  {
    name: 'verify',
    describe: 'Verify the signature of a model: who signed, and whether these are the signed files',
    load: () => import('./verify.js'),
  },
  {
    name: 'load',
    describe: 'Verify and scan a model, hand its verified bytes to a runtime, and run one inference',
    load: () => import('./load.js'),
  },
  {
    name: 'trust',
    describe: 'The trust store: whom to trust, said once',
    load: () => import('./trust.js'),
  },
  {
    name: 'policy',
    describe: 'The trust policy file: init, check, explain',
    load: () => import('./policy.js'),
  },
  {
    name: 'stage',
    describe: 'A verified, read-only copy of a model, which appears only if everything verified',
    load: () => import('./stage.js'),
  },
  {
    name: 'exec',
    describe: 'Run any program on a private, verified copy of a model',
    load: () => import('./exec.js'),
  },
  {
    name: 'push',
    describe: 'Put a signed model into an OCI registry',
    load: () => import('./push.js'),
  },
  {
    name: 'pull',
    describe: 'Get a model from an OCI registry: verified first, then its files',
    load: () => import('./pull.js'),
  },
  {
    name: 'attest',
    describe: 'Sign a statement about a model: where it comes from, what is in it, what was found in it',
    load: () => import('./attest.js'),
  },
  {
    name: 'lineage',
    describe: 'Verify a model and every model that it was made from',
    load: () => import('./lineage.js'),
  },
  {
    name: 'evidence',
    describe: 'All that a signature needs to be verified offline, in one file',
    load: () => import('./evidence.js'),
  },
  {
    name: 'certificate',
    describe: 'Judge a certificate of any CA: path, rules, revocation',
    load: () => import('./certificate.js'),
  },
  {
    name: 'inspect',
    describe: 'What a signature, certificate, request, CRL or model claims (unverified, and says so)',
    load: () => import('./inspect.js'),
  },
  {
    name: 'digest',
    describe: 'The manifest and root digest of a model, no keys involved',
    load: () => import('./digest.js'),
  },
  {
    name: 'scan',
    describe: 'Look for threats in models without loading them',
    load: () => import('./scan.js'),
  },
  {
    name: 'convert',
    describe: 'Turn a pickle or PyTorch file into safetensors without executing anything',
    load: () => import('./convert.js'),
  },
  {
    name: 'check',
    describe: 'Judge every model under a folder: signature, integrity, threats',
    load: () => import('./check.js'),
  },
  {
    name: 'watch',
    describe: 'Judge what changes under a folder, and everything again on a schedule',
    load: () => import('./watch.js'),
  },
  {
    name: 'quarantine',
    describe: 'Look at, release or delete what was quarantined',
    load: () => import('./quarantine.js'),
  },
  {
    name: 'metadata',
    describe: 'Checksum records of the older practice (metadata.json, FILE.sig.json)',
    load: () => import('./metadata.js'),
  },
  {
    name: 'migrate',
    describe: 'From checksum records to signed bundles: a dry run, unless --apply',
    load: () => import('./migrate.js'),
  },
  {
    name: 'audit',
    describe: 'Verify and read the audit log',
    load: () => import('./audit.js'),
  },
  {
    name: 'run',
    describe: 'A Node program under the guard: only signed code, only verified models',
    load: () => import('./run.js'),
  },
  {
    name: 'explain',
    describe: 'One error or scan rule: what it says, what it means, what to do',
    load: () => import('./explain.js'),
  },
  {
    name: 'demo',
    describe: 'Attack a model with a real package, then defend it',
    load: async () => ({ default: (await import('./demo.js')).demo(COMMANDS) }),
  },
  {
    name: 'completion',
    describe: 'A script for bash or zsh that completes commands, options and their values',
    load: async () => ({ default: (await import('./completion.js')).completion(COMMANDS) }),
  },
];
