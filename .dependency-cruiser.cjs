/** The import rules of the layout. `npm run rules` and test/architecture.test.ts enforce them. */
module.exports = {
  forbidden: [
    {
      name: 'core-imports-no-module',
      comment: 'core holds the words all modules share; it knows none of them',
      severity: 'error',
      from: { path: '^core/' },
      to: { path: '^(ca|signer|loader|demo|bench|test|cli)' },
    },
    ...['ca', 'signer', 'loader'].map((module) => ({
      name: `${module}-stands-alone`,
      comment: 'a verifier carries no CA code, and a bug of one module cannot cancel a check of another',
      severity: 'error',
      from: { path: `^${module}/` },
      to: { path: `^(ca|signer|loader|demo|bench|test|cli)`, pathNot: `^${module}/` },
    })),
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
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
      from: { path: '^(ca|core|demo|loader|signer|cli)' },
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
