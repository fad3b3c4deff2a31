import { fileURLToPath } from 'node:url';
import ts from 'typescript';

// The index of what the public modules can do: every exported function with its signature, its first sentence and its
// example, as they stand in the source.

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MODULES = ['ca', 'signer', 'scanner', 'loader'] as const;

export interface Verb {
  readonly module: string;
  readonly name: string;
  readonly signature: string;
  readonly doc: string;
  readonly example: string;
}

export const COMPILER: ts.CompilerOptions = {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
  strict: true,
  skipLibCheck: true,
  noEmit: true,
  types: ['node'],
};

/** Every function of the public modules, once, in the module it belongs to. */
export function publicVerbs(): Verb[] {
  const files = MODULES.map((module) => `${ROOT}${module}/index.ts`);
  // Nothing is checked here: libraries need not be read.
  const options = { ...COMPILER, types: [], noLib: true };
  const host = ts.createCompilerHost(options);
  const { fileExists } = host;
  host.fileExists = (file) => !file.includes('/node_modules/') && fileExists(file);
  const program = ts.createProgram(files, options, host);
  const checker = program.getTypeChecker();
  const seen = new Set<ts.Symbol>();
  return MODULES.flatMap((module, i) => {
    const source = program.getSourceFile(files[i] as string);
    const symbol = source && checker.getSymbolAtLocation(source);
    if (symbol === undefined) throw new Error(`${module}/index.ts exports nothing`);
    return checker.getExportsOfModule(symbol).flatMap((exported) => {
      const target = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      const declaration = target.declarations?.find(ts.isFunctionDeclaration);
      if (declaration === undefined || seen.has(target)) return [];
      seen.add(target);
      const tags = target.getJsDocTags(checker).filter(({ name }) => name === 'example');
      return [
        {
          module,
          name: exported.name,
          signature: signatureOf(declaration),
          doc: ts.displayPartsToString(target.getDocumentationComment(checker)),
          example: tags.map(({ text }) => ts.displayPartsToString(text).trim()).join('\n'),
        },
      ];
    });
  });
}

function signatureOf(declaration: ts.FunctionDeclaration): string {
  const source = declaration.getSourceFile().text;
  const from = declaration.name?.getStart() ?? declaration.getStart();
  return source
    .slice(from, declaration.body?.pos ?? declaration.end)
    .replace(/\s+/g, ' ')
    .replace(/,? \)/g, ')')
    .replaceAll('( ', '(')
    .trim();
}

const firstSentence = (doc: string): string =>
  (/^[\s\S]*?\.(?=\s|$)/.exec(doc)?.[0] ?? doc).replace(/\s+/g, ' ');

/** docs/api.md as a whole. */
export function apiIndex(): string {
  const verbs = publicVerbs();
  for (const { module, name, doc, example } of verbs)
    if (doc === '' || example === '')
      throw new Error(`${name} of modelseal/${module} needs a sentence and an @example in its comment`);
  return [
    '# API',
    '',
    'Every function of the public modules, written by `npm run docs` from the source; the types say the rest in your editor. Times are',
    'arguments everywhere: nothing looks at a clock. A refusal is a `ModelsealError` with a code, the data of its cause, and a hint',
    '([errors.md](errors.md)). `modelseal/loader` also exports what `modelseal/scanner` does.',
    ...MODULES.flatMap((module) => [
      '',
      `## modelseal/${module}`,
      ...verbs
        .filter((verb) => verb.module === module)
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .flatMap(({ name, signature, doc, example }) => [
          '',
          `### ${name}`,
          '',
          firstSentence(doc),
          '',
          '```ts',
          signature,
          '```',
          '',
          '```ts',
          example,
          '```',
        ]),
    ]),
    '',
  ].join('\n');
}
