import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import ts from 'typescript';
import { apiIndex, COMPILER, publicVerbs } from '../build/api.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What examples speak of without making it. */
const GIVEN = `
import * as ca from './ca/index.js';
import * as loader from './loader/index.js';
declare const secret: string;
declare const passphrase: () => Promise<string>;
declare const passphraseOf: (file: string) => Promise<string>;
declare const bytes: Uint8Array;
declare const authority: ca.Authority;
declare const key: import('./signer/index.js').SigningKey;
declare const certificate: loader.Certificate;
declare const chain: loader.Certificate[];
declare const trustRoots: loader.TrustAnchors;
declare const leaf: loader.Certificate;
declare const path: loader.ValidatedPath;
declare const evidence: loader.RevocationEvidence;
declare const config: loader.GuardedRunOptions['config'];
declare const colors: Parameters<typeof loader.renderReport>[1];
`;

describe('the public modules', function () {
  this.timeout(120_000);
  const verbs = publicVerbs();

  it('say of every function what it does, with an example', () => {
    expect(verbs.length).to.be.greaterThan(55);
    const silent = verbs.filter(({ doc, example }) => doc.length < 20 || example === '');
    expect(silent.map(({ module, name }) => `${module}: ${name}`)).to.deep.equal([]);
    for (const { name, example } of verbs) expect(example, name).to.include(`${name}(`);
  });

  it('have examples that compile against them', () => {
    const names = ['ca', 'signer', 'scanner', 'loader'].map((module) => {
      const used = verbs.filter((verb) => verb.module === module).map(({ name }) => name);
      const more = { scanner: ['MemorySource'], loader: ['ReportBuilder', 'TrustPolicy', 'TrustStore'] }[
        module
      ];
      return `import { ${[...used, ...(more ?? [])].join(', ')} } from './${module}/index.js';`;
    });
    const bodies = verbs.map(({ name, example }) => `async function of_${name}() {\n${example}\n}`);
    const file = `${root}examples-of-the-api.ts`;
    const text = [...names, GIVEN, ...bodies].join('\n');
    const host = ts.createCompilerHost(COMPILER);
    const { getSourceFile, fileExists } = host;
    host.fileExists = (name) => name === file || fileExists(name);
    host.getSourceFile = (name, ...rest) =>
      name === file ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2023) : getSourceFile(name, ...rest);
    const program = ts.createProgram([file], COMPILER, host);
    const source = program.getSourceFile(file);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    const said = found.map(({ start = 0, messageText }) => {
      const line = text.slice(0, start).split('\n').length;
      return `${text.split('\n')[line - 1]}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
    expect(said).to.deep.equal([]);
  });

  it('are indexed without a path of the machine', () => {
    const index = apiIndex();
    expect(index)
      .not.to.include(root)
      .and.not.to.match(/import\("|^undefined$/m);
    for (const { name } of verbs) expect(index).to.include(`### ${name}\n`);
  });
});
