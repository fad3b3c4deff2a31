/** The import rules of the layout. `npm run rules` and test/architecture.test.ts enforce them. */
const ROOMS = [
  'build',
  'ca',
  'commands',
  'core',
  'demo',
  'loader',
  'scanner',
  'signer',
  'bench',
  'test',
  'cli',
];

/** Whom each library knows beside itself. */
const MAY_IMPORT = {
  core: [],
  ca: ['core'],
  signer: ['core'],
  scanner: ['core'],
  loader: ['core', 'scanner'],
};

module.exports = {
  forbidden: [
    ...Object.entries(MAY_IMPORT).map(([room, others]) => ({
      name: `${room}-imports-${others.join('-and-') || 'no-other-room'}`,
      comment: 'a verifier carries no CA code, and a bug of one room cannot cancel a check of another',
      severity: 'error',
      from: { path: `^${room}/` },
      to: { path: `^(${ROOMS.join('|')})\\b`, pathNot: `^(${[room, ...others].join('|')})/` },
    })),
    {
      name: 'commands-are-the-top',
      comment: 'what decides knows no command line',
      severity: 'error',
      from: { pathNot: '^(cli|commands|build/(?:launcher|docs|demo-picture|standalone)|bench|test)\\b' },
      to: { path: '^(cli|commands)\\b' },
    },
    {
      name: 'steps-know-no-report',
      comment: 'a step returns what it found; verifying alone says it, in the order of its own lines',
      severity: 'error',
      from: {
        path: '^loader/(path|policy|pipeline|revocation|sigstore|timestamp|trust)/',
        pathNot:
          '^loader/(path/build|revocation/report|pipeline/(accept-signer|account|load|options|scan|signer-path|verify))\\.ts$',
      },
      to: { path: '^core/report/(index|builder)' },
    },
    {
      name: 'no-cycles',
      comment: 'types included: who must read two files to understand either has one file too many',
      severity: 'error',
      // The pickle machine is being taken apart; its circles go with that.
      from: { pathNot: '^scanner/pickle/' },
      to: { circular: true },
    },
    {
      name: 'no-tests-in-product',
      severity: 'error',
      from: { pathNot: '^(test|bench)/' },
      to: { path: '^(test|bench)/' },
    },
    {
      name: 'no-undeclared-packages',
      severity: 'error',
      from: { path: '^(ca|commands|core|demo|loader|scanner|signer|cli)' },
      // Optional peers stand among the development dependencies too, for the tests.
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown'],
        pathNot: '^node_modules/@opentelemetry/api/',
      },
    },
    {
      name: 'not-resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^onnxruntime-node' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.d.ts'],
    },
  },
};
